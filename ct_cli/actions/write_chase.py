"""The list of whom a council should call about returns that are not made, with the notes of earlier issues."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ct_cli.actions.answer import Answer
from ct_cli.actions.status.reading import Pair, Reading, read_status
from ct_cli.actions.workplace import Workplace
from ct_cli.backends.contract import Backend, ChainKey
from ct_cli.compliance.obligation import ObligationStatus
from ct_cli.compliance.risk import RiskLevel
from ct_cli.register.location import Scope
from ct_cli.reports.chase import Chase, LastReturn, ToCall, grids, in_order
from ct_cli.reports.chase_notes import read_notes
from ct_cli.returns.annotating.grids import WRITERS, EndingNotWritten, write_grids
from ct_cli.windows.month import Month
from ct_cli.windows.window import WindowState


@dataclass(frozen=True, slots=True)
class ChaseAsked:
    """Whom the list is about, and where it goes."""

    out: Path
    """Its ending says the format; an earlier issue there is read back before it is replaced."""
    previous: Path | None = None
    """An earlier issue elsewhere."""
    local_authority: str | None = None
    provider: str | None = None
    region: str | None = None
    month: Month | None = None
    """None for the present month."""


@dataclass(frozen=True)
class ChaseWritten(Answer):
    """The file, and what is in it."""

    file: Path
    month: Month
    state: WindowState
    to_call: int
    notice_level: int
    """Of those to call, at notice level or brought there by missing this one."""
    without_contact: int
    with_notes: int
    """Of those to call, how many have something written beside them from earlier issues."""
    notes_kept: int
    """Rows that are not to be called any more, kept for what is written beside them."""
    rehearsal: bool


def write_chase(workplace: Workplace, asked: ChaseAsked) -> ChaseWritten:
    """Write the list. Raises NobodyInScope, EndingNotWritten, NotAChaseList, FileNotWritten, and FileRefused for an
    earlier issue that cannot be read: it is then left as it is.
    """
    if asked.out.suffix.lower() not in WRITERS:
        raise EndingNotWritten(path=asked.out, known=", ".join(WRITERS))
    month = asked.month or Month.of(workplace.now.date())
    earlier = ([str(asked.previous)] if asked.previous else []) + ([str(asked.out)] if asked.out.exists() else [])
    written = read_notes(dict.fromkeys(earlier))
    scope = Scope(
        provider=asked.provider, local_authority=asked.local_authority, region=asked.region, include_closed=True
    )
    read = read_status(workplace, scope, month)
    area = " in ".join(part for part in (asked.provider, asked.local_authority or asked.region) if part)
    rows = in_order(list(_to_call(workplace, read)))
    chase = Chase(month, area or "all locations", workplace.now, workplace.rehearsing, rows, written)
    write_grids(asked.out, grids(chase))
    return ChaseWritten(
        file=asked.out,
        month=month,
        state=read.window.state_at(workplace.now),
        to_call=len(rows),
        notice_level=sum(RiskLevel.NOTICE in {row.risk, row.if_missed} for row in rows),
        without_contact=sum(not row.contacts for row in rows),
        with_notes=chase.carried,
        notes_kept=len(chase.kept),
        rehearsal=workplace.rehearsing,
    )


def _to_call(workplace: Workplace, read: Reading) -> Iterator[ToCall]:
    state = read.window.state_at(workplace.now)
    status = {
        WindowState.OPEN: ObligationStatus.OPEN,
        WindowState.CLOSED: ObligationStatus.MISSED,
        WindowState.UPCOMING: ObligationStatus.UPCOMING,
    }[state]
    left = int((read.window.ends_at.timestamp() - workplace.now.timestamp()) // 86_400)
    contacts: dict[str, list[str]] = {}
    for user in read.backend.users(read.scope):
        contacts.setdefault(user.location_id, []).append(user.email)
    last = _last_returns(read.backend, read.scope)
    for pair in read.pairs:
        # Before a window opens nobody is late: only those are called whom it could bring a penalty.
        if pair.owes and not pair.made and (status is not ObligationStatus.UPCOMING or pair.risk is not RiskLevel.NONE):
            days = None if state is WindowState.CLOSED else left
            yield _row(pair, status, days, tuple(contacts.get(pair.key[0], ())), last)


def _row(
    pair: Pair,
    status: ObligationStatus,
    days_left: int | None,
    contacts: tuple[str, ...],
    last: Mapping[ChainKey, LastReturn],
) -> ToCall:
    standing, place = pair.at_present, pair.of_month.location
    risk, coming = standing.known_risk, standing.risk_if_missed()
    return ToCall(
        location_id=place.id,
        name=place.name,
        service=standing.service,
        provider=place.provider,
        local_authority=place.local_authority,
        region=place.region,
        beds=place.beds,
        status=status,
        days_left=days_left,
        risk=risk.level,
        risk_why=risk.words,
        if_missed=coming.level if coming else None,
        if_missed_why=coming.words if coming else "",
        liable=standing.liable,
        rests_on_no_record=standing.rests_on_no_record,
        unsaid=pair.unsaid,
        contacts=contacts,
        last=last.get(pair.key),
    )


def _last_returns(backend: Backend, scope: Scope) -> dict[ChainKey, LastReturn]:
    return {key: LastReturn(it.month, it.kind, it.received_at) for key, it in backend.latest(scope).items()}
