"""Made-up locations, a year of their returns, and the files of a newcomer's first month. Nothing here is real."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from ct_cli.clock import LONDON
from ct_cli.register.location import Location, User
from ct_cli.returns.identity import Service
from ct_cli.returns.the_return import NilReason, Return, ReturnKind
from ct_cli.windows.month import Month

DEMO_NOW = datetime(2024, 12, 10, 10, 0, tzinfo=LONDON)
"""The day on which the demo plays: its window is open, and closes late because the 14th is a Saturday."""

STORE_NAME = "ct-demo.sqlite3"
"""The demo's own store, beside its files."""

_PROVIDER = {"provider": "Rose Care (made up)", "local_authority": "Exampleshire", "registered_on": date(2021, 3, 1)}
_HOME, _CARE = Service.CARE_HOME, Service.HOME_CARE

LOCATIONS: tuple[Location, ...] = (
    Location("LOC101", "Rose House", (_HOME,), beds=40, fee_pence=652_500, **_PROVIDER),  # type: ignore[arg-type]
    Location("LOC102", "Elm Lodge", (_HOME,), beds=24, fee_pence=391_500, **_PROVIDER),  # type: ignore[arg-type]
    Location("LOC103", "Willow Home Care", (_CARE,), fee_pence=211_200, **_PROVIDER),  # type: ignore[arg-type]
    Location("LOC104", "Oak Court", (_HOME, _CARE), beds=30, fee_pence=489_300, **_PROVIDER),  # type: ignore[arg-type]
)
"""What is in the demo's register from the start."""

NEW_LOCATION = Location(
    "LOC105",
    "Fern Cottage",
    (_HOME,),
    "Rose Care (made up)",
    "",
    "Exampleshire",
    beds=12,
    registered_on=date(2024, 12, 2),
)
"""What the newcomer's list of locations adds."""

USERS: tuple[User, ...] = tuple(
    User(location, f"{who}@example.org", who)
    for location, whos in (
        ("LOC101", ("manager", "deputy")),
        ("LOC102", ("manager",)),
        ("LOC103", ("manager", "office")),
    )
    for who in whos
)

_MISSED = {("LOC102", Month(2024, 10)), ("LOC102", Month(2024, 11))}
"""What puts Elm Lodge at risk: its last two windows."""


def past_months() -> list[Month]:
    """The twelve months before the demo's own, oldest first."""
    return [Month.of(DEMO_NOW.date()) + step for step in range(-12, 0)]


def returns_of(month: Month) -> list[Return]:
    """What was returned for one month of the past."""
    step = month.ordinal % 4
    return [
        given
        for given in (
            _care_home("LOC101", month, 40, 36 + step % 3, 32 + step),
            _care_home("LOC102", month, 24, 20 + step % 2, 19 + step),
            _home_care("LOC103", month, 85 + 2 * step, 40 + step),
            _care_home("LOC104", month, 30, 27, 22 + step),
            Return("LOC104", _CARE, month, ReturnKind.NIL, reason=NilReason.NOT_DELIVERED_HERE),
        )
        if (given.location_id, month) not in _MISSED
    ]


def sample_files() -> Mapping[str, Sequence[Sequence[str]]]:
    """The newcomer's files by name, each as rows with its header first."""
    month = Month.of(DEMO_NOW.date())
    right = [
        _care_home("LOC101", month, 40, 37, 35),
        _home_care("LOC103", month, 90, 43),
        _care_home("LOC104", month, 30, 28, 24),
        _care_home("LOC105", month, 12, 9, 10),
    ]
    wrong = [_care_home("LOC101", month, 40, 41, 35), *right[1:]]
    return {"locations.csv": _location_rows(), "returns-wrong.csv": _rows(wrong), "returns.csv": _rows(right)}


def _care_home(id: str, month: Month, capacity: int, occupied: int, carers: int) -> Return:
    # 41 of 40 is meant, in the file with a mistake: nothing is vacant then.
    vacant = max(0, capacity - occupied)
    counts = {
        "maximum_capacity": capacity,
        "occupied": occupied,
        "reserved": min(1, vacant),
        "accepting_admissions": vacant - min(1, vacant),
        "nurses_employed": 0,
        "care_workers_employed": carers,
        "non_care_workers_employed": carers // 3,
        "agency_nurses": 0,
        "agency_care_workers": 2,
        "agency_non_care_workers": 0,
    }
    return Return(id, _HOME, month, ReturnKind.FULL, {key: str(count) for key, count in counts.items()})


def _home_care(id: str, month: Month, people: int, carers: int) -> Return:
    raw = {"people_using_service": str(people), "care_workers_employed": str(carers)}
    return Return(id, _CARE, month, ReturnKind.FULL, raw)


def _rows(returns: Sequence[Return]) -> list[list[str]]:
    fields = list(dict.fromkeys(field for given in returns for field in given.raw))
    header = ["location_id", "service", *fields]
    rows = [[given.location_id, given.service.value, *(given.raw.get(f, "") for f in fields)] for given in returns]
    return [header, *rows]


def _location_rows() -> list[list[str]]:
    from ct_cli.register.columns import BY_FIELD, ID_HEADER, written

    fields = ("name", "services", "provider", "local_authority", "beds", "registered_on", "fee_pence")
    header = [ID_HEADER, *(BY_FIELD[field].header for field in fields)]
    return [header, *([at.id, *(written(at, field) for field in fields)] for at in (*LOCATIONS, NEW_LOCATION))]
