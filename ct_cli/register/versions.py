"""What a location or a user is like, in a few digits: by these, somebody who changes one says what it was like when
they looked, and is told where somebody else has changed it since.

A version is a hash of what is said, so that no store need keep it. Whatever is as it is usually left out counts for
nothing: a field that a later ct adds does not change the version of those that say nothing in it.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields
from hashlib import sha256
from typing import Any

from ct_cli.errors import CtError, ExitStatus
from ct_cli.register.location import Location, User

_DIGITS = 16
_COORDINATES = {"latitude", "longitude"}


class RegisterChanged(CtError):
    """Somebody else has changed {ids} in the register since you looked{how}. {saved}. Look again
    (`ct locations show`, `ct users list`) and, where yours is still right, run the same again."""

    code = "changed-meanwhile"
    exit_status = ExitStatus.REFUSED

    @classmethod
    def of(cls, ids: Iterable[str], how: str = "", saved: str = "Nothing was saved") -> "RegisterChanged":
        """The refusal to save: which locations have changed, or the users of which, and what of them where known.

        `saved` says what was saved all the same, in words.
        """
        named = sorted(set(ids))
        shown = ", ".join(named[:5]) + (f" and {len(named) - 5:,} more" if len(named) > 5 else "")
        return cls(ids=shown or "something", how=f": {how}" if how else "", saved=saved, changed=named)

    @property
    def changed(self) -> list[str]:
        """The locations."""
        found = self.facts["changed"]
        return found if isinstance(found, list) else []

    def saying(self, how: str) -> "RegisterChanged":
        """The same, with what was changed."""
        return RegisterChanged.of(self.changed, how, str(self.facts["saved"]))


def version_of(location: Location) -> str:
    """The version of a location: 16 hexadecimal digits."""
    return _version("location", _said(location))


def version_of_none(location_id: str) -> str:
    """The version of a location that is not in the register."""
    return _version("location", {"id": location_id, "name": None})


def versions_seen(known: Mapping[str, Location], wanted: Iterable[Location]) -> dict[str, list[str]]:
    """The versions that somebody saw of the locations that are to be saved, by id: those of `known`, or that they are
    not there."""
    return {it.id: [version_of(known[it.id]) if it.id in known else version_of_none(it.id)] for it in wanted}


def version_of_user(user: User) -> str:
    """The version of a user of one location."""
    return _version("user", _said(user))


def version_of_no_user(location_id: str, email: str) -> str:
    """The version of a user that a location does not have."""
    return _version("user", {"location_id": location_id, "email": email, "name": None})


def version_of_users(location_id: str, users: Iterable[User]) -> str:
    """The version of all users of one location."""
    return _version("users", [location_id, *sorted([user.email, user.name] for user in users)])


def _said(it: Any) -> dict[str, Any]:
    each = ((field, _as_kept(field.name, getattr(it, field.name))) for field in fields(it))
    return {field.name: value for field, value in each if field.default is MISSING or value != field.default}


def _as_kept(name: str, value: Any) -> Any:
    """A value as every store gives it back: a place that is told as 51 is kept as 51.0, and -0.0 by some as 0.0."""
    return value if value is None or name not in _COORDINATES else float(value) + 0.0


def _version(kind: str, said: object) -> str:
    text = json.dumps([kind, said], sort_keys=True, separators=(",", ":"), default=str)
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
