"""Which months are owed, and how each stands."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

import pytest

from ct_cli.compliance.obligation import Counting, ObligationStatus, obligation, why_not_required
from ct_cli.compliance.risk import RiskLevel
from ct_cli.compliance.span import Span
from ct_cli.compliance.standing import Standing, months_made, standings
from ct_cli.register.location import Location
from ct_cli.returns.identity import Service
from ct_cli.returns.the_return import ReturnKind
from ct_cli.windows.month import Month

MakeSpan = Callable[[str, str, str], Span]
NOON = "2024-12-10T12:00:00+00:00"
DECEMBER = Month(2024, 12)


@dataclass(frozen=True)
class MadeReturn:
    location_id: str = "LOC123"
    service: Service = Service.CARE_HOME
    month: Month = DECEMBER
    kind: ReturnKind = ReturnKind.FULL
    receipt_id: str = "0123456789abcdef"
    received_at: datetime = datetime(2024, 12, 9, 10, tzinfo=UTC)
    version: int = 1
    source: str = "recorded-here"
    rehearsal: bool = False


def standing(location: Location, span: Span, *made: str) -> Standing:
    known = [MadeReturn(month=Month.parse(month)) for month in made]
    return next(standings([location], months_made(known, span.last, Counting()), span))


@pytest.mark.parametrize(
    ("month", "status"),
    [("2024-11", "missed"), ("2024-12", "open"), ("2025-01", "upcoming"), ("2022-07", "not-required")],
)
def test_a_month_not_made_stands_by_its_window(span: MakeSpan, rose_house: Location, month: str, status: str) -> None:
    whole = span("2022-07", "2025-01", NOON)

    found = obligation(rose_house, Service.CARE_HOME, Month.parse(month), [], whole, Counting())

    assert found.status == status
    assert standing(rose_house, whole).status(Month.parse(month)) == status


def test_the_first_window_after_the_duty_began_is_owed(span: MakeSpan, rose_house: Location) -> None:
    whole = span("2022-06", "2022-12", NOON)

    assert whole.months_of(whole.owed(rose_house))[0] == Month(2022, 8)
    assert why_not_required(rose_house, Service.CARE_HOME, Month(2022, 7), whole) == "the duty began on 31 July 2022"


@pytest.mark.parametrize(
    ("registered_on", "first_owed"),
    [("2024-09-16", "2024-09"), ("2024-09-17", "2024-10"), ("2024-09-01", "2024-09"), ("2024-08-31", "2024-09")],
)
def test_a_location_registered_by_the_last_day_of_a_window_owes_it(
    span: MakeSpan, rose_house: Location, registered_on: str, first_owed: str
) -> None:
    whole = span("2024-06", "2024-12", NOON)  # September 2024 closes on Monday the 16th

    late = replace(rose_house, registered_on=date.fromisoformat(registered_on))

    assert whole.months_of(whole.owed(late))[0] == Month.parse(first_owed)
    before = Month.parse(first_owed) + -1
    assert "registered on" in (why_not_required(late, Service.CARE_HOME, before, whole) or "")


@pytest.mark.parametrize(("ended_on", "last_owed"), [("2024-09-16", "2024-09"), ("2024-09-15", "2024-08")])
def test_a_location_that_left_before_the_last_day_of_a_window_does_not_owe_it(
    span: MakeSpan, rose_house: Location, ended_on: str, last_owed: str
) -> None:
    whole = span("2024-06", "2024-12", NOON)

    gone = replace(rose_house, ended_on=date.fromisoformat(ended_on))

    assert whole.months_of(whole.owed(gone))[-1] == Month.parse(last_owed)
    after = Month.parse(last_owed) + 1
    assert "ended on" in (why_not_required(gone, Service.CARE_HOME, after, whole) or "")


def test_bits_and_words_say_the_same_of_every_month(span: MakeSpan, rose_house: Location) -> None:
    whole = span("2022-05", "2025-03", NOON)
    location = replace(rose_house, registered_on=date(2023, 2, 14), ended_on=date(2024, 10, 13))

    by_words = [month for month in whole.months if why_not_required(location, Service.CARE_HOME, month, whole) is None]

    assert whole.months_of(whole.owed(location)) == tuple(by_words)


def test_a_hospice_owes_nothing(span: MakeSpan) -> None:
    hospice = Location("LOC124", "Elm Lodge", (Service.HOSPICE,))
    whole = span("2024-01", "2024-12", NOON)

    found = obligation(hospice, Service.HOSPICE, Month(2024, 12), [], whole, Counting())

    assert found.status is ObligationStatus.NOT_REQUIRED
    assert list(standings([hospice], {}, whole)) == []
    assert [it.owed for it in standings([hospice], {}, whole, every_service=True)] == [0]


def test_each_service_owes_apart(span: MakeSpan) -> None:
    both = Location("LOC123", "Rose House", (Service.CARE_HOME, Service.HOME_CARE))
    whole = span("2024-01", "2024-12", NOON)

    home, care = standings([both], months_made([MadeReturn()], whole.last, Counting()), whole)

    assert home.status(Month(2024, 12)) is ObligationStatus.FULFILLED
    assert care.status(Month(2024, 12)) is ObligationStatus.OPEN


def test_misses_before_december_2022_do_not_count(span: MakeSpan, rose_house: Location) -> None:
    whole = span("2022-06", "2023-02", "2023-01-20T12:00:00+00:00")

    found = standing(rose_house, whole, "2023-01")

    assert whole.months_of(found.missed) == tuple(Month(2022, n) for n in range(8, 13))
    assert found.risk.level is RiskLevel.NONE


def test_misses_before_registration_do_not_count(span: MakeSpan, rose_house: Location) -> None:
    whole = span("2024-01", "2024-12", "2024-12-20T12:00:00+00:00")
    new = replace(rose_house, registered_on=date(2024, 11, 20))

    assert standing(new, whole).risk.level is RiskLevel.NONE
    assert standing(rose_house, whole).risk.level is RiskLevel.NOTICE


def test_while_the_window_is_open_the_risk_is_that_of_the_closed_ones(span: MakeSpan, rose_house: Location) -> None:
    whole = span("2023-11", "2024-12", NOON)
    made = [str(month) for month in whole.months[:-3]]  # all but October and November; December is open

    found = standing(rose_house, whole, *made)

    assert found.risk.level is RiskLevel.AT_RISK
    assert whole.months_of(found.risk.months) == (Month(2024, 10), Month(2024, 11))
    if_missed, if_made = found.risk_if_missed(), found.risk_if_made()
    assert if_missed is not None and if_missed.level is RiskLevel.NOTICE
    assert whole.months_of(if_missed.months) == (Month(2024, 10), Month(2024, 11), Month(2024, 12))
    assert if_made is not None and if_made.level is RiskLevel.NONE


def test_the_present_return_once_made_ends_the_run_of_misses(span: MakeSpan, rose_house: Location) -> None:
    whole = span("2023-11", "2024-12", NOON)
    made = [str(month) for month in whole.months if month not in {Month(2024, 10), Month(2024, 11)}]

    found = standing(rose_house, whole, *made)

    assert found.risk.level is RiskLevel.NONE
    assert found.risk_if_missed() is None


def test_before_the_window_opens_the_next_one_is_weighed(span: MakeSpan, rose_house: Location) -> None:
    whole = span("2023-11", "2024-12", "2024-12-07T12:00:00+00:00")

    found = standing(rose_house, whole, *[str(month) for month in whole.months[:-3]])

    assert found.status(Month(2024, 12)) is ObligationStatus.UPCOMING
    if_missed = found.risk_if_missed()
    assert if_missed is not None and if_missed.level is RiskLevel.NOTICE


def test_a_risk_from_before_the_first_known_return_says_that_it_rests_on_no_record(
    span: MakeSpan, rose_house: Location
) -> None:
    whole = span("2023-01", "2024-12", "2024-12-20T12:00:00+00:00")
    old = [str(month) for month in whole.months[:12]]

    assert standing(rose_house, whole).rests_on_no_record
    assert standing(rose_house, whole, "2024-12").rests_on_no_record
    assert not standing(rose_house, whole, *old).rests_on_no_record


def test_a_rehearsal_counts_only_in_a_rehearsal(span: MakeSpan, rose_house: Location) -> None:
    whole = span("2024-01", "2024-12", NOON)
    rehearsed = MadeReturn(rehearsal=True)

    real = obligation(rose_house, Service.CARE_HOME, Month(2024, 12), [rehearsed], whole, Counting())
    within = obligation(rose_house, Service.CARE_HOME, Month(2024, 12), [rehearsed], whole, Counting(rehearsing=True))

    assert real.status is ObligationStatus.OPEN
    assert real.waiting == (rehearsed,)
    assert "rehearsal" in (real.why or "")
    assert within.status is ObligationStatus.FULFILLED
    assert months_made([rehearsed], whole.last, Counting()) == {}


def test_where_it_must_be_seen_a_recorded_return_waits_for_capacity_tracker(
    span: MakeSpan, rose_house: Location
) -> None:
    whole = span("2024-01", "2024-12", NOON)
    counting = Counting(must_be_seen=True)
    recorded, seen = MadeReturn(), MadeReturn(source="seen-in-capacity-tracker")

    waiting = obligation(rose_house, Service.CARE_HOME, Month(2024, 12), [recorded], whole, counting)
    both = obligation(rose_house, Service.CARE_HOME, Month(2024, 12), [recorded, seen], whole, counting)

    assert waiting.status is ObligationStatus.OPEN
    assert waiting.why == "recorded, not yet seen in Capacity Tracker"
    assert both.status is ObligationStatus.FULFILLED
    assert both.made == (seen,)
    assert both.waiting == (recorded,)


def test_two_sources_that_tell_of_one_month_are_both_kept(span: MakeSpan, rose_house: Location) -> None:
    whole = span("2024-01", "2024-12", NOON)
    here = MadeReturn()
    there = MadeReturn(source="seen-in-capacity-tracker", received_at=datetime(2024, 12, 9, 11, tzinfo=UTC))

    found = obligation(rose_house, Service.CARE_HOME, Month(2024, 12), [here, there], whole, Counting())

    assert found.made == (there, here)
