"""A look at a PostgreSQL database for `ct doctor`, which changes nothing: no table is made, none is migrated."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ct_cli.backends.postgres_errors import check_conninfo, in_words
from ct_cli.backends.postgres_schema import ENCODINGS, NOTE_LOST, VERSION, has_tables, no_room, version_of

if TYPE_CHECKING:
    from ct_cli.stores.postgres_connection import Connection

_REPLICA = """
SELECT EXISTS (SELECT 1 FROM pg_stat_wal_receiver),
    CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
    ELSE extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) END
"""
"""Source: https://www.postgresql.org/docs/current/functions-admin.html (recovery information functions)."""


@dataclass(frozen=True, slots=True)
class DatabaseSeen:
    """A database that answers."""

    place: str
    """Where it is, without a password."""
    product: str
    """As in PostgreSQL 16.2."""
    now: datetime
    """By its own clock, in UTC."""
    in_the_way: tuple[str, str] | None
    """What keeps ct from having its tables there, and what to do about it; None where nothing does."""
    version: int
    """Of ct's tables there; 0 where there are none, or where the note of it is lost."""
    newest_version: int
    """Of the tables that this ct makes."""
    locations: int
    returns: int
    follows: bool
    """Whether it is a replica of another."""
    connected: bool
    """For a replica, whether the primary sends to it now."""
    behind_seconds: float
    """For a replica, how old the last is that it has shown, of what it has received."""


def examine_database(setting: str, conninfo: str) -> DatabaseSeen:
    """Look at the database that a setting names. Raises DatabaseRefused, StoreUnreachable, StoreUnusable."""
    place = check_conninfo(setting, conninfo)
    from ct_cli.stores.postgres_connection import Connection, options_of

    with in_words(place), Connection.connect(conninfo, **options_of(conninfo)) as opened:
        opened.read_only = True
        product, now, follows = _row(
            opened, "SELECT current_setting('server_version'), clock_timestamp(), pg_is_in_recovery()"
        )
        connected, behind = _row(opened, _REPLICA) if follows else (False, 0)
        version = version_of(opened)
        in_the_way = _in_the_way(opened, version)
        locations, returns = _counts(opened) if 0 < version <= VERSION else (0, 0)
    name = f"PostgreSQL {str(product).partition(' ')[0]}"
    return DatabaseSeen(
        place, name, now.astimezone(UTC), in_the_way, version, VERSION, locations, returns, follows, connected,
        float(behind or 0),
    )  # fmt: skip


def _in_the_way(connection: "Connection", version: int) -> tuple[str, str] | None:
    encoding, schema, user, may_make = _row(
        connection,
        "SELECT current_setting('server_encoding'), current_schema(), current_user,"
        " coalesce(has_schema_privilege(current_schema(), 'CREATE'), false)",
    )
    if encoding not in ENCODINGS:
        return no_room(str(encoding))
    if version:
        return None
    if has_tables(connection):
        return NOTE_LOST
    if schema is None:
        words = "ct cannot make its tables: no schema of its search_path is there"
        return words, f"Make one, as that user: CREATE SCHEMA {user}"
    if not may_make:
        words = f"ct cannot make its tables: {user} may make none in the schema {schema}"
        return words, f"As its owner, type: GRANT CREATE ON SCHEMA {schema} TO {user}"
    return None


def _counts(connection: "Connection") -> tuple[int, int]:
    locations, returns = _row(connection, "SELECT (SELECT count(*) FROM locations), (SELECT count(*) FROM entries)")
    return int(locations), int(returns)


def _row(connection: "Connection", sql: str) -> tuple[Any, ...]:
    row = connection.execute(sql.encode()).fetchone()
    assert row is not None  # each of these questions has one
    return tuple(row)
