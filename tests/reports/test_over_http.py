"""A council's report where the register is on a server: one call, and the same figures as counted from bulk reads."""

import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from ct_cli.backends.access import Role
from ct_cli.backends.contract import Source, Submission
from ct_cli.backends.http_api import HttpBackend
from ct_cli.backends.http_connection import Connection
from ct_cli.backends.sqlite import SqliteBackend
from ct_cli.register.location import Location, Scope
from ct_cli.register.sighting import Sighting, SightingKind
from ct_cli.returns.identity import Service
from ct_cli.returns.the_return import CheckedReturn, ReturnKind
from ct_cli.windows.month import Month
from tests.backends.serving import BY_ITS_OWN_CLOCK, add_key, quay

KENT_KEY = f"ct_1b2c3d4e_{secrets.token_urlsafe(32)}"
BEDS = {"maximum_capacity": 20, "occupied": 12, "accepting_admissions": 5}


@pytest.fixture
def there(tmp_path: Path) -> Callable[[], SqliteBackend]:
    """Opens the server's own store, with a register of two councils."""

    def store() -> SqliteBackend:
        return SqliteBackend(tmp_path / "there" / "ct.sqlite3")

    _fill(store())
    return store


@pytest.fixture
def asked(there: Callable[[], SqliteBackend], monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """That register on a server, settings with the key of one council, and the paths that are asked for."""
    store = there
    served = quay().moor(store, BY_ITS_OWN_CLOCK)
    key = add_key(store, Role.LOCAL_AUTHORITY, "Kent", KENT_KEY)
    for name, value in {"CT_BACKEND": "http", "CT_SERVER_URL": served, "CT_SERVER_KEY": key}.items():
        monkeypatch.setenv(name, value)
    paths: list[str] = []
    exchange = Connection.exchange

    def noting(self, method, path, *given, **named):
        paths.append(path.partition("?")[0])
        return exchange(self, method, path, *given, **named)

    monkeypatch.setattr(Connection, "exchange", noting)
    yield paths
    quay().leave(served)


def _fill(store: SqliteBackend) -> None:
    since, now = date(2023, 1, 1), datetime.now(UTC)
    with store:
        for place in range(30):
            council = "Kent" if place < 20 else "Essex"
            location = Location(
                f"LOC{100 + place}", f"Home {place}", (Service.CARE_HOME,), "Rose Care", "1-101", council, "South East",
                registered_on=since, beds=20,
            )  # fmt: skip
            store.save_locations([location])
            figures = json.dumps(BEDS, sort_keys=True, separators=(",", ":"))
            seen = Sighting(location.id, Service.CARE_HOME, SightingKind.EXPORT, now, now, content=figures)
            store.save_sightings([seen])
            for year, number in ((2025, 9), (2026, 1)):
                if place % 3:
                    _record(store, location.id, year, number)


def _record(store: SqliteBackend, location_id: str, year: int, number: int) -> None:
    checked = CheckedReturn(
        location_id, Service.CARE_HOME, Month(year, number), ReturnKind.FULL, "care-home-2024-04-26", BEDS
    )
    received = datetime(year, number, 9, 10, tzinfo=UTC)
    store.record([Submission(checked, received, True, False, Source.RECORDED_HERE, "the office")])


@pytest.mark.parametrize("more", [(), ("--public",), ("--from", "2025-08", "--to", "2026-02")])
def test_the_report_is_one_call_and_says_what_bulk_reads_say(ct, asked, monkeypatch, more) -> None:
    told = _report(ct, *more)
    assert asked == ["/v1/reports/compliance"]
    asked.clear()
    monkeypatch.setattr(HttpBackend, "counted_there", lambda *_: None)
    counted = _report(ct, *more, "--local-authority", "Kent")
    assert told == counted
    assert told["area"] == "Kent" and told["locations"] == 20
    assert len(asked) == len(set(asked)) == 6, "a read of each kind"


def _report(ct, *more: str) -> dict:
    ran = ct("report", "compliance", "--out", "-", "--format", "json", *more)
    assert ran.status == 0, ran.err
    report = json.loads(ran.out)
    assert datetime.fromisoformat(report.pop("made_at")).utcoffset() is not None
    return report


def test_the_page_and_the_sheet_are_drawn_from_what_the_server_counted(ct, asked, tmp_path) -> None:
    for name in ("report.html", "report.xlsx", "report.csv"):
        assert ct("report", "compliance", "--out", str(tmp_path / name)).status == 0
        assert (tmp_path / name).stat().st_size > 500
    assert set(asked) == {"/v1/reports/compliance"} and len(asked) == 3


def test_anothers_council_is_nobody_in_scope_in_the_desks_own_words(ct, asked) -> None:
    ran = ct("report", "compliance", "--out", "-", "--format", "json", "--local-authority", "Essex")
    assert ran.status == 2
    assert "Essex" in ran.err and "ct locations list" in ran.err


def test_a_rehearsal_is_counted_here_for_the_server_knows_nothing_of_its_moment(ct, asked) -> None:
    ran = ct("report", "compliance", "--out", "-", "--format", "json", now="2025-10-09T10:00:00+01:00")
    assert ran.status == 0, ran.err
    assert json.loads(ran.out)["last"] == "2025-10"
    assert "/v1/reports/compliance" not in asked


CALLS = {  # status asks first what the server's clock says
    "report compliance --out report.html": 1,
    "report chase --out chase.xlsx": 5,
    "vacancies": 3,
    "status --summary": 5,
    "status --outstanding": 6,
    "status --unchanged-long": 5,
    "status --matrix 12": 8,
    "template --out template.csv": 4,
    "remind --dry-run": 4,
}


@pytest.mark.parametrize("locations", [1, 20])
def test_what_a_server_is_asked_does_not_grow_with_the_area(
    ct, asked, there, tmp_path, monkeypatch, locations: int
) -> None:
    with there() as store:
        kent = store.locations(Scope(local_authority="Kent"))
        store.save_locations(replace(it, local_authority="Essex") for it in kent[locations:])
    monkeypatch.chdir(tmp_path)
    calls = {}
    for command in CALLS:
        asked.clear()
        ran = ct(*command.split())
        assert ran.status == 0, ran.err
        calls[command] = len(asked)
    assert calls == CALLS
