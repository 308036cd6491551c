"""A long file whose database goes away in the middle: what was recorded is told, and not that nothing was."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ct_cli.backends.postgres import PostgresBackend
from tests.backends.conftest import CARE_HOME, location
from tests.conftest import Ran
from tests.postgres_server import running
from tests.server.conftest import a_return

ROWS = 10_200  # more than are recorded in one transaction


def test_it_is_not_said_that_nothing_was_written_where_something_was(
    ct: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    schema = running().new_schema()
    homes = [f"LOC{number:05}" for number in range(ROWS)]
    with PostgresBackend(running().conninfo(schema)) as store:
        store.save_locations(location(home, services=(CARE_HOME,), beds=40) for home in homes)
    running().execute(
        f"CREATE FUNCTION away() RETURNS trigger LANGUAGE plpgsql SET search_path = {schema} AS $$ BEGIN"
        " IF EXISTS (SELECT 1 FROM entries) THEN RAISE 'it is shutting down' USING ERRCODE = '57P03'; END IF;"
        " RETURN NULL; END $$",
        schema,
    )
    running().execute("CREATE TRIGGER away BEFORE INSERT ON entries EXECUTE FUNCTION away()", schema)
    values = a_return()["values"]
    given = tmp_path / "returns.csv"
    figures = ",".join(map(str, values.values()))
    rows = [f"{home},care-home,2024-12,{figures}" for home in homes]
    given.write_text("\n".join([f"location_id,service,month,{','.join(values)}", *rows]))
    monkeypatch.setenv("CT_BACKEND", "postgres")
    monkeypatch.setenv("CT_DATABASE", running().conninfo(schema))
    ran = ct("submit", "--file", str(given), now="2024-12-10T12:00:00+00:00")
    said = ran.out + ran.err
    assert running().execute("SELECT count(*) FROM entries", schema) == [(10_000,)]
    assert ran.status == 6, said[-2_000:]
    assert "Nothing was written" not in said
    assert "nothing is recorded twice" in said
