"""Which locations a question is about, and what to say where there are none."""

from collections.abc import Sequence
from dataclasses import replace

from ct_cli.backends.contract import Backend
from ct_cli.errors import UsageError
from ct_cli.register.location import Location, Scope
from ct_cli.register.refusals import UnknownLocation


class NobodyInScope(UsageError):
    """No location in the register has the {what} {given!r}{nearest}. `ct locations list` shows what each has."""

    code = "nobody-in-scope"


def find_locations(backend: Backend, scope: Scope) -> Sequence[Location]:
    """The locations in scope; none only where the register is empty. Raises UnknownLocation, NobodyInScope."""
    found = backend.locations(scope)
    if scope.location_ids is not None and len(found) < len(scope.location_ids):
        every = Scope(include_closed=True)
        within = every if backend.suggests else replace(every, location_ids=scope.location_ids)
        known = {it.id for it in backend.locations(within)}
        for missing in sorted(scope.location_ids - known):
            raise UnknownLocation.among(missing, known if backend.suggests else ())
    if not found:
        every = Scope(include_closed=True)
        everyone = backend.locations(every) if backend.suggests else backend.locations_from(every, "", 1)
        if everyone:
            raise _nobody(scope, everyone)
    return found


def _nobody(scope: Scope, everyone: Sequence[Location]) -> NobodyInScope:
    from difflib import get_close_matches

    parts: tuple[tuple[str, str | None, set[str]], ...] = (
        ("provider", scope.provider, {name for it in everyone for name in (it.provider, it.provider_id) if name}),
        ("local authority", scope.local_authority, {it.local_authority for it in everyone if it.local_authority}),
        ("region", scope.region, {it.region for it in everyone if it.region}),
        ("region", scope.region, {it.region for it in everyone if it.region}),
        ("service", scope.service.value if scope.service else None, set()),
    )
    given = [(what, value, known) for what, value, known in parts if value]
    for what, value, known in given:
        if value.lower() not in {name.lower() for name in known}:
            by_lower = {name.lower(): name for name in known}
            near = get_close_matches(value.lower(), by_lower, n=1)
            return NobodyInScope(
                what=what, given=value, nearest=f" (did you mean {by_lower[near[0]]}?)" if near else ""
            )
    others = [f"the {what} {value!r}" for what, value, _ in given[1:]]
    if scope.location_ids:
        others.append(f"an id among {', '.join(sorted(scope.location_ids))}")
    what, value, _ = given[0]
    return NobodyInScope(what=what, given=value, nearest="".join(f" and {other}" for other in others))
