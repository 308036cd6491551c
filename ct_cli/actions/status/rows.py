"""What `ct status` tells of each obligation, flat: one row has everything about one return owed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from ct_cli.compliance.obligation import DAY_NOT_GIVEN, Made, Obligation, ObligationStatus
from ct_cli.compliance.risk import Risk, RiskLevel, penalty_in_words
from ct_cli.compliance.span import Span
from ct_cli.compliance.standing import Standing
from ct_cli.returns.collection import Basis
from ct_cli.returns.identity import Service
from ct_cli.returns.the_return import ReturnKind
from ct_cli.windows.month import Month

ENOUGH_USERS = 2
"""More than one registered user per location is recommended; councils are shown locations with 0 or 1."""


@dataclass(frozen=True, slots=True)
class ReturnKnown:
    """One source's word that the return was made."""

    kind: ReturnKind
    received_at: datetime | None
    """None where Capacity Tracker's monthly report alone tells of it, which does not give the day."""
    receipt_id: str
    version: int
    source: str
    rehearsal: bool
    counts: bool
    """Whether it meets the obligation."""


@dataclass(frozen=True, slots=True)
class ObligationShown:
    """One obligation with the risk that its service runs. Fields of the return are None where none was made."""

    location_id: str
    location_name: str
    provider: str
    local_authority: str
    region: str
    service: Service
    month: Month
    status: ObligationStatus
    why: str | None
    kind: ReturnKind | None
    received_at: datetime | None
    receipt_id: str | None
    version: int | None
    source: str | None
    rehearsal: bool
    returns: tuple[ReturnKnown, ...]
    """Every source that tells of a return for this month, side by side."""
    risk: RiskLevel
    risk_why: str
    risk_months: tuple[Month, ...]
    risk_rule: str | None
    risk_source: str | None
    risk_basis: Basis | None
    one_of_several: bool
    """Whether Capacity Tracker's monthly report has this month as done for the location, without saying for which of
    its services: it is then not taken for made."""
    rests_on_unsaid: bool
    """Whether the risk counts such a month; the known risk counts none."""
    rests_on_no_record: bool
    """The risk begins before the first return that ct knows of: it may only never have been told."""
    recorded_from: Month | None
    """The first month of which ct knows whether it was made; None where it knows of none before the present one."""
    known_risk: RiskLevel
    """The same risk by what ct knows alone: months before `recorded_from` are not counted as missed."""
    known_risk_why: str
    known_risk_months: tuple[Month, ...]
    newly_at_risk: bool
    """Whether the newest decided window raised the known risk."""
    refuted: bool
    """Whether Capacity Tracker's monthly report said that this month was not done."""
    if_missed: RiskLevel | None
    """The risk if the window that is open, or opens next, is missed; None where nothing is owed in it any more."""
    if_missed_why: str
    if_missed_months: tuple[Month, ...]
    if_made: RiskLevel | None
    liable: bool
    """False for a public body, which owes the return, but to which no penalty reaches."""
    penalty: str
    users: int
    """People registered to update Capacity Tracker for the location."""

    @property
    def outstanding(self) -> bool:
        """Whether it is owed and not made, and its window has opened."""
        return self.status in {ObligationStatus.OPEN, ObligationStatus.MISSED}


def row(
    found: Obligation,
    standing: Standing,
    users: Mapping[str, int],
    not_done: tuple[Month, ...] = (),
    *,
    unsaid: bool = False,
) -> ObligationShown:
    """An obligation with its standing, as shown."""
    location, span = found.location, standing.span
    returns = (*_known(found.made, counts=True), *_known(found.waiting, counts=False))
    first = returns[0] if found.made else None
    known = standing.known_risk
    risk, if_missed, if_made = standing.risk, standing.risk_if_missed(), standing.risk_if_made()
    return ObligationShown(
        location_id=location.id,
        location_name=location.name,
        provider=location.provider,
        local_authority=location.local_authority,
        region=location.region,
        service=found.service,
        month=found.month,
        status=found.status,
        why=found.why,
        kind=first.kind if first else None,
        received_at=first.received_at if first else None,
        receipt_id=first.receipt_id if first else None,
        version=first.version if first else None,
        source=first.source if first else None,
        rehearsal=bool(first and first.rehearsal),
        returns=returns,
        risk=risk.level,
        risk_why=risk.words,
        risk_months=_months(risk, span),
        risk_rule=risk.rule.code if risk.rule else None,
        risk_source=risk.rule.source if risk.rule else None,
        risk_basis=risk.rule.basis if risk.rule else None,
        one_of_several=unsaid,
        rests_on_unsaid=standing.rests_on_unsaid,
        rests_on_no_record=standing.rests_on_no_record,
        recorded_from=standing.recorded_from,
        known_risk=known.level,
        known_risk_why=known.words,
        known_risk_months=_months(known, span),
        newly_at_risk=standing.newly_at_risk,
        refuted=found.month in not_done,
        if_missed=if_missed.level if if_missed else None,
        if_missed_why=if_missed.words if if_missed else "",
        if_missed_months=_months(if_missed, span) if if_missed else (),
        if_made=if_made.level if if_made else None,
        liable=standing.liable,
        penalty=penalty_in_words(location),
        users=users.get(location.id, 0),
    )


def most_pressing_first(rows: Iterable[ObligationShown]) -> list[ObligationShown]:
    """What is outstanding first, of that the greatest risk; then by location and service."""
    return sorted(rows, key=lambda it: (not it.outstanding, -it.known_risk.severity, it.location_id, it.service))


def _received(made: Made) -> datetime | None:
    return None if made.source == DAY_NOT_GIVEN else made.received_at


def _known(made: Iterable[Made], *, counts: bool) -> Iterable[ReturnKnown]:
    return (
        ReturnKnown(it.kind, _received(it), it.receipt_id, it.version, str(it.source), it.rehearsal, counts)
        for it in made
    )


def _months(risk: Risk, span: Span) -> tuple[Month, ...]:
    return span.months_of(risk.months) if risk.months else ()
