"""The part of `ct doctor` that looks at a shared database: whether it answers, its tables, its clock, its replica."""

from collections.abc import Iterator

from ct_cli.actions.examining.check import Check, bad, ok, warning
from ct_cli.actions.examining.clocks import examine_clocks
from ct_cli.backends.postgres_examination import DatabaseSeen, examine_database
from ct_cli.backends.registry import DatabaseNotSet
from ct_cli.errors import CtError
from ct_cli.reminders.words import count
from ct_cli.settings import Settings

MOST_BEHIND_SECONDS = 60
"""By how much a replica may be behind without a word."""


def examine_shared_store(settings: Settings) -> Iterator[Check]:
    """The database, its tables and its clock as far as one can get; then the replica, where one is set."""
    primary, replica = settings.text("database"), settings.text("read_database")
    if primary is None:
        yield bad("database", DatabaseNotSet().sentence, "Type: ct config set database postgresql://USER@HOST/NAME")
    else:
        yield from _primary(primary)
    if replica is not None:
        yield _replica(replica)


def _primary(conninfo: str) -> Iterator[Check]:
    try:
        seen = examine_database("database", conninfo)
    except CtError as error:
        yield bad("database", *_said(error))
        return
    if seen.follows:
        remedy = "Set `database` to the primary; a replica is for `read_database`."
        yield bad("database", f"{seen.place} is a replica, which cannot be written ({seen.product})", remedy)
        return
    yield ok("database", f"{seen.place} answers ({seen.product})")
    yield _tables(seen)
    remedy = "Set whichever is wrong, or take CT_NOW away."
    yield examine_clocks(seen.now, "the database's", remedy, ours=", by which returns are timed,")


def _tables(seen: DatabaseSeen) -> Check:
    if seen.version > seen.newest_version:
        words = f"a newer ct made its tables (version {seen.version}; this ct knows up to {seen.newest_version})"
        return bad("store", words, "Upgrade ct on this computer.")
    if seen.in_the_way is not None:
        return bad("store", *seen.in_the_way)
    if not seen.version:
        return ok("store", "no tables of ct's yet; the first command makes them")
    words = (
        f"{count(seen.locations, 'location')} and {count(seen.returns, 'return')}, in tables of version {seen.version}"
    )
    older = seen.version < seen.newest_version
    return ok("store", f"{words}; the next command brings them to {seen.newest_version}" if older else words)


def _replica(conninfo: str) -> Check:
    try:
        seen = examine_database("read_database", conninfo)
    except CtError as error:
        return warning("replica", *_said(error))
    if not seen.follows:
        remedy = "Set `read_database` to a streaming replica of `database`, or type: ct config unset read_database"
        return warning("replica", f"{seen.place} follows no other database", remedy)
    if not 0 < seen.version <= seen.newest_version:
        return warning("replica", f"{seen.place} is no copy of a store of this ct", "Is it a replica of `database`?")
    if not seen.connected:
        words = f"{seen.place} answers, and receives nothing from the primary ({seen.product}); {seen.returns} returns"
        return warning("replica", words, "If the primary is not down, look into the replica's own log.")
    words = f"{seen.place} follows, {seen.behind_seconds:,.0f} seconds behind, with {seen.returns} returns"
    if seen.behind_seconds > MOST_BEHIND_SECONDS:
        return warning("replica", words, "What is read while the primary is away is as old as that.")
    return ok("replica", words)


def _said(error: CtError) -> tuple[str, str]:
    """What an error says is wrong, and what mends it."""
    reason, remedy = error.facts.get("reason"), error.facts.get("remedy")
    if reason is None or remedy is None:
        return error.sentence, "Type: ct config list"
    return f"{error.facts.get('path')}: {reason}", str(remedy)
