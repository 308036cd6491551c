"""The embedded store's tables, and the steps by which an older store becomes the present one.

SQL is kept to what other stores run too: the location leads every key, months are whole numbers (202412), moments are
text in UTC, yes and no are 1 and 0.
"""

import sqlite3
from collections.abc import Callable

APPLICATION_ID = 0x43545F31
"""Marks a SQLite file as ct's ("CT_1")."""

_FIRST = """
CREATE TABLE locations (
    id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, services TEXT NOT NULL, provider TEXT NOT NULL,
    provider_id TEXT NOT NULL, local_authority TEXT NOT NULL, region TEXT NOT NULL, postcode TEXT NOT NULL,
    beds INTEGER, registered_on TEXT, ended_on TEXT, public_body INTEGER NOT NULL, fee_pence INTEGER,
    ods_code TEXT NOT NULL, latitude REAL, longitude REAL
) WITHOUT ROWID;

CREATE TABLE users (
    location_id TEXT NOT NULL, email TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (location_id, email)
) WITHOUT ROWID;

CREATE TABLE chains (
    location_id TEXT NOT NULL, service TEXT NOT NULL, number INTEGER NOT NULL, entry_hash TEXT NOT NULL,
    PRIMARY KEY (location_id, service)
) WITHOUT ROWID;

CREATE TABLE entries (
    seq INTEGER PRIMARY KEY,
    receipt_id TEXT NOT NULL, location_id TEXT NOT NULL, service TEXT NOT NULL, number INTEGER NOT NULL,
    month INTEGER NOT NULL, version INTEGER NOT NULL, kind TEXT NOT NULL, collection TEXT NOT NULL,
    survey TEXT NOT NULL, reason TEXT NOT NULL, received_at TEXT NOT NULL, fulfils INTEGER NOT NULL,
    rehearsal INTEGER NOT NULL, source TEXT NOT NULL, recorded_by TEXT NOT NULL, note TEXT NOT NULL,
    confirmed TEXT NOT NULL, content_hash TEXT NOT NULL, previous_hash TEXT NOT NULL, entry_hash TEXT NOT NULL,
    content TEXT NOT NULL
);
CREATE UNIQUE INDEX entries_by_month ON entries (location_id, service, survey, month, number);
CREATE INDEX entries_by_receipt ON entries (month, receipt_id);
"""

_ACCESS = """
CREATE TABLE api_keys (
    id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL, belongs_to TEXT NOT NULL,
    digest TEXT NOT NULL, created_at TEXT NOT NULL, expires_at TEXT, last_used_at TEXT, revoked_at TEXT
) WITHOUT ROWID;

CREATE TABLE audit (
    seq INTEGER PRIMARY KEY,
    location_id TEXT NOT NULL, at TEXT NOT NULL, id TEXT NOT NULL, key_id TEXT NOT NULL, action TEXT NOT NULL,
    service TEXT NOT NULL, month TEXT NOT NULL, receipt_id TEXT NOT NULL, request_id TEXT NOT NULL
);
CREATE INDEX audit_by_location ON audit (location_id, at);

CREATE TABLE kept_answers (
    key_id TEXT NOT NULL, idempotency_key TEXT NOT NULL, part INTEGER NOT NULL, request_hash TEXT NOT NULL,
    status INTEGER NOT NULL, headers TEXT NOT NULL, body TEXT NOT NULL, kept_at TEXT NOT NULL,
    PRIMARY KEY (key_id, idempotency_key, part)
);
CREATE INDEX kept_answers_by_age ON kept_answers (kept_at);
"""

_SIGHTINGS = """
CREATE TABLE sightings (
    location_id TEXT NOT NULL, service TEXT NOT NULL, kind TEXT NOT NULL, seen_at TEXT NOT NULL, updated_at TEXT,
    admission_status TEXT NOT NULL, accepting INTEGER, confirmed_save INTEGER, user_count INTEGER,
    not_done TEXT NOT NULL, content TEXT NOT NULL, PRIMARY KEY (location_id, service)
) WITHOUT ROWID;
"""

_OUTBOX = """
CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY,
    recipient TEXT NOT NULL, month INTEGER NOT NULL, rung TEXT NOT NULL, part INTEGER NOT NULL,
    rehearsal INTEGER NOT NULL, about TEXT NOT NULL, created_at TEXT NOT NULL, state TEXT NOT NULL,
    channel TEXT NOT NULL, reason TEXT NOT NULL, attempts INTEGER NOT NULL, not_before TEXT,
    claimed_by TEXT NOT NULL, changed_at TEXT
);
CREATE UNIQUE INDEX outbox_once ON outbox (recipient, month, rung, part, rehearsal);
CREATE TABLE contact_notes (
    email TEXT NOT NULL PRIMARY KEY, opted_out INTEGER NOT NULL, away_from TEXT, away_to TEXT
) WITHOUT ROWID;
"""

_INSTEAD_OF = """
ALTER TABLE outbox ADD COLUMN instead_of TEXT NOT NULL DEFAULT '';
"""

CHAINS_NOTE_FIGURES = """
ALTER TABLE chains ADD COLUMN month INTEGER NOT NULL DEFAULT 0;
ALTER TABLE chains ADD COLUMN last INTEGER;
ALTER TABLE chains ADD COLUMN staff_total INTEGER;
ALTER TABLE chains ADD COLUMN maximum_capacity INTEGER;
ALTER TABLE chains ADD COLUMN occupied INTEGER;
ALTER TABLE chains ADD COLUMN people_using_service INTEGER;
ALTER TABLE chains ADD COLUMN staff_since INTEGER;
UPDATE chains SET month = COALESCE((SELECT MAX(e.month) FROM entries e WHERE e.location_id = chains.location_id
    AND e.service = chains.service), 0)
"""
"""What `ct_cli.backends.sqlite_chains` notes of each chain's end; NULL until the next entry comes."""

_ONE_OF_SEVERAL = """
ALTER TABLE sightings ADD COLUMN one_of_several TEXT NOT NULL DEFAULT '';
"""

_STORE_NOTES = """
CREATE TABLE store_notes (name TEXT NOT NULL PRIMARY KEY, content TEXT NOT NULL) WITHOUT ROWID;
"""
"""What is noted of the store itself: `reminders_held`, see `ct_cli.backends.outbox.Hold`."""

MIGRATIONS: tuple[str, ...] = (
    _FIRST, _ACCESS, _SIGHTINGS, _OUTBOX, _INSTEAD_OF, CHAINS_NOTE_FIGURES, _ONE_OF_SEVERAL, _STORE_NOTES,
)  # fmt: skip
"""Each step, in order; a store's `user_version` is how many it has taken. A step is never edited once released."""

VERSION = len(MIGRATIONS)


def version_of(connection: sqlite3.Connection) -> int:
    """How many steps this store has taken; 0 for an empty file."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def migrate(connection: sqlite3.Connection, back_up: Callable[[int], None]) -> None:
    """Take the steps that are missing, all of them or none; of several programs that begin at once, one does it.

    `back_up` is called first with the steps that the store has taken, where there is anything in it. It is called in
    the transaction that takes the steps, so that there is one backup, and nothing is recorded between the two. What it
    raises goes up, and the store stays as it was.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = version_of(connection)
        if 0 < version < VERSION and holds_anything(connection):
            back_up(version)
        for step in range(version, VERSION):
            for statement in MIGRATIONS[step].split(";"):
                connection.execute(statement)
        if version < VERSION:
            connection.execute(f"PRAGMA user_version = {VERSION}")
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def holds_anything(connection: sqlite3.Connection) -> bool:
    """Whether there is a row in any table."""
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return any(connection.execute(f'SELECT 1 FROM "{name}" LIMIT 1').fetchone() for (name,) in tables)
