"""`ct submit --file` of a month of the whole country into PostgreSQL, against the same file into local SQLite.

The server is a real one, waits for the disk, and runs on the same processors. By hand: `python
tests/benchmarks/bench_postgres.py [ROWS] [ROUNDS] [--profile]`.
"""

import sys
import tempfile
from pathlib import Path

from bulk_data import INSIDE, make_store, write_csv
from ratio import Row, compare, table

sys.path.insert(0, str(Path(__file__).parents[2]))  # run as a program, only this folder is looked in

from ct_cli.actions.submit_file import submit_file
from ct_cli.actions.taking.order import FileOrder, Terms
from ct_cli.actions.workplace import Workplace
from ct_cli.backends.postgres import PostgresBackend
from ct_cli.backends.sql_rows import entry_row
from ct_cli.backends.sqlite import SqliteBackend
from ct_cli.register.location import Scope
from ct_cli.settings import Settings
from tests.postgres_server import RealPostgres

LOCATIONS = 31_000


def rows(rounds: int, *, small: bool, count: int = LOCATIONS) -> list[Row]:
    """A first month into an empty ledger, and one more after two years of them."""
    count = 60 if small else count
    server = RealPostgres.make(durable=not small)
    try:
        with tempfile.TemporaryDirectory() as name:
            return [
                _measure(Path(name), server, count, 0, min(rounds, 7)),
                _measure(Path(name), server, count if small else count // 10, 24, min(rounds, 7)),
            ]
    finally:
        server.remove()


def _measure(folder: Path, server: RealPostgres, count: int, months: int, rounds: int) -> Row:
    file = write_csv(folder / "returns.csv", count)
    template, store = make_store(folder / f"{months}.sqlite3", count, months=months), folder / "run.sqlite3"
    schema = server.new_schema()
    database = server.conninfo(schema)
    _copy(template, database)
    server.execute("CREATE TABLE past AS SELECT * FROM entries", schema)
    server.execute("CREATE TABLE ends AS SELECT * FROM chains", schema)

    def prepare() -> None:
        for beside in folder.glob("run.sqlite3*"):
            beside.unlink()
        store.write_bytes(template.read_bytes())
        server.execute("TRUNCATE entries, chains; INSERT INTO entries SELECT * FROM past;"
                       "INSERT INTO chains SELECT * FROM ends; ANALYZE; CHECKPOINT", schema)  # fmt: skip

    return compare(
        f"{count:,} rows into PostgreSQL, {months} months there", "into SQLite",
        lambda: submit(file, {"CT_STORE": str(store)}),
        lambda: submit(file, {"CT_BACKEND": "postgres", "CT_DATABASE": database}),
        3.0, rounds=rounds, prepare=prepare,
    )  # fmt: skip


def submit(file: Path, where: dict[str, str]) -> None:
    """The action behind `ct submit --file`, and that every row was taken."""
    workplace = Workplace(
        Settings(file.with_name("none.toml"), environment={**where, "CT_CACHE": str(file.parent)}), INSIDE
    )
    answer = submit_file(workplace, FileOrder(str(file)), Terms(recorded_by="the office"))
    workplace.close()
    assert answer.exit_status in (0, 3), answer.exit_status


def _copy(template: Path, database: str) -> None:
    with SqliteBackend(template) as ours, PostgresBackend(database) as theirs:
        theirs.save_locations(ours.locations(Scope(include_closed=True)))
        _copy_ledger(ours, theirs)


def _copy_ledger(ours: SqliteBackend, theirs: PostgresBackend) -> None:
    """Entry by entry as they are, with their hashes."""
    from itertools import islice

    from ct_cli.backends.contract import Entry

    walk = (line for line in ours.walk() if isinstance(line, Entry))
    while part := list(islice(walk, 10_000)):
        theirs._write(lambda connection, part=part: theirs._add(connection, list(map(entry_row, part)), ()))


if __name__ == "__main__":
    numbers = [int(given) for given in sys.argv[1:] if given.isdigit()]
    count, times = (*numbers, *(LOCATIONS, 7)[len(numbers) :])
    if "--profile" in sys.argv:
        import cProfile

        cProfile.run("rows(1, small=False, count=count)", sort="tottime")
    else:
        print(table(rows(times, small=False, count=count)))
