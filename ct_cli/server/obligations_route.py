"""The route for what is owed and how it stands: a page at a time, as the year of a council is thousands."""

import json

from fastapi import Response

from ct_cli.actions.list_obligations import ObligationListed, ObligationsAsked, list_obligations
from ct_cli.actions.workplace import Workplace
from ct_cli.backends import api_paths as paths
from ct_cli.backends.wire import moment_text
from ct_cli.compliance.obligation import ObligationStatus
from ct_cli.register.location import Scope
from ct_cli.returns.identity import parse_location_id
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
        found = list_obligations(workplace, what)
        items = ", ".join(map(Spelling().text, found.items))
        return f'{{"items": [{items}], "next": {_quoted(next_cursor(found.after))}}}'

    return Response(await asked.run(told), media_type=JSON)


class Spelling:
    """Spells obligations as `plain` and json do, in a quarter of the time: what those of a month share is kept."""

    def __init__(self) -> None:
        self._windows: dict[Month, tuple[str, str, str]] = {}
        self._location_id, self._service = "", ""
        self._whose = ""

    def text(self, it: ObligationListed) -> str:
        """One obligation as JSON."""
        location_id, service, month, status, _, _, kind, received_at, receipt_id, source, why = it
        if location_id != self._location_id or service != self._service:
            self._location_id, self._service = location_id, service
            self._whose = f'{{"location_id": {_quoted(location_id)}, "service": "{service}", "month": "'
        before, fulfilled, window = self._windows.get(month) or self._new_window(it)
        how = fulfilled if status is _FULFILLED else f"{before}{status}{window}"
        because = "null" if why is None else _quoted(why)
        if kind is None:
            return (
                f'{self._whose}{how}null, "received_at": null, "receipt_id": null, "source": null, "why": {because}}}'
            )
        when = "null" if received_at is None else f'"{moment_text(received_at)}"'
        return (
            f'{self._whose}{how}"{kind}", "received_at": {when}, "receipt_id": "{receipt_id}", '
            f'"source": "{source}", "why": {because}}}'
        )

    def _new_window(self, it: ObligationListed) -> tuple[str, str, str]:
        opens_at, due_at = moment_text(it.opens_at), moment_text(it.due_at)
        before, after = f'{it.month}", "status": "', f'", "opens_at": "{opens_at}", "due_at": "{due_at}", "kind": '
        self._windows[it.month] = made = before, f"{before}{_FULFILLED}{after}", after
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
