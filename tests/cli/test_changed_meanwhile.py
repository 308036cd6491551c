"""Two people at one register: what one of them changes while the other is at it is not overwritten."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ct_cli.backends.http_api import HttpBackend
from ct_cli.backends.sqlite import SqliteBackend
from ct_cli.register.location import Location, User
from ct_cli.returns.identity import Service
from ct_cli.server.examples import RETURN
from tests.backends.serving import BY_ITS_OWN_CLOCK, SECRET, add_key, quay

ROSE = Location("LOC123", "Rose House", (Service.CARE_HOME,), beds=40)
SAM = User("LOC123", "sam@example.org", "Sam")
Rival = Callable[[str, Callable[[SqliteBackend], None]], None]


@pytest.fixture(params=["here", "on a server"])
def rival(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rival]:
    """Lets somebody else change the register just before a command saves what it has made of it."""
    path = tmp_path / "ct.sqlite3"
    monkeypatch.setenv("CT_NOW", "2024-12-10T10:00:00+00:00")
    kind: Any = SqliteBackend
    served = None
    if request.param == "here":
        monkeypatch.setenv("CT_STORE", str(path))
    else:
        add_key(lambda: SqliteBackend(path))
        served = quay().moor(lambda: SqliteBackend(path), BY_ITS_OWN_CLOCK)
        for name, value in {"CT_BACKEND": "http", "CT_SERVER_URL": served, "CT_SERVER_KEY": SECRET}.items():
            monkeypatch.setenv(name, value)
        kind = HttpBackend
    with SqliteBackend(path) as store:
        store.save_locations([ROSE])
        store.save_users([SAM])

    def before(saving: str, change: Callable[[SqliteBackend], None]) -> None:
        save = getattr(kind, saving)

        def meanwhile(self: Any, *given: Any, **named: Any) -> None:
            monkeypatch.setattr(kind, saving, save)
            with SqliteBackend(path) as theirs:
                change(theirs)
            save(self, *given, **named)

        monkeypatch.setattr(kind, saving, meanwhile)

    yield before
    if served:
        quay().leave(served)


def rose_of(ct) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ct("locations", "show", "LOC123", "--json").out)["data"]
    return found["location"]


def beds_41(store: SqliteBackend) -> None:
    store.save_locations([replace(ROSE, beds=41)])


def test_an_edit_says_what_somebody_else_changed_and_run_again_keeps_both(ct, rival: Rival) -> None:
    rival("save_locations", beds_41)
    ran = ct("locations", "edit", "LOC123", "--name", "Rose Lodge")
    assert ran.status == 3
    assert "beds was 40 and is 41 now" in ran.err and "Nothing was saved" in ran.err and "run the same again" in ran.err
    assert rose_of(ct)["name"] == "Rose House"
    assert ct("locations", "edit", "LOC123", "--name", "Rose Lodge").status == 0
    assert (rose_of(ct)["name"], rose_of(ct)["beds"]) == ("Rose Lodge", 41)


def test_a_location_is_not_closed_over_somebody_elses_change(ct, rival: Rival) -> None:
    rival("save_locations", beds_41)
    ran = ct("locations", "close", "LOC123", "--json")
    assert (ran.status, json.loads(ran.out)["problems"][0]["code"]) == (3, "changed-meanwhile")
    assert rose_of(ct)["ended_on"] is None


def test_what_somebody_else_adds_meanwhile_is_there_already(ct, rival: Rival) -> None:
    rival("save_locations", lambda store: store.save_locations([replace(ROSE, id="LOC456", name="Fern House")]))
    ran = ct("locations", "add", "LOC456", "--name", "Fern Cottage", "--service", "care-home")
    assert ran.status == 3 and "in the register already, as Fern House" in ran.err


def test_a_list_replaces_nothing_that_changed_since_its_plan(ct, rival: Rival, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("location_id,name,services,beds\nLOC123,Rose Lodge,care-home,40\nLOC456,Fern House,care-home,12\n")
    rival("save_locations", beds_41)
    ran = ct("locations", "import", str(file), "--apply")
    assert ran.status == 3 and "changed LOC123" in ran.err and "Nothing was saved" in ran.err
    assert (rose_of(ct)["name"], rose_of(ct)["beds"]) == ("Rose House", 41)
    assert ct("locations", "import", str(file), "--apply").status == 0
    assert rose_of(ct)["name"] == "Rose Lodge"


def test_who_was_erased_meanwhile_does_not_come_back(ct, rival: Rival) -> None:
    rival("save_users", lambda store: store.remove_users(SAM.email) and None)
    ran = ct("users", "add", "LOC123", "--email", SAM.email, "--name", "Deputy")
    assert ran.status == 3 and "sam@example.org was removed from LOC123" in ran.err
    assert SAM.email not in ct("users", "list").out


def test_a_user_that_somebody_else_renamed_keeps_that_name(ct, rival: Rival) -> None:
    rival("save_users", lambda store: store.save_users([replace(SAM, name="Manager")]))
    ran = ct("users", "add", "LOC123", "--email", SAM.email, "--name", "Deputy")
    assert ran.status == 3 and "sam@example.org is Manager at LOC123 now" in ran.err
    assert "Manager" in ct("users", "list").out


def test_another_user_who_is_added_meanwhile_is_no_hindrance(ct, rival: Rival) -> None:
    rival("save_users", lambda store: store.save_users([User("LOC123", "ash@example.org", "Ash")]))
    assert ct("users", "add", "LOC123", "--email", "kim@example.org").status == 0
    with_all = ct("users", "list").out
    assert all(name in with_all for name in ("ash@", "kim@", "sam@"))


@pytest.mark.parametrize("atomic", [False, True])
def test_all_or_none_is_so_on_a_server_that_knows_better_than_who_sends(
    ct, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, atomic: bool
) -> None:
    path = tmp_path / "ct.sqlite3"
    monkeypatch.setenv("CT_NOW", "2024-12-10T10:00:00+00:00")
    homes = [replace(ROSE, id=f"LOC{number}", registered_on=date(2020, 1, 1)) for number in (1, 2, 3)]
    with SqliteBackend(path) as store:
        store.save_locations(homes)
    add_key(lambda: SqliteBackend(path))
    served = quay().moor(lambda: SqliteBackend(path, rehearsing=True), BY_ITS_OWN_CLOCK)
    for name, value in {"CT_BACKEND": "http", "CT_SERVER_URL": served, "CT_SERVER_KEY": SECRET}.items():
        monkeypatch.setenv(name, value)
    file = tmp_path / "returns.csv"
    names = ("location_id", "service", "month", *RETURN["values"])
    rows = [[home.id, "care-home", "2024-12", *map(str, RETURN["values"].values())] for home in homes]
    file.write_text("\n".join(",".join(row) for row in (names, *rows)), encoding="utf-8")
    send = HttpBackend.record_rows_under

    def once_closed(self: HttpBackend, *given: Any, **named: Any) -> Any:
        with SqliteBackend(path) as store:
            store.save_locations([replace(homes[1], ended_on=date(2024, 10, 31))])
        return send(self, *given, **named)

    monkeypatch.setattr(HttpBackend, "record_rows_under", once_closed)
    ran = ct("submit", "--file", str(file), "--json", *(["--atomic"] if atomic else []))
    quay().leave(served)
    told = json.loads(ran.out)
    assert ran.status == 3
    assert told["data"]["counts"] == ({"held-back": 2, "refused": 1} if atomic else {"accepted": 2, "refused": 1})
    assert [it["code"] for it in told["problems"] if it["severity"] == "error"]
    with SqliteBackend(path, rehearsing=True) as store:
        assert len(list(store.walk())) == (0 if atomic else 2)
