"""A file of returns, and what others record while it is on its way or since its template was written."""

import csv
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from ct_cli.actions.submit_file import submit_file
from ct_cli.actions.taking.order import FileOrder, Terms
from ct_cli.actions.taking.submitted import Change, Fate
from ct_cli.actions.workplace import Workplace
from ct_cli.register.location import Location
from ct_cli.returns.identity import Service
from ct_cli.settings import read_settings
from tests.cli.conftest import GOOD, INSIDE, sets
from tests.cli.on_a_server import Shared
from tests.postgres_server import running

Ct = Callable[..., Any]
WORKERS = "non_care_workers_employed"
PLACES = ("1-100000001", "1-100000002", "1-100000003", "1-100000004")


@pytest.fixture(params=["sqlite", "postgres", "http"])
def register(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A register with four care homes in each kind of store, that the settings name."""
    monkeypatch.setenv("CT_NOW", INSIDE)
    homes = [Location(place, "Rose House", (Service.CARE_HOME,), beds=40) for place in PLACES]
    if request.param == "http":
        shared: Shared = request.getfixturevalue("shared")
        with shared.store() as store:
            store.save_locations(homes)
    else:
        if request.param == "postgres":
            server = running()
            monkeypatch.setenv("CT_BACKEND", "postgres")
            monkeypatch.setenv("CT_DATABASE", server.conninfo(server.new_schema()))
        workplace = Workplace(read_settings())
        workplace.backend.save_locations(homes)
        workplace.close()
    yield str(request.param)


at_a_local_store = pytest.mark.parametrize("register", ["sqlite", "postgres"], indirect=True)


def a_file(path: Path, *rows: dict[str, str]) -> str:
    """A file of full returns; each row says in what it differs from the usual."""
    usual = {"service": "care-home", "month": "2024-12", **GOOD}
    fields = ["location_id", *usual, *(("version_seen",) if any("version_seen" in row for row in rows) else ())]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fields)
        writer.writeheader()
        writer.writerows([{**usual, **row} for row in rows])
    return str(path)


def submitted(ct: Ct, file: str, *more: str) -> dict[str, Any]:
    """What `ct submit --file` tells."""
    found: dict[str, Any] = json.loads(ct("submit", "--file", file, "--json", *more).out)
    return found


def workers_of(place: str) -> list[int]:
    """The figure by which the returns here differ, of each version."""
    workplace = Workplace(read_settings())
    try:
        return [int(it.values.get(WORKERS, -1)) for it in workplace.backend.history(place)]
    finally:
        workplace.close()


def recorded(ct: Ct, place: str, workers: int) -> None:
    """What somebody else records."""
    assert ct("submit", place, *sets(**{WORKERS: str(workers)})).status == 0


@at_a_local_store
def test_what_comes_once_the_run_has_begun_is_not_replaced(
    ct: Ct, register: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither where something stood before, nor where nothing did."""
    monkeypatch.setattr("ct_cli.actions.submit_file.CHUNK", 1)
    monkeypatch.setattr("ct_cli.actions.submit_file.BLOCK", 1)
    for place in PLACES[1:3]:
        recorded(ct, place, 9)
    file = a_file(tmp_path / "returns.csv", *({"location_id": place, WORKERS: "5"} for place in PLACES))

    def progress(done: int, _: int) -> None:
        if done == 1:  # while the second row is on its way
            for place, workers in {PLACES[2]: 7, PLACES[3]: 6}.items():
                command = [sys.executable, "-m", "ct_cli", "submit", place, *sets(**{WORKERS: str(workers)})]
                subprocess.run(command, check=True, capture_output=True, timeout=60)

    workplace = Workplace(read_settings())
    told = submit_file(workplace, FileOrder(file), Terms(), progress)
    workplace.close()
    assert told.counts == {Fate.ACCEPTED: 1, Fate.CORRECTED: 1, Fate.CONFLICT: 2}
    assert {it.location_id: it.newer.differences for it in told.conflicts} == {
        PLACES[2]: (Change(WORKERS, 7, 5),),
        PLACES[3]: (Change(WORKERS, 6, 5),),
    }
    assert [(it.code, it.place.row if it.place else 0) for it in told.problems] == [
        ("newer-return", 4),
        ("newer-return", 5),
    ]
    assert all("submit the file again" in it.remedy and "version_seen" not in it.remedy for it in told.problems)
    assert [workers_of(place) for place in PLACES] == [[5], [9, 5], [9, 7], [6]]
    # Run again, it is held against what stands now.
    assert submitted(ct, file)["data"]["counts"] == {"already-recorded": 2, "corrected": 2}


def test_a_row_that_says_from_which_version_it_was_made_replaces_no_other(
    ct: Ct, register: str, tmp_path: Path
) -> None:
    for place in PLACES[:2]:
        recorded(ct, place, 9)
    recorded(ct, PLACES[1], 8)
    rows = [
        {"location_id": place, WORKERS: "5", "version_seen": seen}
        for place, seen in zip(PLACES[:3], "110", strict=True)
    ]
    file = a_file(tmp_path / "returns.csv", *rows)
    told = submitted(ct, file)
    assert told["data"]["counts"] == {"corrected": 1, "conflict": 1, "accepted": 1}
    assert [workers_of(place) for place in PLACES] == [[9, 5], [9, 8], [5], []]
    # The same file again changes nothing, and what it says is recorded already.
    assert submitted(ct, file)["data"]["counts"] == {"already-recorded": 2, "conflict": 1}
    page = ct("submit", "--file", file)
    assert page.status == 3 and f"{WORKERS} 5 in your file, 8 recorded" in page.out and "version_seen" in page.out


@pytest.mark.parametrize("atomic", [(), ("--atomic",)], ids=["", "all or none"])
@pytest.mark.parametrize("register", ["http"], indirect=True)
def test_a_row_that_waits_replaces_no_other_than_it_says_either(
    ct: Ct, register: str, tmp_path: Path, shared: Shared, atomic: tuple[str, ...]
) -> None:
    for workers in (9, 8):
        recorded(ct, PLACES[0], workers)
    file = a_file(tmp_path / "returns.csv", {"location_id": PLACES[0], WORKERS: "5", "version_seen": "1"})
    shared.proxy.down = True
    assert submitted(ct, file, *atomic)["data"]["counts"] == {"queued": 1}
    shared.proxy.down = False
    assert ct("queue", "send").status == 3
    assert workers_of(PLACES[0]) == [9, 8]


def test_all_or_none_records_none_where_one_is_a_conflict(ct: Ct, register: str, tmp_path: Path) -> None:
    recorded(ct, PLACES[0], 9)
    rows = [{"location_id": place, WORKERS: "5", "version_seen": "0"} for place in PLACES[:3]]
    told = submitted(ct, a_file(tmp_path / "returns.csv", *rows), "--atomic")
    assert told["data"]["counts"] == {"conflict": 1, "held-back": 2}
    assert [workers_of(place) for place in PLACES] == [[9], [], [], []]


@pytest.mark.parametrize("register", ["sqlite"], indirect=True)
def test_a_version_that_is_none_is_told_in_its_cell(ct: Ct, register: str, tmp_path: Path) -> None:
    told = submitted(ct, a_file(tmp_path / "r.csv", {"location_id": PLACES[0], "version_seen": "first"}))
    assert [(it["code"], it["place"]["header"]) for it in told["problems"]] == [("version-wrong", "version_seen")]


@pytest.mark.parametrize("register", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", ["returns.xlsx", "returns.ods", "returns.csv"])
def test_a_templates_rows_say_which_version_they_were_made_from(
    ct: Ct, register: str, tmp_path: Path, name: str
) -> None:
    recorded_update(ct, PLACES[0])
    for place in PLACES:
        assert ct("submit", place, *sets(), now="2024-11-10T10:00:00+00:00").status == 0
    file = str(tmp_path / name)
    assert ct("template", "--month", "2024-12", "--out", file, now=INSIDE).status == 0
    recorded(ct, PLACES[1], 7)
    told = submitted(ct, file)
    assert told["data"]["counts"] == {"corrected": 1, "conflict": 1, "accepted": 2}
    assert workers_of(PLACES[1])[-1] == 7


def recorded_update(ct: Ct, place: str) -> None:
    """An update before the window opens, which fulfils nothing: what follows is its correction."""
    ran = ct("submit", place, *sets(**{WORKERS: "4"}), "--outside-window", now="2024-12-02T10:00:00+00:00")
    assert ran.status == 0, ran.out


def test_the_templates_version_is_grey_and_last(ct: Ct, homes: None, tmp_path: Path) -> None:
    file = tmp_path / "returns.xlsx"
    assert ct("template", "--month", "2024-12", "--out", str(file), now=INSIDE).status == 0
    sheet = openpyxl.load_workbook(file)["Returns"]
    last = [row[-1] for row in sheet.iter_rows()]
    assert [cell.value for cell in last] == ["version_seen", 0, 0, 0]
    assert {cell.font.color.rgb for cell in last} == {"FF808080"}
