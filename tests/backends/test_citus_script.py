"""The script for Citus: plain PostgreSQL accepts it and stays as it is; and it names every table of ct's.

There is no Citus out of a wheel, so what its functions are called with is looked at through functions of their names;
tests/stores/test_citus.py runs it on a cluster where there is one.
"""

import re
from importlib.resources import files

import psycopg
import pytest

from ct_cli.backends.postgres import PostgresBackend
from tests.backends.conftest import record, submission
from tests.postgres_server import running

SCRIPT = re.sub(r"(?m)^\\.*$", "", files("ct_cli.backends").joinpath("citus.sql").read_text(encoding="utf-8"))
"""Without what is said to psql itself."""
STAND_INS = """
CREATE TABLE pg_dist_partition (logicalrelid regclass, by text, beside text);
CREATE FUNCTION create_reference_table(named regclass) RETURNS void LANGUAGE sql AS
    'INSERT INTO pg_dist_partition VALUES (named, NULL, NULL)';
CREATE FUNCTION create_distributed_table(named regclass, by text, colocate_with text DEFAULT 'default')
    RETURNS void LANGUAGE sql AS 'INSERT INTO pg_dist_partition VALUES (named, by, colocate_with)';
CREATE TABLE workers (name text);
CREATE FUNCTION citus_get_active_worker_nodes() RETURNS SETOF workers LANGUAGE sql AS 'SELECT * FROM workers';
CREATE TABLE erased (named regclass);
CREATE FUNCTION truncate_local_data_after_distributing_table(named regclass) RETURNS void LANGUAGE sql AS
    'INSERT INTO erased SELECT logicalrelid FROM pg_dist_partition WHERE logicalrelid = named';
"""
STOOD_IN = {"pg_dist_partition", "workers", "erased"}
WITH_CITUS = SCRIPT.replace("pg_extension WHERE extname = 'citus'", "pg_class")
"""The script as it is where Citus is installed."""

TABLES = """
SELECT c.relname, c.relkind, a.attname, a.atttypid, a.attnotnull
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = current_schema()::regnamespace ORDER BY c.relname, a.attnum
"""


@pytest.fixture
def schema() -> str:
    """A store with a return in it."""
    schema = running().new_schema()
    with PostgresBackend(running().conninfo(schema)) as store:
        record(store, submission())
    return schema


def test_plain_postgresql_accepts_it_twice_and_stays_as_it_is(schema: str) -> None:
    before = running().execute(TABLES, schema)
    for _ in range(2):
        assert "nothing was changed" in told(SCRIPT, schema)
    assert running().execute(TABLES, schema) == before
    with PostgresBackend(running().conninfo(schema)) as store:
        record(store, submission(occupied=30))
        assert len(store.history("LOC123")) == 2


def told(sql: str, schema: str) -> str:
    """What PostgreSQL says while it runs a script."""
    words: list[str] = []
    with psycopg.connect(running().conninfo(schema), autocommit=True) as connection:
        connection.add_notice_handler(lambda notice: words.append(notice.message_primary or ""))
        connection.execute(sql)
    return " ".join(words)


def test_it_spreads_every_table_once_by_a_column_that_is_in_each_of_its_unique_keys(schema: str) -> None:
    assert WITH_CITUS != SCRIPT
    running().execute(STAND_INS, schema)
    running().execute("INSERT INTO workers VALUES ('one')", schema)
    for _ in range(2):
        running().execute(WITH_CITUS, schema)
    spread = running().execute("SELECT logicalrelid::text, by FROM pg_dist_partition", schema)
    tables = running().execute(f"SELECT tablename FROM pg_tables WHERE schemaname = '{schema}'")
    assert sorted(name for name, _ in spread) == sorted({name for (name,) in tables} - STOOD_IN)
    # What lay in the coordinator's own files is erased, of each of them.
    erased = running().execute("SELECT DISTINCT named::text FROM erased", schema)
    assert sorted(name for (name,) in erased) == sorted(name for name, _ in spread)
    for name, by in spread:
        keys = running().execute(
            "SELECT array_agg(a.attname::text) FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid"
            f" AND a.attnum = ANY(i.indkey) WHERE i.indrelid = '{name}'::regclass AND i.indisunique"
            " GROUP BY i.indexrelid",
            schema,
        )
        assert by is None or all(by in columns for (columns,) in keys), name


def test_it_stops_where_no_worker_or_no_table_is_there_and_changes_nothing(schema: str) -> None:
    empty = running().new_schema()
    for each in (schema, empty):
        running().execute(STAND_INS, each)
    running().execute("INSERT INTO workers VALUES ('one')", empty)
    with pytest.raises(psycopg.errors.RaiseException, match="knows no workers"):
        running().execute(WITH_CITUS, schema)
    with pytest.raises(psycopg.errors.RaiseException, match=r"(?s)is not there.*ct status"):
        running().execute(WITH_CITUS, empty)
    for each in (schema, empty):
        assert running().execute("SELECT * FROM pg_dist_partition", each) == []


def test_it_tells_psql_to_stop_on_errors() -> None:
    lines = files("ct_cli.backends").joinpath("citus.sql").read_text(encoding="utf-8").splitlines()
    assert next(line for line in lines if not line.startswith("--")) == "\\set ON_ERROR_STOP on"
