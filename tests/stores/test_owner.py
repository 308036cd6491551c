"""A store knows whose it is, and refuses every other thread."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ct_cli.backends.access import AccessBackend
from ct_cli.backends.contract import Scope
from ct_cli.backends.postgres import PostgresBackend
from ct_cli.backends.sqlite import SqliteBackend
from ct_cli.register.location import User
from ct_cli.stores.owner import NotThisThreads
from tests.postgres_server import running


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path):
    if request.param == "sqlite":
        made: AccessBackend = SqliteBackend(tmp_path / "store.sqlite3")
    else:
        made = PostgresBackend(running().conninfo(running().new_schema()))
    with made:
        yield made


USES: dict[str, Callable[[AccessBackend], object]] = {
    "read": lambda store: store.locations(Scope()),
    "stream": lambda store: list(store.walk()),
    "write": lambda store: store.save_users([User("LOC123", "sam@example.org", "Sam")]),
    "one transaction": lambda store: store.in_one(lambda: None),
    "record": lambda store: store.record([]),
    "record while reading on": lambda store: store.start_recording([])(),
    "one moment": lambda store: store.at_one_moment().__enter__(),
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_a_second_thread_is_refused_whatever_it_wants(store: AccessBackend, use: Callable[..., object]) -> None:
    with ThreadPoolExecutor(1) as another, pytest.raises(NotThisThreads):
        another.submit(use, store).result()
    if use is not USES["one moment"]:
        use(store)


def test_a_store_never_notices_that_a_second_thread_came_in_the_middle(store: AccessBackend) -> None:
    def work() -> None:
        store.save_users([User("LOC123", "sam@example.org", "Sam")])
        with ThreadPoolExecutor(1) as another, pytest.raises(NotThisThreads):
            another.submit(store.save_users, [User("LOC123", "ash@example.org", "Ash")]).result()

    store.in_one(work)
    assert [it.email for it in store.users(Scope(include_closed=True))] in ([], ["sam@example.org"])
