"""One thing that `ct doctor` looked at, and how it stands."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How a thing stands."""

    OK = "ok"
    WARNING = "warning"
    """ct works; something is slower, or may surprise."""
    BAD = "bad"
    """Some command fails until it is mended."""


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at, how it stands, and what mends it."""

    name: str
    verdict: Verdict
    found: str
    remedy: str = ""
    """One sentence in the imperative; empty where all is well."""


def ok(name: str, found: str) -> Check:
    """All is well."""
    return Check(name, Verdict.OK, found)


def warning(name: str, found: str, remedy: str) -> Check:
    """ct works, but the user should know."""
    return Check(name, Verdict.WARNING, found, remedy)


def bad(name: str, found: str, remedy: str) -> Check:
    """Something does not work."""
    return Check(name, Verdict.BAD, found, remedy)
