"""What is more than a server takes at once, sent to it in parts."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ct_cli.backends import api_paths as paths
from ct_cli.backends.contract import OutcomeKind
from ct_cli.backends.http_api import HttpBackend
from ct_cli.backends.http_connection import Connection
from ct_cli.backends.offline import OfflineToo
from ct_cli.backends.return_queue import ReturnQueue
from ct_cli.backends.sending import send_waiting
from ct_cli.backends.server_address import ServerAddress
from ct_cli.backends.server_refusals import KeyRefused, NotAllowedThere, ServerRefused
from ct_cli.backends.sqlite import SqliteBackend
from ct_cli.register.location import Scope, User
from ct_cli.register.sighting import Sighting, SightingKind
from ct_cli.register.versions import RegisterChanged, version_of_no_user
from ct_cli.server.options import Limits, ServerOptions
from tests.backends.answering_proxy import AnsweringProxy, Said
from tests.backends.conftest import CARE_HOME, RECEIVED, location, submission
from tests.backends.lossy_proxy import LossyProxy
from tests.backends.serving import BY_ITS_OWN_CLOCK, SECRET, Served, quay

EVERYTHING = Scope(include_closed=True)
IDS = [f"LOC{number:03}" for number in range(8)]
SMALL = ServerOptions(
    accept_history=True,
    limits=Limits(requests_a_second=0, bulk_rows=3, register_rows=3, body=300, bulk_body=20_000),
)


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """A server that takes three at once, and 300 bytes of JSON; its client knows."""
    for name, most in {"MOST_TOGETHER": 3, "MOST_REGISTERED": 3, "MOST_JSON_BYTES": 300}.items():
        monkeypatch.setattr(paths, name, most)
    with Served(lambda: SqliteBackend(tmp_path / "ct.sqlite3"), SMALL) as made:
        yield made


def test_everything_that_is_written_goes_in_parts_that_the_server_takes(served: Served) -> None:
    served.save_locations([location(id) for id in IDS])
    assert [it.id for it in served.locations(EVERYTHING)] == IDS
    users = [User(id, f"{name}.with-a-rather-long-name@example.org") for id in IDS for name in ("ash", "sam")]
    served.save_users(users)
    assert list(served.users(EVERYTHING)) == users
    sightings = [_sighting(id) for id in IDS]
    served.save_sightings(sightings)
    assert [it.location_id for it in served.sightings(EVERYTHING)] == IDS
    given = [submission(id) for id in IDS]
    outcomes = served.record(given)
    assert [it.entry.location_id for it in outcomes if it.entry] == IDS
    again = [*served.record_rows(given), *served.start_recording(given)()]
    assert [it.kind for it in again] == [OutcomeKind.ALREADY_RECORDED] * 16


def test_nothing_is_sent_of_nothing(served: Served) -> None:
    served.save_locations([])
    served.save_users([])
    served.save_sightings([])
    assert (served.record([]), served.record_rows([]), served.start_recording([])()) == ([], [], [])


def test_a_later_part_that_fails_says_what_was_recorded_before_it(served: Served) -> None:
    served.save_locations([location(id) for id in IDS])
    given = [submission(id) for id in IDS]
    too_long = [*given[:7], submission(IDS[7], note="x" * 20_000)]
    for way in (served.record, served.record_rows):
        with pytest.raises(ServerRefused) as told:
            way(too_long)
        assert "6 of 8 returns were recorded" in told.value.sentence
        assert "none is recorded twice" in told.value.sentence
        assert len(list(served.walk())) == 6
    kinds = [it.kind for it in served.record(given)]
    assert kinds == [OutcomeKind.ALREADY_RECORDED] * 6 + [OutcomeKind.ACCEPTED] * 2
    assert len(list(served.walk())) == 8


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_is_revoked_between_two_parts_hides_none_of_the_first(served: Served, status: int) -> None:
    served.save_locations([location(id) for id in IDS])
    proxy = AnsweringProxy(quay().port)
    proxy.answers = lambda asked: Said.problem(status, "no") if IDS[3].encode() in asked.body else None
    address = ServerAddress.parse(served.server.replace(str(quay().port), str(proxy.port)))
    with HttpBackend(Connection(address, lambda: SECRET)) as server:
        for way in (server.record, server.record_rows):
            with pytest.raises((KeyRefused, NotAllowedThere)) as told:
                way([submission(id) for id in IDS])
            assert "3 of 8 returns were recorded" in told.value.sentence
    proxy.close()
    assert len(list(served.walk())) == 3


def test_who_overtook_somebody_in_a_later_part_is_told_of_beside_what_was_saved_before_it(served: Served) -> None:
    served.save_locations([location(id) for id in IDS])
    users = [User(id, "sam.with-a-rather-long-name@example.org", "Sam") for id in IDS]
    served.save_users([replace(users[-1], name="Manager")])
    with pytest.raises(RegisterChanged) as told:
        seen = {it.location_id: [version_of_no_user(it.location_id, it.email)] for it in users}
        served.save_users(users, expected=seen)
    there = [it for it in served.users(EVERYTHING) if it.name == "Sam"]
    assert 0 < len(there) < len(users)
    for words in (told.value.sentence, told.value.saying("it is Manager now").sentence):
        assert "Nothing was saved" not in words and f"{len(there)} of 8 users were saved before" in words


def test_what_waits_for_a_server_is_sent_in_the_parts_that_it_was_to_be_sent_in(served: Served, tmp_path: Path) -> None:
    served.save_locations([location(id) for id in IDS])
    proxy = LossyProxy(quay().port)
    address = ServerAddress.parse(served.server.replace(str(quay().port), str(proxy.port)))
    with ReturnQueue(tmp_path / "queue.sqlite3") as queue:
        server = HttpBackend(Connection(address, lambda: SECRET, sleep=lambda _: None))
        proxy.down = True
        outcomes = OfflineToo(server, queue).record([submission(id) for id in IDS])
        assert [it.kind for it in outcomes] == [OutcomeKind.QUEUED] * 8
        proxy.down = False
        server.close()
        server = HttpBackend(Connection(address, lambda: SECRET))
        sent = send_waiting(server, queue).sent
        server.close()
    proxy.close()
    assert [it.outcome.kind for it in sent] == [OutcomeKind.ACCEPTED] * 8
    assert len(list(served.walk())) == 8


def test_a_whole_countrys_export_goes_into_a_servers_register(
    tmp_path: Path, ct: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = 10_001
    ids = [f"1-{number:09}" for number in range(count)]
    monkeypatch.setenv("CT_NOW", "2024-12-20T09:00:00+00:00")
    items = [{"cqcId": id, "isCareHome": True, "vacanciesLastUpdated": "2024-12-09T10:00:00Z"} for id in ids]
    export = tmp_path / "page.json"
    export.write_text(json.dumps({"totalItems": count, "items": items}), encoding="utf-8")

    def store() -> SqliteBackend:
        return SqliteBackend(tmp_path / "there" / "ct.sqlite3", rehearsing=True)

    with Served(store, BY_ITS_OWN_CLOCK) as server:
        server.save_locations([location(id, services=(CARE_HOME,)) for id in ids])
        for name, value in {"CT_BACKEND": "http", "CT_SERVER_URL": server.server, "CT_SERVER_KEY": SECRET}.items():
            monkeypatch.setenv(name, value)
        ran = ct("import", "capacity-tracker", str(export), "--json")
        assert ran.status == 0, ran.err
        assert json.loads(ran.out)["data"]["recorded"] == count


def _sighting(location_id: str) -> Sighting:
    return Sighting(location_id, CARE_HOME, SightingKind.EXPORT, RECEIVED)
