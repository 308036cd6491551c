"""`ct locations sync` against CQC's API on a real socket: paged, resumed, only what changed."""

import json
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest

from ct_cli.backends.sqlite import SqliteBackend
from ct_cli.register.location import Location, Scope
from ct_cli.returns.identity import Service
from ct_cli.settings import read_settings
from tests.conftest import Ran
from tests.register.listening import Answered, Asked, Listening, listening

NOW = "2026-11-20T12:00:00+00:00"
KEY = "s3cret"


def place(location_id: str, **given: Any) -> dict[str, Any]:
    return {
        "locationId": location_id, "providerId": "1-101", "name": "Rose House", "registrationStatus": "Registered",
        "registrationDate": "2019-04-01", "careHome": "Y", "numberOfBeds": 40, "postalCode": "AB1 2CD",
        "inspectionDirectorate": "Adult social care", "region": "South East", "localAuthority": "Kent",
        "gacServiceTypes": [{"name": "Care home service with nursing", "description": "CHN"}],
        "contacts": [{"personFamilyName": "Madeup"}], **given,
    }  # fmt: skip


class Cqc:
    """What CQC's API has, and the requests that fail first."""

    def __init__(self) -> None:
        self.changes: list[str] = ["loc100", "LOC123", "LOC404", "LOC300", "LOC400"]
        self.places = {
            "LOC100": place("LOC100", name="New Place"),
            "LOC123": place("LOC123", numberOfBeds=42),
            "LOC300": place("LOC300", registrationStatus="Deregistered", deregistrationDate="2026-11-10"),
            "LOC400": place("LOC400", inspectionDirectorate="Hospitals"),
        }
        self.failing: set[str] = set()

    def answer(self, asked: Asked, _: int) -> Answered:
        path = asked.path.removeprefix("/export")
        if path in ("/changes/location", "/locations"):
            page = int(asked.query["page"])
            everything: list[Any] = self.changes
            if path == "/locations":
                everything = [{"locationId": name} for name in self.places]
            part = everything[(page - 1) * 2 : page * 2]
            body = {"page": page, "totalPages": -(-len(everything) // 2), path.split("/")[1]: part}
            return Answered(body)
        location_id = path.rpartition("/")[2]
        if location_id in self.failing:
            return Answered("no", 400)
        found = self.places.get(location_id)
        return Answered(found) if found else Answered("", 404)


@pytest.fixture
def cqc(monkeypatch: pytest.MonkeyPatch, ct: Callable[..., Ran], tmp_path: Any) -> Iterator[tuple[Cqc, Listening]]:
    """A register of three, and CQC's API with a key."""
    with SqliteBackend(read_settings().store_path) as backend:
        kept = [Service.CARE_HOME]
        backend.save_locations(
            [
                Location("LOC123", "Rose House", tuple(kept), beds=40, local_authority="Kent"),
                Location("LOC300", "Elm Lodge", tuple(kept), local_authority="Kent"),
                Location("LOC404", "Old Mill", tuple(kept), local_authority="Kent"),
            ]
        )
    source = Cqc()
    monkeypatch.setenv("CT_CQC_KEY", KEY)
    monkeypatch.setenv("CT_CACHE", str(tmp_path / "cache"))
    with listening(source.answer) as server:
        monkeypatch.setenv("CT_CQC_URL", server.url)
        yield source, server


def synced(ct: Callable[..., Ran], *options: str) -> dict[str, Any]:
    ran = ct("locations", "sync", *options, "--json", now=NOW)
    assert ran.status == 0, ran.err
    data: dict[str, Any] = json.loads(ran.out)["data"]
    return data


def details_asked(server: Listening) -> list[str]:
    names = [asked.path.rpartition("/")[2] for asked in server.asked if "/locations/" in asked.path]
    server.asked.clear()
    return names


def test_what_changed_is_planned_and_only_done_when_asked(ct, cqc):
    _, server = cqc
    plan = synced(ct, "--since", "2026-11-01")
    assert [it["id"] for it in plan["new"]] == ["LOC100"]
    assert [it["location"]["id"] for it in plan["changed"]] == ["LOC123"]
    assert sorted(it["id"] for it in plan["absent"]) == ["LOC300", "LOC404"]
    assert (plan["saved"], plan["left_out"]["outside adult social care"]) == (0, 1)
    assert details_asked(server) == ["LOC100", "LOC123", "LOC404", "LOC300", "LOC400"]

    done = synced(ct, "--since", "2026-11-01", "--apply")
    assert done["saved"] == 2
    assert details_asked(server) == []  # what the plan asked is not asked again
    with SqliteBackend(read_settings().store_path) as backend:
        found = {it.id: it for it in backend.locations(Scope(include_closed=True))}
    assert (found["LOC123"].beds, found["LOC100"].registered_on) == (42, date(2019, 4, 1))
    assert found["LOC300"].ended_on is None  # proposed for closing, not closed


def test_the_headers_and_the_period_are_as_cqc_wants_them(ct, cqc):
    _, server = cqc
    synced(ct, "--since", "2026-11-01", "--apply")
    first = server.asked[0]
    assert first.headers["ocp-apim-subscription-key"] == KEY
    assert first.headers["user-agent"].startswith("ct/")
    assert (first.query["startTimestamp"], first.query["endTimestamp"]) == (
        "2026-11-01T00:00:00Z",
        "2026-11-20T12:00:00Z",
    )


def test_the_next_time_only_what_changed_since_is_asked_for(ct, cqc):
    source, server = cqc
    synced(ct, "--since", "2026-11-01", "--apply")
    server.asked.clear()
    source.changes = []
    assert synced(ct, "--apply")["saved"] == 0
    assert server.asked[0].query["startTimestamp"] == "2026-11-20T12:00:00Z"


@pytest.mark.parametrize("options", [["--since", "2026-11-01"], []])
def test_a_run_that_breaks_off_goes_on_where_it_stopped(ct, cqc, options):
    source, server = cqc
    source.failing = {"LOC404"}
    ran = ct("locations", "sync", "--since", "2026-11-01", now=NOW)
    assert (ran.status, KEY in ran.out + ran.err) == (6, False)
    server.asked.clear()
    source.failing = set()
    assert len(synced(ct, *options)["new"]) == 1
    assert details_asked(server) == ["LOC404", "LOC300", "LOC400"]


def test_all_asks_for_every_location(ct, cqc):
    assert synced(ct, "--all")["asked"] == 4


def test_a_councils_area_alone_can_be_taken(ct, cqc):
    source, _ = cqc
    source.places["LOC100"]["localAuthority"] = "Leeds"
    plan = synced(ct, "--since", "2026-11-01", "--local-authority", "kent")
    assert (plan["new"], plan["left_out"]["outside kent"]) == ([], 1)


def test_nobodys_name_is_taken_in(ct, cqc):
    source, _ = cqc
    source.places["LOC100"]["name"] = "Mrs Mary Madeup"
    out = ct("locations", "sync", "--since", "2026-11-01", "--json", now=NOW).out
    assert "Madeup" not in out
    files = list(read_settings().cache_folder.glob("cqc-sync-*"))
    assert files
    assert all("Madeup" not in file.read_text(encoding="utf-8") for file in files)


def test_without_a_last_time_it_says_how_to_begin(ct, cqc):
    ran = ct("locations", "sync", now=NOW)
    assert (ran.status, "--since" in ran.err) == (2, True)


def test_without_a_key_it_says_where_to_put_one(ct, cqc, monkeypatch):
    monkeypatch.delenv("CT_CQC_KEY")
    ran = ct("locations", "sync", "--all", now=NOW)
    assert (ran.status, "CT_CQC_KEY" in ran.err) == (2, True)


def test_what_is_not_cqc_is_refused(ct, cqc, monkeypatch):
    with listening(lambda *_: Answered({"hello": "there"})) as server:
        monkeypatch.setenv("CT_CQC_URL", server.url)
        assert ct("locations", "sync", "--all", now=NOW).status == 6


def test_the_page_says_what_is_gone_and_what_to_type(ct, cqc):
    out = ct("locations", "sync", "--since", "2026-11-01", now=NOW).out
    assert "Plan for CQC's API: 1 new, 1 changed, 0 unchanged, 2 gone." in out
    assert "No longer registered at CQC" in out
    assert "run the same command with --apply" in out
