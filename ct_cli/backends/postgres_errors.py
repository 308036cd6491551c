"""What PostgreSQL refuses or cannot do, in words; and what of a connection string people may be told."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ct_cli.backends.contract import TextRefused
from ct_cli.errors import CtError, ExitStatus, StoreFull, StoreUnusable, UsageError

if TYPE_CHECKING:
    from ct_cli.stores.postgres_connection import Connection


class DatabaseRefused(UsageError):
    """The connection string of {setting} cannot be used: {reason}. Write it as
    postgresql://user:password@host:5432/database, with %40 for an @ in the password and %2F for a /; it is not shown
    here, since it may hold a password."""

    code = "database-refused"


class PostgresNotInstalled(UsageError):
    """The store is a PostgreSQL database, and what speaks to one is not installed here: type
    pip install 'ct-cli[server]'."""

    code = "postgres-not-installed"


class StoreUnreachable(CtError):
    """The store {path} cannot be reached: {reason}. {remedy}"""

    code = "store-unreachable"
    exit_status = ExitStatus.NETWORK


NOT_WRITTEN = "Nothing was written; try again when it answers."
PERHAPS_WRITTEN = "Whether the last of it was written is not known; send the same again, which is never counted twice."


def check_conninfo(setting: str, conninfo: str) -> str:
    """Where a connection string leads, without its password. Raises DatabaseRefused, which shows nothing of it, and
    PostgresNotInstalled.

    A password with an @ or / in it that is not escaped would be taken for a part of the host, and the host is told.
    """
    try:
        from psycopg import ProgrammingError
        from psycopg.conninfo import conninfo_to_dict
    except ImportError:
        raise PostgresNotInstalled from None

    if "://" in conninfo and "@" in urlsplit(conninfo).netloc.rpartition("@")[0]:
        raise DatabaseRefused(setting=setting, reason="there is more than one @ before the host")
    try:
        found: dict[str, Any] = conninfo_to_dict(conninfo)
    except ProgrammingError:
        raise DatabaseRefused(setting=setting, reason="PostgreSQL cannot read it") from None
    ports = str(found.get("port", "5432")).split(",")
    if not all(port == "" or (port.isascii() and port.isdigit()) for port in ports):
        raise DatabaseRefused(setting=setting, reason="its port is not a number")
    host = found.get("host") or found.get("hostaddr") or "this machine"
    port = f":{found['port']}" if found.get("port") else ""
    return f"{found.get('dbname') or found.get('user') or 'database'} at {host}{port}"


@contextmanager
def text_in_words() -> Iterator[None]:
    """Say that a text cannot be kept as TextRefused: half a character, as a byte that is not UTF-8 becomes on the way
    in. Around a statement of ct's own alone."""
    try:
        yield
    except UnicodeEncodeError as error:
        raise TextRefused(position=error.start + 1) from None  # its place, never its words


@contextmanager
def in_words(place: str) -> Iterator[None]:
    """Say what PostgreSQL refuses as StoreUnusable, or StoreUnreachable where it does not answer, with a remedy.
    Around a statement of ct's own alone."""
    import psycopg

    try:
        with text_in_words():
            yield
    except psycopg.Error as error:
        raise refusal(place, error) from error


def is_lost(connection: "Connection", error: Exception) -> bool:
    """Whether a connection is of no use any more. PostgreSQL says that it ends one before it hangs up on it, so for a
    moment it may still seem to be open."""
    return connection.closed or connection.given_up or _state(error) in _ENDED


def outcome_unknown(error: Exception) -> bool:
    """Whether a COMMIT that failed so may have been carried out: Citus lost a worker, or PostgreSQL itself."""
    return _state(error).startswith(_AWAY)


def refusal(place: str, error: Exception, *, writing: bool = False) -> CtError:
    """An error of psycopg as one of ct's; `writing` where it ended a transaction that writes."""
    import psycopg

    state = _state(error)
    text = " ".join(str(error).split())
    said = getattr(getattr(error, "diag", None), "message_primary", None) or text
    if state == "57014" and not writing:
        return StoreUnusable(path=place, reason=f"it stopped what ct asked ({said})", remedy=_LIMIT)
    if state in _BUSY:
        return StoreUnreachable(path=place, reason=f"it is too busy ({said})", remedy=_QUIETER)
    for beginning, (reason, remedy) in _WHY.items():
        if state.startswith(beginning):
            full = state == "53100"
            return (StoreFull if full else StoreUnusable)(path=place, reason=reason.format(said), remedy=remedy)
    if state.startswith(_AWAY):
        return StoreUnreachable(path=place, reason=text, remedy=NOT_WRITTEN)
    if not state:
        for words, (reachable, remedy) in _REFUSED.items():
            if words in text:
                return (StoreUnreachable if reachable else StoreUnusable)(path=place, reason=text, remedy=remedy)
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return StoreUnreachable(path=place, reason=text or "the connection was lost", remedy=NOT_WRITTEN)
    return StoreUnusable(path=place, reason=f"PostgreSQL says: {text}", remedy="Run `ct doctor` to see what is wrong.")


def _state(error: Exception) -> str:
    return getattr(error, "sqlstate", None) or ""


# Beginnings of SQLSTATE. Source: https://www.postgresql.org/docs/current/errcodes-appendix.html

_ENDED = {"57P01", "57P02", "57P05", "25P03"}
"""The connection is being ended: by an administrator, by a crash, for it was idle for too long, or in a transaction."""

_AWAY = ("08", "57", "XX000")
"""It, or on Citus one of its workers, is not there: connections failed, it is being stopped; or a worker was lost
between two statements, for which Citus has no other name."""

_BUSY = {"57014", "55P03", "53300", "53200"}
"""A statement or a lock took too long, there are too many connections, or there is no memory to be had."""

_QUIETER = "Nothing was written; try again at a quieter moment."
_LIMIT = (
    "A limit of the database's own is too short for it: as its owner, type ALTER ROLE … SET statement_timeout = 0 for"
    " the user that ct is."
)

_WHY = {
    "42501": (
        "its user lacks a permission ({})",
        "Make that user the owner of the database, or GRANT it what is missing.",
    ),
    "25006": ("it is read-only", "Set `database` to the primary; a replica is for `read_database`."),
    "53100": ("its disk is full", "Make room, then run the same again: what was not acknowledged was not kept."),
    "42P01": ("a table of ct's is gone", "Put back a copy of the database from before."),
    "3F000": (
        "the schema that its search_path names is not there",
        "Make it (CREATE SCHEMA …) as the user that ct is, or name another in search_path.",
    ),
    "22P05": (
        "its encoding has no room for what was to be kept ({})",
        "Make one that keeps text as UTF-8: createdb -E UTF8 -T template0 -O ct ct",
    ),
    "26000": ("a pool between here and it loses statements ({})", "Upgrade ct here; run the same again."),
}

_REFUSED = {
    "password": (False, "Put the right one in `database`, or in ~/.pgpass."),
    "pg_hba": (False, "Let this machine in, in the server's pg_hba.conf."),
    "certificate": (False, "Set sslmode and sslrootcert in `database` as the server's certificate needs them."),
    "too many connections": (True, "Nothing was written; try again, or have more connections allowed for that user."),
    "connection slots": (True, "Nothing was written; try again, or raise max_connections there."),
    "too many clients": (True, "Nothing was written; try again, or raise max_connections there."),
    "permission denied for database": (False, "Let that user in: GRANT CONNECT ON DATABASE … TO …"),
    "is not permitted to log in": (False, "Let that user in: ALTER ROLE … LOGIN."),
    "unsupported startup parameter": (
        False,
        "The pool before the database takes no options: leave them out of `database`, and set the search_path with"
        " ALTER ROLE … SET search_path.",
    ),
    "role ": (False, "Make that user: CREATE ROLE … LOGIN."),
    'database "': (False, "Make it: createdb -O ct ct"),
}
"""By words of a connection that was refused, of which libpq tells no SQLSTATE; the first that is among them."""
