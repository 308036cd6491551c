"""The route for the compliance report: a council's page costs its reader one call."""

import json

from fastapi import Response

from ct_cli.actions.backward_period import BackwardPeriod
from ct_cli.actions.compliance_reading import MonthToCome, NothingToReport, ReportAsked, read_compliance
from ct_cli.actions.status.scope import NobodyInScope
from ct_cli.actions.workplace import Workplace
from ct_cli.backends import api_paths as paths
from ct_cli.backends.access import Role
from ct_cli.reports.plain_values import plain_values
from ct_cli.server.asked import JSON, Asked, yes_or_no
from ct_cli.server.reading_routes import text_of
from ct_cli.server.refusals import NoSuchPage, QueryRefused
from ct_cli.server.route import Parameter, Route
from ct_cli.windows.month import Month


async def compliance(asked: Asked) -> Response:
    """The report on what the key may see: a council's on its area, a provider's on its own locations."""
    what = ReportAsked(
        local_authority=asked.query("local_authority", text_of) or _own(asked, Role.LOCAL_AUTHORITY),
        provider=asked.query("provider", text_of) or _own(asked, Role.PROVIDER),
        region=asked.query("region", text_of),
        first=asked.query("first", Month.parse),
        last=asked.query("last", Month.parse),
        public=asked.yes("public"),
        every_row=asked.yes("every_row"),
        must_be_seen=asked.query("must_be_seen", yes_or_no),
    )

    def told(workplace: Workplace) -> str:
        try:
            return json.dumps(plain_values(read_compliance(workplace, what)), ensure_ascii=False)
        except (NobodyInScope, NothingToReport):  # The same for what is another's and for what is not there.
            raise NoSuchPage from None
        except BackwardPeriod as error:
            raise QueryRefused(name="first", reason=error.sentence) from None
        except MonthToCome as error:
            raise QueryRefused(name="last", reason=error.sentence) from None

    return Response(await asked.run(told), media_type=JSON)


def _own(asked: Asked, role: Role) -> str | None:
    return asked.key.belongs_to if asked.key.role is role else None


REPORT_ROUTES = (
    Route(
        "GET", paths.COMPLIANCE, compliance,
        "Who returned over the months, who is at risk, the beds, how fresh and how sound the figures are",
        {200: "Compliance"},
        query=(Parameter("local_authority", "Name", "A council's area; a council's key sees its own alone."),
               Parameter("provider", "Name", "A provider's name or id; a provider's key sees its own alone."),
               Parameter("region", "Name", "A region."),
               Parameter("first", "Month", "The first month; eleven before the last where it is not given."),
               Parameter("last", "Month", "The last month; the latest whose window has opened."),
               Parameter("public", "YesOrNo", "To publish: names nobody, leaves out counts under 6."),
               Parameter("every_row", "YesOrNo", "Give the grid of months however long it is."),
               Parameter("must_be_seen", "YesOrNo", "Count only what was seen in Capacity Tracker's export; as the "
                         "server is set where it is not given.")),
        refuses=(404,),
    ),
)  # fmt: skip
