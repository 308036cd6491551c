"""Many rows and many values into PostgreSQL at least cost."""

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ct_cli.backends.sql_rows import Row

if TYPE_CHECKING:
    from psycopg import Connection


def copy_rows(connection: "Connection[Any]", table: str, columns: str, rows: Iterable[Row]) -> None:
    """Put rows into a table, in the transaction that the connection is in."""
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({columns}) FROM STDIN".encode()) as copy:
        for row in rows:
            copy.write_row(row)


_PLAIN = re.compile(r"[A-Za-z0-9,-]*")


class Many(str):
    """Texts as the text of an array."""

    commas: int
    """Between them: one less than they are."""


def array_of(texts: Sequence[str]) -> Many | list[str]:
    """Texts as an array: put together at once where none of them needs quoting, as no id, hash or number does.

    psycopg looks at each one by itself, which takes ten times as long.
    """
    text = ",".join(texts)
    # Blanks and commas inside of texts, and the word null, are left to psycopg.
    if text.count(",") == len(texts) - 1 and _PLAIN.fullmatch(text) and all(texts) and "null" not in text.lower():
        many = Many(f"{{{text}}}")
        many.commas = len(texts) - 1
        return many
    return list(texts)
