"""That reminders are held after a restore, as an embedded store notes it."""

import json
import sqlite3
from datetime import datetime

from ct_cli.backends.ledger import moment_text
from ct_cli.backends.outbox import Hold

_NAME = "reminders_held"


def put_hold(connection: sqlite3.Connection, hold: Hold) -> None:
    """Note that reminders are held. Raises sqlite3.Error."""
    said = {
        "since": moment_text(hold.since),
        "backup_made_at": hold.backup_made_at and moment_text(hold.backup_made_at),
    }
    connection.execute("INSERT OR REPLACE INTO store_notes (name, content) VALUES (?, ?)", (_NAME, json.dumps(said)))


def find_hold(connection: sqlite3.Connection) -> Hold | None:
    """Why reminders are held; None where they are not. Raises sqlite3.Error."""
    row = connection.execute("SELECT content FROM store_notes WHERE name = ?", (_NAME,)).fetchone()
    if row is None:
        return None
    said = json.loads(row[0])
    made = said["backup_made_at"]
    return Hold(datetime.fromisoformat(said["since"]), datetime.fromisoformat(made) if made else None)


def take_hold_away(connection: sqlite3.Connection) -> bool:
    """Let reminders go out again; whether they were held. Raises sqlite3.Error."""
    return connection.execute("DELETE FROM store_notes WHERE name = ?", (_NAME,)).rowcount == 1
