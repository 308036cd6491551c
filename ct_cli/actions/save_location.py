"""Save a location that was read before, unless somebody else has changed it since."""

from dataclasses import fields
from datetime import date
from typing import Any

from ct_cli.actions.find_location import find_location
from ct_cli.actions.workplace import Workplace
from ct_cli.register.location import Location
from ct_cli.register.versions import RegisterChanged, version_of


def save_location(workplace: Workplace, before: Location, after: Location) -> None:
    """Put `after` in the place of `before`. Raises RegisterChanged, which says what somebody else has changed."""
    try:
        workplace.backend.save_locations([after], expected={before.id: [version_of(before)]})
    except RegisterChanged as error:
        now = find_location(workplace, before.id)
        raise error.saying("; ".join(_differences(before, now))) from None


def _differences(before: Location, now: Location) -> list[str]:
    names = (field.name for field in fields(Location))
    pairs = ((name, getattr(before, name), getattr(now, name)) for name in names)
    return [
        f"{name.replace('_', ' ')} was {_text(old)} and is {_text(new)} now" for name, old, new in pairs if old != new
    ]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(value) or "not given"
    return "not given" if value in ("", None) else value.isoformat() if isinstance(value, date) else str(value)
