"""The route for what is owed and how it stands: a page at a time, as the year of a council is thousands."""

import json
from datetime import datetime

from fastapi import Response

from ct_cli.actions.list_obligations import ObligationsAsked, tell_obligations
from ct_cli.actions.workplace import Workplace
from ct_cli.backends import api_paths as paths
from ct_cli.backends.fulfilments import MomentText, moment_text
from ct_cli.compliance.obligation import ObligationStatus
from ct_cli.register.location import Scope
from ct_cli.returns.identity import Service, parse_location_id
from ct_cli.returns.the_return import ReturnKind
from ct_cli.server.asked import JSON, Asked
from ct_cli.server.pages import LONG_PAGING, MOST_OBLIGATIONS, cursor_of, limit_of, next_cursor
from ct_cli.server.reading_routes import month_of, text_of
from ct_cli.server.route import Parameter, Route
from ct_cli.windows.month import Month

_quoted = json.JSONEncoder(ensure_ascii=False).encode


async def obligations(asked: Asked) -> Response:
    """Returns that are owed."""
    position = cursor_of(asked, 3)
    location_id = asked.query("location_id", parse_location_id)
    what = ObligationsAsked(
        Scope(
            frozenset({location_id}) if location_id else None,
            provider=asked.query("provider_id", text_of),
            local_authority=asked.query("local_authority", text_of),
            include_closed=True,
        ),
        asked.query("status", ObligationStatus),
        asked.query("month", month_of),
        (position[0], position[1], position[2]) if position else None,
        limit_of(asked, MOST_OBLIGATIONS),
    )

    def told(workplace: Workplace) -> str:
        items, after = tell_obligations(workplace, what, Spelling().text)
        return f'{{"items": [{", ".join(items)}], "next": {_quoted(next_cursor(after))}}}'

    return Response(await asked.run(told), media_type=JSON)


class Spelling:
    """Spells obligations as `plain` and json do, in a quarter of the time: what those of a month share is kept."""

    def __init__(self) -> None:
        self._windows: dict[Month, tuple[str, str, str]] = {}
        self._location_id, self._service = "", ""
        self._whose = ""

    def text(
        self, location_id: str, service: Service, month: Month, status: ObligationStatus, opens_at: datetime,
        due_at: datetime, kind: ReturnKind | None, received_at: MomentText | None, receipt_id: str | None,
        source: str | None, why: str | None,
    ) -> str:  # fmt: skip
        """One obligation as JSON, of its fields."""
        if location_id != self._location_id or service != self._service:
            self._location_id, self._service = location_id, service
            self._whose = f'{{"location_id": {_quoted(location_id)}, "service": "{service}", "month": "'
        before, fulfilled, window = self._windows.get(month) or self._new_window(month, opens_at, due_at)
        how = fulfilled if status is _FULFILLED else f"{before}{status}{window}"
        because = "null" if why is None else _quoted(why)
        if kind is None:
            return (
                f'{self._whose}{how}null, "received_at": null, "receipt_id": null, "source": null, "why": {because}}}'
            )
        when = "null" if received_at is None else f'"{received_at}"'
        return (
            f'{self._whose}{how}"{kind}", "received_at": {when}, "receipt_id": {_quoted(receipt_id)}, '
            f'"source": "{source}", "why": {because}}}'
        )

    def _new_window(self, month: Month, opens_at: datetime, due_at: datetime) -> tuple[str, str, str]:
        opens, due = moment_text(opens_at), moment_text(due_at)
        before, after = f'{month}", "status": "', f'", "opens_at": "{opens}", "due_at": "{due}", "kind": '
        self._windows[month] = made = before, f"{before}{_FULFILLED}{after}", after
        return made


_FULFILLED = ObligationStatus.FULFILLED

OBLIGATIONS_ROUTES = (
    Route(
        "GET", paths.OBLIGATIONS, obligations, "Returns that are owed, by location, service and month",
        {200: "Obligations"},
        query=(Parameter("status", "ObligationStatus", "How they stand; where it is not given, all that are due."),
               Parameter("month", "Month", "One month; where it is not given, the last 24."),
               Parameter("location_id", "LocationId", "One location."),
               Parameter("provider_id", "Name", "A provider's id or name."),
               Parameter("local_authority", "Name", "A council's area."), *LONG_PAGING),
    ),
)  # fmt: skip
