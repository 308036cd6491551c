"""What is owed, what is done, what was missed, and the risk of a penalty."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ct_cli import clock
from ct_cli.actions.answer import Answer
from ct_cli.actions.queue_counts import queue_counts
from ct_cli.actions.status.matrix import MatrixRow, matrix_rows
from ct_cli.actions.status.reading import Pair, Reading, read_status
from ct_cli.actions.status.rows import ENOUGH_USERS, ObligationShown, most_pressing_first, row
from ct_cli.actions.status.summary import GroupSummary, MonthRate, rates, summarise
from ct_cli.actions.status.unchanged import unchanged_too_long
from ct_cli.actions.workplace import Workplace
from ct_cli.compliance.obligation import obligation
from ct_cli.compliance.risk import RiskLevel
from ct_cli.compliance.span import Span
from ct_cli.compliance.standing import months_unsaid, standings
from ct_cli.errors import ExitStatus
from ct_cli.register.location import Scope
from ct_cli.returns.identity import Service
from ct_cli.windows.month import Month
from ct_cli.windows.window import WindowState


@dataclass(frozen=True, slots=True)
class StatusAsked:
    """What to show. Every part that narrows must hold."""

    location_ids: tuple[str, ...] = ()
    month: Month | None = None
    """The month whose obligations are shown; the present one where None is given."""
    provider: str | None = None
    local_authority: str | None = None
    outstanding: bool = False
    at_risk: bool = False
    matrix: int | None = None
    """So many months, ending with the month shown, as a grid."""
    summary: bool = False
    check: bool = False
    region: str | None = None
    service: Service | None = None
    newly_at_risk: bool = False
    few_users: bool = False
    """Only locations with fewer than two people who may update Capacity Tracker."""
    never: bool = False
    """Only services of which no return is known in the months that are looked at."""
    unchanged: bool = False
    """Only services whose total of staff has stayed the same for longer than is usual at its size."""


@dataclass(frozen=True)
class StatusShown(Answer):
    """How the obligations of a month stand."""

    now: datetime
    month: Month
    opens_at: datetime
    closes_at: datetime
    state: WindowState
    moved_because: str | None
    seconds_left: int | None
    """To its close while it is open, to its opening before; None once it has closed."""
    next_opens_at: datetime
    """When the next window opens."""
    rehearsal: bool
    """Whether CT_NOW stands in for the present."""
    filing: str
    """The setting: whether a return counts once recorded here (ct), or once seen in Capacity Tracker."""
    locations: int
    """Locations in scope, whether or not they owe the month."""
    owed: int
    fulfilled: int
    outstanding: int
    """Owed and not made, the window having opened."""
    nothing_owed: int
    """Services in scope that owe nothing for the month."""
    obligations: tuple[ObligationShown, ...]
    """Those asked for, the most pressing first; empty where only a summary was asked for."""
    matrix: tuple[MatrixRow, ...] | None
    summary: tuple[GroupSummary, ...] | None
    rates: tuple[MonthRate, ...] | None
    """With a summary, the response of each month read, oldest first."""
    queue: Mapping[str, int] = field(default_factory=dict)
    """By state, how many returns wait on this computer for a server, or were not taken by it."""


def show_status(workplace: Workplace, asked: StatusAsked) -> StatusShown:
    """How the obligations of a month stand. Raises UnknownLocation, NobodyInScope.

    The month is the one asked for or else the calendar's present month: before the 8th its window is still to open, and
    after its close it stays shown until the month is out.
    """
    workplace.heed_servers_clock()
    scope = Scope(
        location_ids=frozenset(asked.location_ids) or None,
        provider=asked.provider,
        local_authority=asked.local_authority,
        region=asked.region,
        service=asked.service,
        include_closed=True,
    )
    read = read_status(workplace, scope, asked.month or Month.of(workplace.now.date()))
    wanted = [] if asked.summary else [it for it in read.pairs if _is_wanted(it, read, asked)]
    if asked.unchanged and wanted:
        long = unchanged_too_long(read.backend, scope)
        wanted = [it for it in wanted if it.key in long]
    return _answer(workplace, asked, read, wanted)


def _answer(workplace: Workplace, asked: StatusAsked, read: Reading, wanted: list[Pair]) -> StatusShown:
    now, window = workplace.now, read.window
    state = window.state_at(now)
    until = {WindowState.UPCOMING: window.opens_at, WindowState.OPEN: window.ends_at}.get(state)
    owing = [it for it in read.pairs if it.owes]
    fulfilled = sum(it.made for it in owing)
    outstanding = 0 if state is WindowState.UPCOMING else len(owing) - fulfilled
    return StatusShown(
        now=now,
        month=read.month,
        opens_at=window.opens_at,
        closes_at=window.closes_at,
        state=state,
        moved_because=window.moved_because,
        seconds_left=None if until is None else int(until.timestamp() - now.timestamp()),
        next_opens_at=_next_opening(workplace),
        rehearsal=clock.rehearsing(),
        filing=workplace.settings.text("filing") or "",
        locations=len({it.of_month.location.id for it in read.pairs}),
        owed=len(owing),
        fulfilled=fulfilled,
        outstanding=outstanding,
        nothing_owed=len(read.pairs) - len(owing),
        obligations=tuple(_obligations(workplace, read, wanted)),
        matrix=_matrix(workplace, read, wanted, asked.matrix) if asked.matrix and not asked.summary else None,
        summary=_summary(read) if asked.summary else None,
        queue=queue_counts(workplace.settings),
        rates=rates((it.at_present for it in read.pairs), read.span) if asked.summary else None,
        exit_status=ExitStatus.OUTSTANDING if asked.check and outstanding else ExitStatus.DONE,
    )


def _is_wanted(pair: Pair, read: Reading, asked: StatusAsked) -> bool:
    """Whether a service is shown: one that owes nothing only where its location was named."""
    if not (pair.owes or asked.location_ids):
        return False
    if asked.outstanding and (pair.made or not pair.owes or read.window.opens_at > read.span.now):
        return False
    if asked.newly_at_risk and not pair.newly:
        return False
    if asked.few_users and read.users.get(pair.key[0], 0) >= ENOUGH_USERS:
        return False
    if asked.never and pair.at_present.made:
        return False
    return not asked.at_risk or pair.risk is not RiskLevel.NONE


def _obligations(workplace: Workplace, read: Reading, wanted: Iterable[Pair]) -> list[ObligationShown]:
    if not wanted:
        return []
    month, known, counting = read.month, read.known, read.counting
    alone = Span.of(workplace.calendar, month, month, workplace.now)
    found = []
    for pair in wanted:
        of_month = pair.of_month
        one = obligation(of_month.location, of_month.service, month, known.get(pair.key, ()), alone, counting)
        not_done = read.not_done.get(pair.key, ())
        found.append(row(one, pair.at_present, read.users, not_done, unsaid=pair.unsaid))
    return most_pressing_first(found)


def _matrix(workplace: Workplace, read: Reading, wanted: list[Pair], months: int) -> tuple[MatrixRow, ...]:
    span = Span.of(workplace.calendar, read.month + (1 - months), read.month, workplace.now)
    made = read.backend.months_fulfilled(read.scope, span.first, span.last, read.counting)
    risks = {pair.key: pair.risk for pair in wanted}
    locations = list({pair.of_month.location.id: pair.of_month.location for pair in wanted}.values())
    rows = (
        (it, risks[it.location.id, it.service])
        for it in standings(locations, made, span, every_service=True, unsaid=months_unsaid(read.sightings, span))
        if (it.location.id, it.service) in risks
    )
    return matrix_rows(rows, read.backend.fulfilments(read.scope, span.first, span.last), read.counting)


def _summary(read: Reading) -> tuple[GroupSummary, ...]:
    return summarise(((it.of_month, it.at_present, it.risk) for it in read.pairs), read.month, read.users)


def _next_opening(workplace: Workplace) -> datetime:
    window = workplace.calendar.current_or_next(workplace.now)
    if window.opens_at <= workplace.now:
        window = workplace.calendar.window(window.month + 1)
    return window.opens_at
