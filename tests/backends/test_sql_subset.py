"""The SQL stays within what PostgreSQL's distributed kin run: what they lack is not asked for.

CockroachDB and YugabyteDB themselves do not come out of a wheel. What can be tried here is what they do differently:
CockroachDB runs every transaction SERIALIZABLE, and such a one has to be tried again after error 40001.
"""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import ct_cli.backends
from ct_cli.backends.chain_check import Tally, breaks
from ct_cli.backends.contract import OutcomeKind
from ct_cli.backends.postgres import PostgresBackend
from tests.backends.conftest import record, submission
from tests.postgres_server import running

SOURCES = [
    path
    for path in Path(ct_cli.backends.__file__).parent.glob("*.py")
    if path.name.startswith(("postgres", "sql_")) and "schema" not in path.name
]


@pytest.mark.parametrize("lacking", ["LISTEN ", "NOTIFY ", "advisory_", "DEFERR", "NEXTVAL", "LOCK TABLE", " TEMP "])
def test_nothing_is_asked_for_that_they_lack(lacking: str) -> None:
    assert len(SOURCES) > 5
    assert [path.name for path in SOURCES if re.search(lacking, path.read_text(encoding="utf-8"), re.IGNORECASE)] == []


def test_where_every_transaction_is_serializable_writers_to_one_place_all_succeed() -> None:
    schema = running().new_schema()
    given = f"-csearch_path={schema} -cdefault_transaction_isolation=serializable"
    database = running().conninfo(schema, options=given)
    with PostgresBackend(database) as store:
        assert store._read("SHOW transaction_isolation", ()) == [("serializable",)]

        def writer(first: int) -> list[OutcomeKind]:
            with PostgresBackend(database) as own:
                return [record(own, submission(occupied=first + step))[0].kind for step in range(8)]

        with ThreadPoolExecutor(4) as threads:
            kinds = [kind for some in threads.map(writer, (0, 8, 16, 24)) for kind in some]
        assert sorted(kinds) == [OutcomeKind.ACCEPTED, *[OutcomeKind.CORRECTED] * 31]
        assert [entry.version for entry in store.history("LOC123")] == list(range(1, 33))
        assert list(breaks(store.walk(), store.chain_ends(), Tally())) == []
