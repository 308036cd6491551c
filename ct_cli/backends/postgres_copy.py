"""Rows into a table by COPY, the fastest way into PostgreSQL."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ct_cli.backends.sql_rows import Row

if TYPE_CHECKING:
    from psycopg import Connection


def copy_rows(connection: "Connection[Any]", table: str, columns: str, rows: Iterable[Row]) -> None:
    """Put rows into a table, in the transaction that the connection is in."""
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({columns}) FROM STDIN".encode()) as copy:
        for row in rows:
            copy.write_row(row)
