"""Registers that ct does not back up itself: who does, and by which command."""

import re

from ct_cli.errors import UsageError
from ct_cli.settings import Settings
from ct_cli.shell import shell_word


class BackupElsewhere(UsageError):
    """{words}"""

    code = "backup-elsewhere"


def refuse_elsewhere(settings: Settings, file: str, *, restoring: bool = False) -> None:
    """Raise BackupElsewhere, with what to do instead, where the register is not in a file of this computer."""
    backend = settings.text("backend")
    if backend == "http":
        server = settings.text("server.url") or "a server"
        words = (
            f"The register is on {server}. Ask whoever runs that server to"
            f" {'put a backup back there: `ct restore FILE`' if restoring else 'back it up there: `ct backup FILE`'}."
            " This computer keeps only its settings, and returns that are not yet sent: `ct queue list` shows those."
        )
        raise BackupElsewhere(words=words)
    if backend == "postgres":
        database = shell_word(without_password(settings.text("database") or "postgresql://HOST/NAME"))
        command = f"pg_dump --format=custom --file={shell_word(file)} {database}"
        if restoring:
            command = f"pg_restore --clean --if-exists --single-transaction --dbname={database} {shell_word(file)}"
        words = (
            f"The register is in PostgreSQL, whose own tools {'put a backup back' if restoring else 'back it up'}."
            f" Type: {command}\n(It asks for the password, or finds it in ~/.pgpass; ct shows none.) Afterwards"
            " `ct verify --against FILE` tells whether receipts are missing."
        )
        raise BackupElsewhere(words=words)


def without_password(database: str) -> str:
    """A PostgreSQL connection string without any password or key in it."""
    if "://" in database:
        scheme, _, rest = database.partition("://")
        # Up to the last @, whatever is in between: a password may hold what should have been escaped.
        person, at, rest = rest.rpartition("@")
        place, _, query = rest.partition("?")
        kept = "&".join(pair for pair in query.split("&") if pair and not _SECRET.match(pair))
        return f"{scheme}://{person.partition(':')[0]}{at}{place}{'?' if kept else ''}{kept}"
    return re.sub(r"\b(password|sslpassword|passfile)\s*=\s*('(?:[^'\\]|\\.)*'|\S*)\s*", "", database).strip()


_SECRET = re.compile(r"(?i)(password|sslpassword)=")
