"""Whatever the network does between a client and a real server: nothing is lost, and nothing is done twice."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ct_cli.backends.contract import OutcomeKind
from ct_cli.backends.http_api import HttpBackend
from ct_cli.backends.http_connection import ATTEMPTS, Connection
from ct_cli.backends.offline import OfflineToo
from ct_cli.backends.return_queue import ReturnQueue
from ct_cli.backends.sending import send_waiting
from ct_cli.backends.server_address import ServerAddress
from ct_cli.backends.server_refusals import AnsweredTooSlowly, ServerUnreachable
from ct_cli.backends.sqlite import SqliteBackend
from ct_cli.register.location import Scope
from tests.backends.conftest import location, submission
from tests.backends.lossy_proxy import LossyProxy, Mischief
from tests.backends.serving import HISTORY, SECRET, add_key, quay

BAD = [mischief for mischief in Mischief if mischief is not Mischief.NONE]


class Wire:
    """A store, its server, a proxy before it, and a client of that."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = lambda: SqliteBackend(folder / "ct.sqlite3")
        add_key(self.store)
        with self.store() as store:
            store.save_locations([location("LOC123"), location("LOC456")])
        self.served = quay().moor(self.store, HISTORY)
        self.proxy = LossyProxy(quay().port)
        address = ServerAddress.parse(self.served.replace(str(quay().port), str(self.proxy.port)))
        self.client = HttpBackend(Connection(address, lambda: SECRET, seconds=20, sleep=lambda _: None))

    def close(self) -> None:
        self.client.close()
        self.proxy.close()
        quay().leave(self.served)

    @property
    def said(self) -> list[tuple[str, int]]:
        """What the store behind holds: each location's counts, in order."""
        with self.store() as store:
            return [(it.location_id, int(it.values["occupied"])) for it in store.walk()]


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[Wire]:
    made = Wire(tmp_path)
    yield made
    made.close()


@pytest.mark.parametrize("mischief", BAD, ids=lambda mischief: mischief.name)
def test_a_return_is_recorded_once_whatever_becomes_of_its_first_try(wire: Wire, mischief: Mischief) -> None:
    wire.proxy.plan = [mischief]
    [outcome] = wire.client.record([submission()])
    assert outcome.kind is OutcomeKind.ACCEPTED
    assert wire.said == [("LOC123", 36)]


@pytest.mark.parametrize("mischief", BAD, ids=lambda mischief: mischief.name)
def test_an_answer_to_one_question_is_never_taken_for_that_to_another(wire: Wire, mischief: Mischief) -> None:
    wire.proxy.plan = [mischief]
    assert [it.id for it in wire.client.locations(Scope(frozenset({"LOC123"})))] == ["LOC123"]
    assert [it.id for it in wire.client.locations(Scope(frozenset({"LOC456"})))] == ["LOC456"]
    assert wire.client.history("LOC123") == []


def test_half_an_answer_at_every_try_is_an_error_and_no_short_list(wire: Wire) -> None:
    wire.proxy.plan = [Mischief.HALF_ANSWER] * ATTEMPTS
    with pytest.raises(ServerUnreachable):
        wire.client.locations(Scope())


def test_an_answer_that_takes_too_long_is_not_waited_for(wire: Wire, tmp_path: Path) -> None:
    wire.client._connection.seconds = 0.1
    wire.proxy.plan = [Mischief.LATE_ANSWER] * ATTEMPTS
    with pytest.raises(AnsweredTooSlowly):
        wire.client.locations(Scope())


def test_a_correction_whose_answer_was_lost_is_not_made_again_over_a_later_one(wire: Wire, tmp_path: Path) -> None:
    """The dangerous case: done, unheard of, overtaken, sent again. Its key tells the server that it was done."""
    with ReturnQueue(tmp_path / "queue.sqlite3") as queue:
        wire.proxy.plan = [Mischief.CUT_ANSWER] * ATTEMPTS
        [outcome] = OfflineToo(wire.client, queue).record([submission(occupied=30)])
        assert outcome.kind is OutcomeKind.QUEUED
        with wire.store() as store:
            store.record([submission(occupied=31)])
        wire.proxy.plan = []
        wire.client.close()
        wire.client._connection._down = None  # as in the next run of ct
        sending = send_waiting(wire.client, queue)
        assert [sent.outcome.kind for sent in sending.sent] == [OutcomeKind.ACCEPTED]
        assert queue.all() == []
    assert wire.said == [("LOC123", 30), ("LOC123", 31)]


@given(st.lists(st.tuples(st.sampled_from(["LOC123", "LOC456"]), st.lists(st.sampled_from(list(Mischief)), max_size=5)),
                min_size=1, max_size=4))  # fmt: skip
@settings(max_examples=6, deadline=None)
def test_what_is_submitted_through_any_weather_is_there_in_the_end_once_and_in_order(
    tmp_path_factory: pytest.TempPathFactory, weather: list[tuple[str, list[Mischief]]]
) -> None:
    wire = Wire(tmp_path_factory.mktemp("weather"))
    with ReturnQueue(wire.folder / "queue.sqlite3") as queue:
        for number, (place, plan) in enumerate(weather):
            wire.proxy.plan = list(plan)
            wire.client._connection._down = None  # each is a run of ct of its own
            send_waiting(wire.client, queue)
            OfflineToo(wire.client, queue).record([submission(place, occupied=number)])
        wire.proxy.plan = []
        wire.client._connection._down = None
        assert send_waiting(wire.client, queue).left == 0
        assert queue.all() == []
    for place in ("LOC123", "LOC456"):
        expected = [(place, number) for number, (where, _) in enumerate(weather) if where == place]
        assert [it for it in wire.said if it[0] == place] == expected
    wire.close()
