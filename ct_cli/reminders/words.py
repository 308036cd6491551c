"""The words of reminders: the close, the time left, the risk."""

from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache

from ct_cli.clock import LONDON
from ct_cli.compliance.risk import ROLLING, RiskLevel, penalty_in_words
from ct_cli.reminders.deciding import Owed
from ct_cli.windows.month import Month
from ct_cli.windows.window import ReportingWindow

NAMED = 4
"""So many missed months are named; of more, how many there are."""


def moment_in_words(moment: datetime) -> str:
    """A moment to the minute, by the clock in London: 11:59pm on Monday 16 December 2024."""
    here = moment.astimezone(LONDON)
    clock = f"{here.hour % 12 or 12}:{here:%M}{'am' if here.hour < 12 else 'pm'}"
    return f"{clock} on {here:%A} {here.day} {here:%B %Y}"


def days_left_in_words(days: int, today: date, last: date, *, counted: bool) -> str:
    """How many working days are left to the last day: a sentence. `counted` is whether today is one of them."""
    if today == last:
        return "Today is the last day."
    left = "1 working day is left" if days == 1 else f"{days} working days are left"
    return f"{left}, today included." if counted else f"{left} after today."


def moved_in_words(window: ReportingWindow) -> str:
    """Why the close is later than the 14th: a sentence; empty where it is not."""
    return f"({window.moved_because}, so it closes on the next working day.)" if window.moved_because else ""


def months_in_words(months: Sequence[Month]) -> str:
    """October and November 2024; each year named once."""
    words = []
    for month, after in zip(months, [*months[1:], None], strict=True):
        year = f" {month.year}" if after is None or after.year != month.year else ""
        words.append(f"{month.day(1):%B}{year}")
    return and_list(words)


def _months(owed: Owed, bits: int, but: Month | None = None) -> Sequence[Month]:
    return _months_of(owed.standing.span.last, bits, but)


@lru_cache(maxsize=4096)  # A country's missed months have few patterns; to work one out takes 0.1 ms.
def _months_of(last: Month, bits: int, but: Month | None) -> Sequence[Month]:
    months = [last + -back for back in reversed(range(bits.bit_length())) if bits >> back & 1]
    return tuple(month for month in months if month != but)


def _missed(months: Sequence[Month]) -> str:
    """Which months: each where they are few, else how many."""
    if len(months) <= NAMED:
        return months_in_words(months)
    return f"{len(months)} of the last {ROLLING} months"


def and_list(words: Sequence[str]) -> str:
    """Rose House, Elm Lodge and Oak Court."""
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]])) if words else ""


def count(number: int, one: str, many: str | None = None) -> str:
    """1 return, 2 returns."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


_REACHES = {
    RiskLevel.NOTICE: "the level for a notice of intent",
    RiskLevel.AT_RISK: "the point where a council calls it at risk",
}


def risk_if_missed_in_words(owed: Owed, month: Month) -> str:
    """What missing this one would do: a sentence; empty where it would do nothing."""
    coming, name = owed.if_missed, owed.location.name
    if not owed.standing.liable or coming.level is RiskLevel.NONE:
        return ""
    before = _months(owed, coming.months, month)
    if owed.risk.level is RiskLevel.NOTICE:
        missed = _missed(_months(owed, owed.risk.months))
        there = f"{name} missed {missed}, and is at {_REACHES[RiskLevel.NOTICE]} already"
        return f"{there}: do not let it be one more.{_no_record(owed)}"
    if not before:
        return ""
    missed = f"{name} missed {_missed(before)}"
    return f"{missed}: missing this one reaches {_REACHES[coming.level]}.{_no_record(owed)}"


def risk_now_in_words(owed: Owed) -> str:
    """What has come of what was missed: a sentence; empty where nothing has."""
    risk, name = owed.risk, owed.location.name
    if not owed.standing.liable or risk.level is RiskLevel.NONE:
        return ""
    missed = f"{name} has now missed {_missed(_months(owed, risk.months))}"
    if risk.level is RiskLevel.AT_RISK:
        return f"{missed}: councils call that at risk. Do not miss the next one.{_no_record(owed)}"
    return (
        f"{missed}: the level for a notice of intent from NHSBSA, which gives 14 days to answer. The penalty is"
        f" {penalty_in_words(owed.location)}.{_no_record(owed)}"
    )


def _no_record(owed: Owed) -> str:
    """Where ct may only never have been told of earlier returns, that it may be so."""
    if not owed.standing.rests_on_no_record:
        return ""
    return " (As far as is known here: returns made before these records began are not.)"
