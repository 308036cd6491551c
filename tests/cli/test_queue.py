"""What waits for a server, and what others recorded meanwhile: nothing is lost, and nothing is replaced unseen."""

import json
import secrets
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from ct_cli.backends.contract import Source, Submission
from ct_cli.backends.return_queue import APPLICATION_ID
from ct_cli.backends.wire import plain
from ct_cli.register.location import Scope
from ct_cli.returns.identity import Service
from ct_cli.returns.the_return import CheckedReturn, ReturnKind
from ct_cli.windows.month import Month
from tests.backends.answering_proxy import Asked, Said
from tests.cli.conftest import sets
from tests.cli.on_a_server import OPEN, Shared

Ct = Callable[..., Any]
WORKERS = "non_care_workers_employed"
"""The figure by which the returns here differ."""


def a_return(workers: int, location: str = "LOC123", **given: Any) -> Submission:
    """A full return as a store takes it."""
    values = {key: int(value) for key, value in (it.split("=") for it in sets()[1::2])} | {WORKERS: workers}
    said = CheckedReturn(
        location, Service.CARE_HOME, Month(2024, 12), ReturnKind.FULL, "care-home-2024-04-26", values
    )  # fmt: skip
    around = {"source": Source.RECORDED_HERE, "recorded_by": "office B", **given}
    return Submission(said, datetime.fromisoformat(OPEN), True, True, **around)


def submit(ct: Ct, workers: int, location: str = "LOC123") -> Any:
    """Submit a full return of a location."""
    return ct("submit", location, "--service", "care-home", *sets(**{WORKERS: str(workers)}))


def listed(ct: Ct) -> list[dict[str, Any]]:
    """What `ct queue list` tells."""
    found: list[dict[str, Any]] = json.loads(ct("queue", "list", "--json").out)["data"]["returns"]
    return found


def figures(shared: Shared, location: str = "LOC123") -> list[int]:
    """Of each version of a location's return, how many work there otherwise."""
    with shared.store() as store:
        return [int(it.values.get(WORKERS, -1)) for it in store.history(location)]


def recorded_there(shared: Shared, *submissions: Submission) -> None:
    """What others record meanwhile."""
    with shared.store() as store:
        store.record(submissions)


def queued(ct: Ct, shared: Shared, workers: int, location: str = "LOC123") -> None:
    """Submit while the server is away."""
    shared.proxy.down = True
    assert submit(ct, workers, location).status == 6
    shared.proxy.down = False


class TestConflicts:
    """A queued return never replaces a newer one behind somebody's back."""

    def test_a_newer_return_stays_and_both_are_shown_side_by_side(self, ct: Ct, shared: Shared) -> None:
        queued(ct, shared, 36)
        recorded_there(shared, a_return(30))
        ran = ct("queue", "send")
        assert ran.status == 3 and "newer-return" in ran.out
        assert figures(shared) == [30]
        [one] = listed(ct)
        assert (one["state"], one["newer"]["version"], one["newer"]["recorded_by"]) == ("conflict", 1, "office B")
        assert one["newer"]["differences"] == [{"field": WORKERS, "old": 30, "new": 36}]
        page = ct("queue", "list").out
        assert "Yours" in page and "On the server" in page
        assert f"ct queue send --overwrite {one['id']}" in page and f"ct queue drop {one['id']}" in page
        # Nothing is sent again by itself, and it is said each time.
        assert "queue list" in ct("queue", "send").out
        assert figures(shared) == [30]

    def test_it_replaces_the_newer_one_once_that_is_asked_for(self, ct: Ct, shared: Shared) -> None:
        queued(ct, shared, 36)
        recorded_there(shared, a_return(30))
        ct("status")
        [one] = listed(ct)
        assert ct("queue", "send", "--overwrite", "00000000").status == 2
        ran = ct("queue", "send", "--overwrite", one["id"])
        assert ran.status == 0 and "correction" in ran.out
        assert figures(shared) == [30, 36]
        assert listed(ct) == []

    def test_a_third_return_that_came_since_it_was_shown_is_a_conflict_again(self, ct: Ct, shared: Shared) -> None:
        queued(ct, shared, 36)
        recorded_there(shared, a_return(30))
        ct("queue", "send")
        [one] = listed(ct)
        recorded_there(shared, a_return(31))
        assert ct("queue", "send", "--overwrite", one["id"]).status == 3
        assert figures(shared) == [30, 31]
        assert listed(ct)[0]["newer"]["version"] == 2

    def test_it_is_dropped_and_the_newer_one_stays(self, ct: Ct, shared: Shared) -> None:
        queued(ct, shared, 36)
        recorded_there(shared, a_return(30))
        ct("queue", "send")
        assert "Nothing was dropped" in ct("queue", "drop", "--refused").out
        assert ct("queue", "drop", listed(ct)[0]["id"]).status == 0
        assert listed(ct) == [] and figures(shared) == [30]

    def test_the_same_figures_are_recorded_already(self, ct: Ct, shared: Shared) -> None:
        queued(ct, shared, 30)
        recorded_there(shared, a_return(30))
        ran = ct("queue", "send")
        assert ran.status == 0 and "was recorded already" in ran.out
        assert figures(shared) == [30]

    def test_what_capacity_tracker_shows_is_no_newer_return(self, ct: Ct, shared: Shared) -> None:
        queued(ct, shared, 36)
        recorded_there(shared, a_return(30, source=Source.CAPACITY_TRACKER))
        assert ct("queue", "send").status == 0
        assert figures(shared) == [30, 36]

    def test_a_correction_of_ones_own_waiting_return_is_none(self, ct: Ct, shared: Shared) -> None:
        for workers in (36, 35, 34):
            queued(ct, shared, workers)
        assert ct("queue", "send").status == 0
        assert figures(shared) == [36, 35, 34]

    def test_a_correction_of_ones_own_recorded_return_is_none(self, ct: Ct, shared: Shared, tmp_path: Path) -> None:
        assert submit(ct, 36).status == 0
        file = tmp_path / "returns.csv"
        header, values = zip(*(it.split("=") for it in sets()[1::2]), strict=True)
        file.write_text(
            f"location_id,service,month,{','.join(header)}\nLOC456,care-home,2024-12,{','.join(values)}\n",
            encoding="utf-8",
        )
        assert ct("submit", "--file", str(file)).status == 0
        queued(ct, shared, 35)
        queued(ct, shared, 8, "LOC456")
        assert ct("queue", "send").status == 0
        assert figures(shared) == [36, 35] and figures(shared, "LOC456") == [9, 8]

    def test_the_version_that_was_last_heard_of_is_the_one_that_was_seen(self, ct: Ct, shared: Shared) -> None:
        recorded_there(shared, a_return(30))
        assert submit(ct, 31).status == 0
        recorded_there(shared, a_return(32))
        queued(ct, shared, 33)  # knowing of 31
        assert ct("queue", "send").status == 3
        assert figures(shared) == [30, 31, 32]

    def test_a_request_whose_answer_was_lost_is_known_by_its_key(self, ct: Ct, shared: Shared) -> None:
        ct("locations", "show", "LOC123")
        shared.proxy.answers = _to_record(Said(502, done=True))
        assert submit(ct, 36).status == 6
        recorded_there(shared, a_return(30))
        shared.proxy.answers = _to_record(None)
        assert ct("queue", "send").status == 0
        assert figures(shared) == [36, 30]
        assert len({it.headers["idempotency-key"] for it in shared.proxy.recorded}) == 1


def _to_record(said: Said | None, about: bytes = b"") -> Callable[[Asked], Said | None]:
    """Answers what is sent to be recorded about a location, or any, in the server's place."""
    return lambda asked: said if asked.path.endswith("/ledger/record") and about in asked.body else None


V1 = """
CREATE TABLE waiting (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, server TEXT NOT NULL, request_key TEXT NOT NULL,
    queued_at TEXT NOT NULL, refused_at TEXT, submission TEXT NOT NULL, problems TEXT NOT NULL
);
CREATE TABLE known_locations (
    server TEXT NOT NULL, id TEXT NOT NULL, seen_at TEXT NOT NULL, location TEXT NOT NULL, PRIMARY KEY (server, id)
) WITHOUT ROWID;
CREATE TABLE known_entries (
    server TEXT NOT NULL, location_id TEXT NOT NULL, service TEXT NOT NULL, survey TEXT NOT NULL,
    month INTEGER NOT NULL, entry TEXT NOT NULL, PRIMARY KEY (server, location_id, service, survey, month)
) WITHOUT ROWID
"""


def old_queue(path: Path, server: str, waiting: list[tuple[Submission, str, bool]]) -> None:
    """A queue as the first ct left it: what waits, the key of its request, and whether it was refused."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with sqlite3.connect(path) as connection:
        connection.executescript(f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = 1; {V1};")
        connection.executemany(
            "INSERT INTO waiting (id, server, request_key, queued_at, refused_at, submission, problems)"
            " VALUES (?, ?, ?, ?, ?, ?, '[]')",
            [
                (secrets.token_hex(4), server, key, OPEN, OPEN if refused else None, json.dumps(plain(it)))
                for it, key, refused in waiting
            ],
        )
    connection.close()


class TestOlderQueues:
    """A queue of an older ct goes on: its returns were made from no version that anybody noted."""

    @pytest.fixture
    def queue(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setenv("CT_QUEUE", str(tmp_path / "old" / "queue.sqlite3"))
        return tmp_path / "old" / "queue.sqlite3"

    def test_what_waits_is_sent_and_what_was_refused_is_there_still(self, ct: Ct, shared: Shared, queue: Path) -> None:
        both = [(a_return(36), "k1", False), (a_return(11, "LOC456"), "k2", True), (a_return(35), "k3", False)]
        old_queue(queue, shared.url, both)
        assert [one["state"] for one in listed(ct)] == ["not-yet-sent", "refused", "not-yet-sent"]
        assert ct("queue", "send").status == 0
        assert figures(shared) == [36, 35]
        assert [one["state"] for one in listed(ct)] == ["refused"]

    def test_what_waits_replaces_nothing_that_came_since(self, ct: Ct, shared: Shared, queue: Path) -> None:
        old_queue(queue, shared.url, [(a_return(36), "k1", False), (a_return(9, "LOC456"), "k1", False)])
        recorded_there(shared, a_return(30))
        assert ct("queue", "send").status == 3
        assert figures(shared) == [30] and figures(shared, "LOC456") == [9]
        assert [(one["location_id"], one["state"]) for one in listed(ct)] == [("LOC123", "conflict")]

    def test_what_an_older_ct_sent_without_an_answer_is_known_by_its_key(
        self, ct: Ct, shared: Shared, queue: Path
    ) -> None:
        waiting = [(a_return(36), "k1", False), (a_return(9, "LOC456"), "k1", False)]
        old_queue(queue, shared.url, waiting)
        shared.proxy.answers = _to_record(Said(502, done=True))
        with sqlite3.connect(queue) as connection:
            lines = [text for (text,) in connection.execute("SELECT submission FROM waiting ORDER BY seq")]
        sent_by_older_ct(shared, "".join(f"{line}\n" for line in lines), "k1")
        recorded_there(shared, a_return(30))
        shared.proxy.answers = _to_record(None)
        assert ct("queue", "send").status == 0
        assert figures(shared) == [36, 30] and figures(shared, "LOC456") == [9]

    def test_an_older_ct_leaves_a_newer_queue_alone_and_says_so(self, ct: Ct, shared: Shared, queue: Path) -> None:
        queued(ct, shared, 36)
        with sqlite3.connect(queue) as connection:
            connection.execute("PRAGMA user_version = 99")
        connection.close()
        ran = ct("queue", "list")
        assert ran.status == 1 and "a newer ct made it" in ran.err


def sent_by_older_ct(shared: Shared, lines: str, key: str) -> None:
    """Send returns as they were queued, without their versions."""
    import httpx

    from tests.backends.serving import SECRET

    headers = {"Authorization": f"Bearer {SECRET}", "Content-Type": "application/x-ndjson", "Idempotency-Key": key}
    httpx.post(f"{shared.url}/v1/ledger/record", content=lines.encode(), headers=headers, trust_env=False)


FAILURES = [
    Said(500, b"<h1>Internal Server Error</h1>"),
    Said.problem(500, "unexpected"),
    Said.problem(501, "not-implemented"),
    Said.problem(507, "no-room"),
    Said.problem(408, "body-too-slow"),
    Said(502, b"<h1>Bad Gateway</h1>"),
    Said.problem(503, "overloaded"),
    Said(200, b"<h1>Sign in to the network</h1>"),
    Said(404, b"<h1>Not here</h1>"),
]
KEPT = [
    Said.problem(401, "key-needed"),
    Said.problem(403, "not-allowed"),
    Said.problem(409, "in-progress"),
    Said.problem(409, "same-request-under-way", retry_after=5),
    Said.problem(413, "body-too-large"),
    Said(413, b"<h1>Too large</h1>"),
]


class TestFailures:
    """Only what the rules decided is refused; whatever else is answered, the return waits under its key."""

    def test_what_waits_waits_on_and_is_sent_once_the_server_is_well(self, ct: Ct, shared: Shared) -> None:
        queued(ct, shared, 36)
        queued(ct, shared, 9, "LOC456")
        for said in FAILURES:
            shared.proxy.answers = _to_record(said)
            ran = ct("queue", "send")
            assert (ran.status, ran.out.count("NOT YET SENT")) == (6, 2), said
        shared.proxy.answers = _to_record(None)
        assert ct("queue", "send").status == 0
        assert figures(shared) == [36] and figures(shared, "LOC456") == [9]
        assert len({it.headers["idempotency-key"] for it in shared.proxy.recorded}) == 2

    def test_what_is_submitted_at_once_waits_too(self, ct: Ct, shared: Shared) -> None:
        for workers, said in enumerate([*FAILURES, *KEPT[2:]], 5):
            shared.proxy.recorded.clear()
            shared.proxy.answers = _to_record(said)
            ran = submit(ct, workers)
            assert ran.status == 6 and "NOT YET SENT" in ran.out and "refused" not in ran.out, said
            shared.proxy.answers = _to_record(None)
            assert ct("queue", "send").status == 0
            assert figures(shared)[-1] == workers
            assert len({it.headers["idempotency-key"] for it in shared.proxy.recorded}) == 1

    def test_one_that_is_not_taken_holds_no_other_up_and_says_why(self, ct: Ct, shared: Shared) -> None:
        queued(ct, shared, 36)
        for workers, said in enumerate([*KEPT, FAILURES[1]], 5):
            queued(ct, shared, workers, "LOC456")
            shared.proxy.answers = _to_record(said, b"LOC123")
            assert ct("queue", "send").status == 6
            [one] = listed(ct)
            assert (one["location_id"], one["state"]) == ("LOC123", "not-yet-sent"), said
            assert [found["code"] for found in one["problems"]] == ["not-taken"]
            assert figures(shared, "LOC456")[-1] == workers
        # What is new is not held up either, save where it is for the same month.
        assert submit(ct, 4, "LOC456").status == 0
        assert submit(ct, 35).status == 6
        assert submit(ct, 3, "LOC456").status == 0
        assert [one["problems"][0]["code"] for one in listed(ct)] == ["not-taken", "not-taken"]
        shared.proxy.answers = _to_record(None)
        assert ct("queue", "send").status == 0
        assert figures(shared) == [36, 35]

    def test_other_commands_say_why_it_was_not_taken(self, ct: Ct, shared: Shared) -> None:
        queued(ct, shared, 36)
        shared.proxy.answers = _to_record(Said.problem(403, "not-allowed"))
        told = ct("status").err
        assert "LOC123" in told and "What not-allowed says." in told and "It waits" in told

    def test_what_the_rules_refuse_is_refused_and_the_good_ones_of_its_request_are_not(
        self, ct: Ct, shared: Shared
    ) -> None:
        queued(ct, shared, 36)
        shared.proxy.answers = _to_record(Said.problem(422, "not-the-form"))
        assert ct("queue", "send").status == 3
        [one] = listed(ct)
        assert (one["state"], one["problems"][0]["code"]) == ("refused", "refused-by-server")

    def test_what_an_older_server_does_not_know_is_not_refused_by_its_rules(
        self, ct: Ct, shared: Shared, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        said = Said.problem(422, "not-the-form")  # as where a line has a field that it does not know
        with monkeypatch.context() as newer:
            newer.setattr("ct_cli.backends.about.__version__", "99.1")
            shared.proxy.answers = _to_record(said)
            ran = submit(ct, 36)
            assert ran.status == 6 and "upgrade the server first" in ran.out, ran.out + ran.err
            assert ct("queue", "send").status == 6
        [one] = listed(ct)
        assert (one["state"], "upgrade the server first" in one["problems"][0]["words"]) == ("not-yet-sent", True)
        shared.proxy.answers = _to_record(None)
        assert ct("queue", "send").status == 0
        assert figures(shared) == [36]

    def test_a_server_that_fails_again_and_again_is_left_alone(self, ct: Ct, shared: Shared) -> None:
        with shared.store() as store:
            [home] = store.locations_from(Scope(), "LOC123", 1)
            store.save_locations([replace(home, id=f"LOC7{n:02}") for n in range(8)])
        for n in range(8):
            queued(ct, shared, 30, f"LOC7{n:02}")
        shared.proxy.answers = _to_record(FAILURES[1])
        assert ct("queue", "send").status == 6
        assert len(shared.proxy.recorded) == 3
        shared.proxy.answers = _to_record(None)
        assert ct("queue", "send").status == 0


class TestAllOrNone:
    """What was to be recorded together or not at all is never parted, however often it is sent."""

    @pytest.fixture
    def atomic(self, ct: Ct, shared: Shared, tmp_path: Path) -> None:
        file = tmp_path / "nil.csv"
        rows = "".join(f"{place},care-home,2024-12,no-staff\n" for place in ("LOC123", "LOC456"))
        file.write_text(f"location_id,service,month,nil_reason\n{rows}", encoding="utf-8")
        ct("locations", "list")
        shared.proxy.down = True
        assert ct("submit", "--file", str(file), "--atomic").status == 6
        shared.proxy.down = False

    def test_a_conflict_holds_all_of_it_back_until_it_is_to_overwrite(
        self, ct: Ct, shared: Shared, atomic: None
    ) -> None:
        recorded_there(shared, a_return(30))
        assert ct("queue", "send").status == 3
        conflict, held_back = listed(ct)
        assert (conflict["state"], held_back["state"]) == ("conflict", "held-back")
        assert figures(shared) == [30] and figures(shared, "LOC456") == []
        assert ct("queue", "send", "--overwrite", conflict["id"]).status == 0
        assert figures(shared) == [30, -1] and figures(shared, "LOC456") == [-1]

    def test_two_conflicts_of_it_are_overwritten_together(self, ct: Ct, shared: Shared, atomic: None) -> None:
        recorded_there(shared, a_return(30), a_return(31, "LOC456"))
        assert ct("queue", "send").status == 3
        both = [word for one in listed(ct) for word in ("--overwrite", one["id"])]
        assert ct("queue", "send", *both).status == 0
        assert figures(shared) == [30, -1] and figures(shared, "LOC456") == [31, -1]

    def test_a_refusal_of_the_whole_refuses_all_of_it_and_one_is_not_dropped_alone(
        self, ct: Ct, shared: Shared, atomic: None
    ) -> None:
        shared.proxy.answers = _to_record(Said.problem(422, "not-the-form"))
        assert ct("queue", "send").status == 3
        shared.proxy.answers = _to_record(None)
        assert [one["state"] for one in listed(ct)] == ["refused", "refused"]
        assert len(shared.proxy.recorded) == 1
        ran = ct("queue", "drop", listed(ct)[0]["id"])
        assert ran.status == 0 and "recorded together or not at all" in ran.out
        assert listed(ct) == []


class TestReminders:
    """What is in the queue is said each time, until it is resolved."""

    def test_status_and_ct_alone_and_doctor_say_how_many_each_time(self, ct: Ct, shared: Shared) -> None:
        queued(ct, shared, 36)
        recorded_there(shared, a_return(30))
        ct("queue", "send")
        for _ in range(2):
            assert "The server did not take 1 return" in ct("status").out
            assert "The server did not take 1 return" in ct().out
        assert json.loads(ct("status", "--json").out)["data"]["queue"] == {"conflict": 1}
        [check] = [it for it in json.loads(ct("doctor", "--json").out)["data"]["checks"] if it["name"] == "queue"]
        assert check["verdict"] != "ok" and "1 in conflict" in json.dumps(check)
        ct("queue", "drop", listed(ct)[0]["id"])
        assert "not taken" not in ct("status").out + ct().out

    def test_what_waits_is_said_by_ct_alone(self, ct: Ct, shared: Shared) -> None:
        queued(ct, shared, 36)
        shared.proxy.down = True
        assert "NOT YET SENT: 1 return waits on this computer" in ct().out


def test_a_temporary_folder_without_room_is_told_in_words_and_nothing_is_lost(
    ct: Ct, shared: Shared, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import tempfile

    ct("locations", "show", "LOC123")
    monkeypatch.setattr("ct_cli.backends.http_connection._IN_MEMORY", 1)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "not-there"))
    ran = submit(ct, 36)
    assert ran.status == 6 and "temporary folder" in ran.err + ran.out
    assert ct("status").status == 6
    assert [one["state"] for one in listed(ct)] == ["not-yet-sent"]
