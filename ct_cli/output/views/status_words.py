"""The words that the pages of `ct status` share."""

from collections.abc import Iterable, Sequence

from ct_cli.actions.status.rows import ReturnKnown
from ct_cli.clock import LONDON
from ct_cli.compliance.risk import RiskLevel
from ct_cli.returns.the_return import ReturnKind
from ct_cli.windows.month import Month

LEVELS = {RiskLevel.NONE: "none", RiskLevel.AT_RISK: "at risk", RiskLevel.NOTICE: "notice level"}
_KINDS = {ReturnKind.FULL: "return", ReturnKind.NIL: "nil return", ReturnKind.UNCHANGED: "no change"}
_SOURCES = {"received-by-api": "received by the API", "seen-in-capacity-tracker": "seen in Capacity Tracker"}


def return_in_words(it: ReturnKnown) -> str:
    """How, when and how it is known: nil return on 9 December 2024, version 2 (seen in Capacity Tracker)."""
    if it.received_at is None:
        words = f"{_KINDS[it.kind]} in Capacity Tracker's monthly report, day not given"
        return f"{words} (rehearsal)" if it.rehearsal else words
    on = it.received_at.astimezone(LONDON)
    words = f"{_KINDS[it.kind]} on {on.day} {on:%B %Y}"
    if it.version > 1:
        words += f", version {it.version}"
    aside = [_SOURCES[it.source]] if it.source in _SOURCES else []
    if it.rehearsal:
        aside.append("rehearsal")
    return f"{words} ({', '.join(aside)})" if aside else words


def months_in_words(months: Sequence[Month]) -> str:
    """Months in short, each year named once: Nov, Dec 2024, Jan 2025; a long run as Dec 2023 to Nov 2024."""
    if len(months) > 3 and months[-1] - months[0] == len(months) - 1:
        return f"{months[0].day(1):%b %Y} to {months[-1].day(1):%b %Y}"
    words = []
    for month, after in zip(months, [*months[1:], None], strict=True):
        year = f" {month.year}" if after is None or after.year != month.year else ""
        words.append(f"{month.day(1):%b}{year}")
    return ", ".join(words)


def few(names: Iterable[str]) -> str:
    """A few names, the rest as a number: LOC123, LOC124 and 5 more."""
    whole = list(names)
    if len(whole) <= 3:
        return " and ".join(filter(None, [", ".join(whole[:-1]), whole[-1]])) if whole else ""
    return f"{', '.join(whole[:2])} and {len(whole) - 2} more"
