"""What is particular to the shared store: its schema, many writers at once, lost connections, and its words."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from ct_cli.backends.access import AuditLine, Beside
from ct_cli.backends.chain_check import Tally, breaks
from ct_cli.backends.contract import OutcomeKind
from ct_cli.backends.postgres import PostgresBackend
from ct_cli.backends.postgres_copy import array_of
from ct_cli.backends.postgres_errors import DatabaseRefused, StoreUnreachable
from ct_cli.backends.postgres_schema import VERSION
from ct_cli.errors import StoreUnusable
from ct_cli.register.location import Scope
from tests.backends.conftest import RECEIVED, location, record, submission
from tests.conftest import Ran
from tests.postgres_server import RealPostgres, running


@pytest.fixture
def schema() -> str:
    return running().new_schema()


@pytest.fixture
def database(schema: str) -> str:
    return running().conninfo(schema)


@pytest.fixture
def own_server() -> Iterator[RealPostgres]:
    """A server that a test may stop."""
    server = RealPostgres.make()
    yield server
    server.remove()


def whole(backend: PostgresBackend) -> int:
    """How many entries there are, every chain of which is whole."""
    tally = Tally()
    with backend.at_one_moment():
        assert list(breaks(backend.walk(), backend.chain_ends(), tally)) == []
    return tally.entries


def test_many_that_start_at_once_on_an_empty_database_make_its_tables_once(schema: str) -> None:
    # Each through an address of its own, so that they share neither pool nor lock.
    addresses = [running().conninfo(schema, application_name=f"p{number}") for number in range(8)]

    def record_one(address: str) -> list[OutcomeKind]:
        with PostgresBackend(address) as store:
            return [outcome.kind for outcome in record(store, submission())]

    with ThreadPoolExecutor(8) as threads:
        kinds = [kind for some in threads.map(record_one, addresses) for kind in some]
    assert sorted(kinds) == sorted([OutcomeKind.ACCEPTED] + [OutcomeKind.ALREADY_RECORDED] * 7)
    assert running().execute("SELECT id, version FROM ct_schema", schema) == [(1, VERSION)]


def test_a_store_of_a_newer_ct_is_refused_and_left_alone(schema: str, database: str) -> None:
    PostgresBackend(database).close()
    running().execute("UPDATE ct_schema SET version = version + 1", schema)
    with pytest.raises(StoreUnusable, match="a newer ct made it"):
        PostgresBackend(database)


def test_another_programs_tables_are_refused_and_left_alone(schema: str, database: str) -> None:
    running().execute("CREATE TABLE users (name TEXT)", schema)
    with pytest.raises(StoreUnusable, match="tables of another program"):
        PostgresBackend(database)
    tables = running().execute(f"SELECT tablename FROM pg_tables WHERE schemaname = '{schema}' ORDER BY 1")
    assert [name for (name,) in tables] == ["ct_schema", "users"]


@pytest.mark.parametrize("size", [1, 60], ids=["single returns", "batches"])
def test_writers_to_the_same_chains_all_succeed_in_some_order(database: str, schema: str, size: int) -> None:
    def write(writer: int) -> list[OutcomeKind]:
        with PostgresBackend(running().conninfo(schema, application_name=f"w{writer}")) as store:
            places = [f"LOC{place:03}" for place in range(size)]
            return [
                outcome.kind
                for number in range(10)
                for outcome in record(store, *(submission(place, note=f"{writer} {number}") for place in places))
            ]

    with PostgresBackend(database) as store, ThreadPoolExecutor(4) as threads:
        kinds = [kind for done in threads.map(write, range(4)) for kind in done]
        assert sorted(kinds) == [OutcomeKind.ACCEPTED] * size + [OutcomeKind.CORRECTED] * (39 * size)
        assert whole(store) == 40 * size
        assert [entry.version for entry in store.history("LOC000")] == list(range(1, 41))


def test_a_batch_gets_its_turn_among_single_returns_that_never_end(database: str) -> None:
    ended = threading.Event()

    def hammer() -> int:
        done = 0
        with PostgresBackend(database) as store:
            while not ended.is_set():
                record(store, submission(f"LOC{done % 40:03}", note=f"single {done}"))
                done += 1
        return done

    with PostgresBackend(database) as store, ThreadPoolExecutor(1) as threads:
        singles = threads.submit(hammer)
        try:
            for number in range(5):
                batch = [submission(f"LOC{place:03}", note=f"batch {number}") for place in range(40)]
                assert len(record(store, *batch)) == 40
        finally:
            ended.set()
        done = singles.result()
        assert whole(store) == 200 + done


def test_dead_connections_are_replaced_before_anybody_notices(database: str, schema: str) -> None:
    with PostgresBackend(database) as store:
        record(store, submission())
        cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'ct'"
        running().execute(cut)
        assert len(store.history("LOC123")) == 1
        running().execute(cut)
        [outcome] = record(store, submission(occupied=30))
        assert outcome.kind is OutcomeKind.CORRECTED


def test_a_connection_lost_within_a_transaction_is_begun_anew_once(database: str) -> None:
    with PostgresBackend(database) as store:
        record(store, submission())
        asked = []

        def cut_the_first(outcomes: object) -> Beside:
            asked.append(outcomes)
            if len(asked) == 1:
                running().execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state LIKE 'idle in%'")
            return Beside((AuditLine("1" * 32, RECEIVED, "", "corrected", "LOC123"),))

        [outcome] = store.record_beside([submission(occupied=30)], cut_the_first)
        assert (outcome.kind, len(asked)) == (OutcomeKind.CORRECTED, 2)
        assert (whole(store), len(store.audit_trail())) == (2, 1)


def test_what_was_acknowledged_survives_a_crash_of_the_server(own_server: RealPostgres) -> None:
    durable = RealPostgres(own_server.folder, own_server.port, durable=True)
    durable.user = own_server.user
    own_server.stop()
    durable.start()
    with PostgresBackend(durable.conninfo()) as store:
        receipts = [record(store, submission(f"LOC{number:03}"))[0].entry.receipt_id for number in range(30)]
        durable.stop("immediate")
        with pytest.raises(StoreUnreachable) as caught:
            record(store, submission("LOC999"))
        assert "Nothing was written" in caught.value.sentence
        durable.start()
        durable.wait_for("SELECT true")
        kinds = _patiently(lambda: record(store, *(submission(f"LOC{number:03}") for number in range(30))))
        assert {outcome.kind for outcome in kinds} == {OutcomeKind.ALREADY_RECORDED}
        assert [outcome.entry.receipt_id for outcome in kinds] == receipts
        assert whole(store) == 30


def _patiently(work: Callable[[], list]) -> list:
    """Again while the store is left alone for a second after it was away."""
    import time

    for _ in range(20):
        try:
            return work()
        except StoreUnreachable:
            time.sleep(0.2)
    return work()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("postgresql://ct:hunter2@db@127.0.0.1/ct", "more than one @"),
        ("postgresql://ct:hunter2/x@127.0.0.1/ct", ""),
        ("postgresql://ct:hunter2@127.0.0.1:hunter2/ct", ""),
        ("host=127.0.0.1 password=hunter2 hunter2", "cannot read it"),
        ("postgresql://ct:hunter2@127.0.0.1:1/ct", "cannot be reached"),
        ("postgresql://ct:hunter2@127.0.0.1:1/ct?hunter2=x", "cannot read it"),
    ],
)
def test_no_password_is_ever_shown(given: str, words: str) -> None:
    with pytest.raises((DatabaseRefused, StoreUnreachable, StoreUnusable)) as caught:
        PostgresBackend(given)
    assert words in caught.value.sentence
    assert "hunter2" not in caught.value.sentence


def test_the_command_says_what_is_wrong_with_a_database_and_never_its_password(ct: Callable[..., Ran]) -> None:
    unset = ct("config", "set", "backend", "postgres")
    assert unset.status == 0
    ran = ct("status")
    assert (ran.status, "ct config set database" in ran.err) == (2, True)
    said = ct("config", "set", "database", "postgresql://ct:hunter2@127.0.0.1:1/ct")
    for ran in (said, ct("status"), ct("config", "list"), ct("config", "list", "--json"), ct("doctor")):
        assert "hunter2" not in ran.out + ran.err
    assert ct("status").status == 6


def test_commands_work_on_a_shared_store_as_on_an_embedded_one(ct, monkeypatch, database: str) -> None:
    monkeypatch.setenv("CT_BACKEND", "postgres")
    monkeypatch.setenv("CT_DATABASE", database)
    now = "2024-12-10T12:00:00+00:00"
    assert ct("locations", "add", "LOC123", "--name", "Rose House", "--service", "care-home", now=now).status == 0
    assert ct("nil-return", "LOC123", "--reason", "no-service-users").status == 0
    assert "Rose House" in ct("history", "LOC123").out
    assert ct("verify").status == 0
    assert ct("status", "--check").status == 0
    assert "postgres" in ct("doctor").out


def test_names_in_any_letters_are_found_under_any_collation_of_the_database(database: str) -> None:
    with PostgresBackend(database) as store:
        store.save_locations([location("LOC123", provider="Éire Gofal Cyf")])
        assert [it.id for it in store.locations(Scope(provider="ÉIRE GOFAL CYF"))] == ["LOC123"]


@pytest.mark.parametrize("text", ["a,b", "null", "NULL", "", "{}", 'with "quotes"', "back\\slash", "Ångström", "a b"])
def test_texts_that_an_array_would_misread_are_told_as_they_are(text: str) -> None:
    server = running()
    texts = ["1-100000000", text]
    asked = array_of(texts)

    with psycopg.connect(server.conninfo()) as connection:
        assert connection.execute("SELECT %s::text[]", (asked,)).fetchone() == (texts,)
        assert connection.execute("SELECT %s::text[]", (array_of([texts[0]] * 3),)).fetchone() == ([texts[0]] * 3,)
        assert connection.execute("SELECT %s::text[]", (array_of([]),)).fetchone() == ([],)
