"""What PostgreSQL refuses or cannot do, in words; and what of a connection string people may be told."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from ct_cli.backends.contract import TextRefused
from ct_cli.errors import CtError, ExitStatus, StoreFull, StoreUnusable, UsageError


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
def in_words(place: str) -> Iterator[None]:
    """Say what PostgreSQL refuses as StoreUnusable, or StoreUnreachable where it does not answer, with a remedy."""
    import psycopg

    try:
        yield
    except UnicodeEncodeError as error:  # half a character, as a byte that is not UTF-8 becomes on the way in
        raise TextRefused(position=error.start + 1) from None  # its place, never its words
    except psycopg.Error as error:
        raise refusal(place, error) from error


def refusal(place: str, error: Exception) -> CtError:
    """An error of psycopg as one of ct's."""
    import psycopg

    state = getattr(error, "sqlstate", None) or ""
    text = " ".join(str(error).split())
    for beginning, (reason, remedy) in _WHY.items():
        if state.startswith(beginning):
            full = state == "53100"
            return (StoreFull if full else StoreUnusable)(path=place, reason=reason, remedy=remedy)
    if not state:
        for words, remedy in _REFUSED.items():
            if words in text:
                return StoreUnusable(path=place, reason=text, remedy=remedy)
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return StoreUnreachable(path=place, reason=text or "the connection was lost", remedy=NOT_WRITTEN)
    return StoreUnusable(path=place, reason=f"PostgreSQL says: {text}", remedy="Run `ct doctor` to see what is wrong.")


_WHY = {
    "42501": ("its user lacks a permission", "Make that user the owner of the database, or GRANT it what is missing."),
    "25006": ("it is read-only", "Set `database` to the primary; a replica is for `read_database`."),
    "53100": ("its disk is full", "Make room, then run the same again: what was not acknowledged was not kept."),
    "42P01": ("a table of ct's is gone", "Put back a copy of the database from before."),
}
"""By the beginning of SQLSTATE. Source: https://www.postgresql.org/docs/current/errcodes-appendix.html"""

_REFUSED = {
    "password": "Put the right one in `database`, or in ~/.pgpass.",
    "pg_hba": "Let this machine in, in the server's pg_hba.conf.",
    "role ": "Make that user: CREATE ROLE … LOGIN.",
    'database "': "Make it: CREATE DATABASE ct.",
}
"""By words of a refused connection, of which no SQLSTATE is told."""
