"""Nothing rests on how many rows PostgreSQL says that a statement changed: Citus counts those that it sent.

Everything here goes through a proxy that never says none. On a store that trusts the count, chains fork silently.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from ct_cli.backends.access import ApiKey, Role
from ct_cli.backends.chain_check import Tally, breaks
from ct_cli.backends.outbox import Change, Letter, LetterState, Owing
from ct_cli.backends.postgres import PostgresBackend
from ct_cli.register.location import User
from ct_cli.windows.month import Month
from tests.backends.conftest import CARE_HOME, DECEMBER, JANUARY, RECEIVED, record, submission
from tests.postgres_server import running
from tests.stores.count_proxy import CountProxy, chains_held

KEY = ApiKey("0a1b2c3d", "upload", Role.ADMIN, "", "0" * 64, RECEIVED)
LETTER = Letter(DECEMBER, "sam@example.org", "first", 0, (Owing("LOC123", CARE_HOME),), RECEIVED)


@pytest.fixture
def schema() -> str:
    return running().new_schema()


@pytest.fixture
def address(schema: str) -> Iterator[str]:
    """A new store whose row counts are never none."""
    proxy = CountProxy(running().port)
    yield proxy.conninfo(schema)
    proxy.close()


@pytest.mark.parametrize("other", [DECEMBER, JANUARY], ids=["the same month", "another month"])
def test_of_two_writers_at_once_one_follows_the_other(address: str, schema: str, other: Month) -> None:
    def write(writer: int, month: Month) -> int:
        with PostgresBackend(f"{address}&application_name=w{writer}") as store:
            return record(store, submission(month=month, note=f"{writer}"))[0].entry.number

    with PostgresBackend(address) as store, ThreadPoolExecutor(2) as threads:
        record(store, submission())
        with chains_held(schema, writers=2):
            written = [threads.submit(write, *each) for each in enumerate((DECEMBER, other))]
        assert sorted(done.result(20) for done in written) == [2, 3]
        assert list(breaks(store.walk(), store.chain_ends(), Tally())) == []


def test_a_key_is_revoked_once(address: str) -> None:
    with PostgresBackend(address) as store:
        store.add_key(KEY)
        assert [store.revoke_key(KEY.id, RECEIVED) for _ in range(2)] == [True, False]
        assert not store.revoke_key("ffffffff", RECEIVED)


def test_answers_that_are_not_there_are_not_counted_as_forgotten(address: str) -> None:
    with PostgresBackend(address) as store:
        assert store.forget_answers(RECEIVED) == 0


def test_a_user_who_is_not_there_is_not_counted_as_erased(address: str) -> None:
    with PostgresBackend(address) as store:
        store.save_users([User("LOC123", "sam@example.org", "Sam"), User("LOC456", "sam@example.org", "Sam")])
        assert store.remove_users("ash@example.org") == 0
        assert store.remove_users("sam@example.org") == 2


def test_a_letter_is_queued_once_and_taken_by_one_run(address: str) -> None:
    with PostgresBackend(address) as store:
        assert [store.queue([LETTER, replace(LETTER, part=1)]), store.queue([LETTER])] == [2, 0]
        taken = [replace(LETTER, state=LetterState.CLAIMED, claimed_by=run) for run in ("one", "two")]
        assert [store.change([Change(LETTER, mine)])[0] for mine in taken] == [True, False]
