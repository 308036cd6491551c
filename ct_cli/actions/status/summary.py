"""The counts of `ct status --summary`: for everything in scope, and by service, provider, council and region.

No object is made for an obligation here: a history is two whole numbers, and like histories are counted together.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ct_cli.actions.status.rows import ENOUGH_USERS
from ct_cli.compliance.risk import RiskLevel
from ct_cli.compliance.span import Span
from ct_cli.compliance.standing import Standing
from ct_cli.windows.month import Month


@dataclass(frozen=True, slots=True)
class GroupSummary:
    """How a group of obligations stands for the month shown."""

    by: str
    """What the group shares: all, service, provider, local authority, region."""
    name: str
    owed: int
    fulfilled: int
    outstanding: int
    """Owed and not made, whether the window is still to open, open or closed."""
    response_rate: float | None
    """Fulfilled in a hundred owed, to one decimal; None where nothing is owed."""
    at_risk: int
    """Services at a location, notice level not counted."""
    notice_level: int
    never_made: int
    """Services at a location of which ct knows no return in the months that it looked at."""
    locations: int
    fewer_than_two_users: int
    newly_at_risk: int
    """Services whose risk the newest decided window raised."""
    risk_not_known: int
    """Services of which so little is recorded that misses before it may only be what ct was never told; these are in
    `at_risk` and `notice_level` only for what is known to have been missed."""


@dataclass(frozen=True, slots=True)
class MonthRate:
    """The response in one month."""

    month: Month
    owed: int
    fulfilled: int
    response_rate: float | None


@dataclass(slots=True)
class _Tally:
    owed: int = 0
    fulfilled: int = 0
    at_risk: int = 0
    notice: int = 0
    never: int = 0
    locations: int = 0
    few_users: int = 0
    newly: int = 0
    not_known: int = 0


def summarise(
    rows: Iterable[tuple[Standing, Standing, RiskLevel]], month: Month, users: Mapping[str, int]
) -> tuple[GroupSummary, ...]:
    """The counts of a month: of standings that hold it, each with the standing at present and its known risk.

    A service that does not owe the month is left out.
    """
    tallies: dict[tuple[str, str], _Tally] = {("all", ""): _Tally()}
    last = ""
    for standing, present, risk in rows:
        bit = standing.span.bit(month)
        if not (standing.owed | standing.made) & bit:
            continue
        location = standing.location
        new, last = location.id != last, location.id
        few = users.get(location.id, 0) < ENOUGH_USERS
        made = bool(standing.made & bit)
        never, newly, not_known = not present.made, present.newly_at_risk, present.rests_on_no_record
        keys: tuple[tuple[str, str], ...] = (
            ("all", ""),
            ("service", standing.service.value),
            ("provider", location.provider),
            ("local authority", location.local_authority),
            ("region", location.region),
        )
        for key in keys:
            tally = tallies.get(key) or tallies.setdefault(key, _Tally())
            tally.owed += 1
            tally.fulfilled += made
            tally.at_risk += risk is RiskLevel.AT_RISK
            tally.notice += risk is RiskLevel.NOTICE
            tally.never += never
            tally.newly += newly
            tally.not_known += not_known
            tally.locations += new or key[0] == "service"
            tally.few_users += few and (new or key[0] == "service")
    order = ["all", "service", "provider", "local authority", "region"]
    named = sorted(tallies.items(), key=lambda it: (order.index(it[0][0]), it[0][1]))
    return tuple(_group(by, name, tally) for (by, name), tally in named)


def rates(standings: Iterable[Standing], span: Span) -> tuple[MonthRate, ...]:
    """The response of each month of the span whose window has opened, oldest first."""
    histories = Counter((it.owed, it.made) for it in standings)
    found = []
    for month in span.months_of(span.closed | span.open):
        bit = span.bit(month)
        owed = sum(count for (owes, made), count in histories.items() if (owes | made) & bit)
        fulfilled = sum(count for (_, made), count in histories.items() if made & bit)
        found.append(MonthRate(month, owed, fulfilled, _rate(fulfilled, owed)))
    return tuple(found)


def _group(by: str, name: str, it: _Tally) -> GroupSummary:
    rate = _rate(it.fulfilled, it.owed)
    missing = it.owed - it.fulfilled
    return GroupSummary(
        by,
        name,
        it.owed,
        it.fulfilled,
        missing,
        rate,
        it.at_risk,
        it.notice,
        it.never,
        it.locations,
        it.few_users,
        it.newly,
        it.not_known,
    )


def _rate(fulfilled: int, owed: int) -> float | None:
    return round(100 * fulfilled / owed, 1) if owed else None
