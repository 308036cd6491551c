"""Rows for the bulk benchmarks: care homes' December returns of 24 items, as files, and stores that know the homes."""

import csv
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from ct_cli.backends.contract import Source, Submission
from ct_cli.backends.sqlite import SqliteBackend
from ct_cli.register.location import Location
from ct_cli.returns.catalogue import Catalogue
from ct_cli.returns.identity import Service
from ct_cli.returns.the_return import CheckedReturn, ReturnKind
from ct_cli.windows.month import Month

MONTH = Month(2024, 12)
INSIDE = datetime(2024, 12, 10, 12, tzinfo=UTC)
ITEMS = 24
FRAME = ("location_id", "service", "month")
_COLLECTION = Catalogue.load().for_month(Service.CARE_HOME, MONTH)
KEYS = tuple(item.key for item in _COLLECTION.items_in(MONTH.number) if not item.on_request)[:ITEMS]
"""The first items that a home is asked for in December: 22 counts, and two questions."""


def location_id(place: int) -> str:
    """The id of the home at a place, from 0."""
    return f"1-{100_000_000 + place}"


def values_of(place: int, month: Month = MONTH) -> dict[str, int | str]:
    """What the home at a place says: nothing in it is wrong, no two months are alike, and no figure jumps."""
    chance = random.Random(place * 1_000 + month.ordinal)
    beds = 20 + place % 60
    values: dict[str, int | str] = {key: chance.randint(0, 1) for key in KEYS}
    values.update(dict.fromkeys(("visitors_inside", "visits_off_premises"), "yes"))
    values.update(maximum_capacity=beds, occupied=beds - 3, reserved=1, accepting_admissions=2)
    values.update(nurses_employed=5 + chance.randint(0, 3), care_workers_employed=beds + month.ordinal % 2)
    values.update(non_care_workers_employed=8, hours_paid=chance.randint(900, 2_000))
    return values


def rows_of(count: int, bad: float) -> Iterator[list[str]]:
    """A file's rows, of which such a share is wrong in one of four ways."""
    chance = random.Random(count)
    for place in range(count):
        values = {key: str(value) for key, value in values_of(place).items()}
        if chance.random() < bad:
            wrong = {
                0: ("occupied", "9999"),
                1: ("nurses_employed", ""),
                2: ("hours_paid", "12.5"),
                3: ("reserved", "x"),
            }
            key, text = wrong[place % 4]
            values[key] = text
        yield [location_id(place), Service.CARE_HOME.value, str(MONTH), *values.values()]


def write_csv(path: Path, count: int, bad: float = 0.02) -> Path:
    """A file of so many rows, a home each."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow((*FRAME, *KEYS))
        writer.writerows(rows_of(count, bad))
    return path


def write_xlsx(path: Path, count: int) -> Path:
    """The same as a workbook, its numbers as numbers."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Returns")
    sheet.append((*FRAME, *KEYS))
    for cells in rows_of(count, 0.02):
        sheet.append([*cells[:3], *(int(text) if text.isdigit() else text for text in cells[3:])])
    book.save(path)
    return path


def make_store(path: Path, count: int, months: int = 0) -> Path:
    """A store that knows so many homes, with so many months of their returns up to November."""
    with SqliteBackend(path) as backend:
        backend.save_locations(map(_location, range(count)))
        for back in range(months, 0, -1):
            for start in range(0, count, 5_000):
                backend.record(_returns(range(start, min(start + 5_000, count)), MONTH + -back))
    return path


def _location(place: int) -> Location:
    service = (Service.CARE_HOME,)
    return Location(location_id(place), f"Rose House {place}", service, f"Provider {place // 10}", f"P{place // 10}",
                    "Council", "South West", beds=20 + place % 60, registered_on=date(2015, 1, 1))  # fmt: skip


def _returns(places: Sequence[int], month: Month) -> list[Submission]:
    received = datetime(month.year, month.number, 9, 10, tzinfo=UTC)
    return [
        Submission(
            CheckedReturn(location_id(place), Service.CARE_HOME, month, ReturnKind.FULL, _COLLECTION.id,
                          values_of(place, month)),
            received, True, False, Source.RECORDED_HERE, "the office",
        )
        for place in places
    ]  # fmt: skip
