"""What is wrong here, and how to mend it: the whole of `ct doctor`. Changes nothing."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ct_cli.actions.answer import Answer
from ct_cli.actions.examining.check import Check, Verdict, bad, ok, warning
from ct_cli.actions.examining.machine import TerminalSeen, examine_machine
from ct_cli.actions.show_settings import show_settings, unchecked_settings
from ct_cli.actions.workplace import Workplace
from ct_cli.errors import CtError, ExitStatus, SettingsUnreadable, StoreDamaged, StoreUnusable
from ct_cli.reminders.words import count
from ct_cli.returns.identity import Service
from ct_cli.settings import Settings, settings_path
from ct_cli.settings_known import SETTINGS
from ct_cli.stores.damaged_rows import REMEDY

_NOT_SETTINGS = {"CT_CONFIG", "CT_NOW", "CT_DEBUG", "CT_SERVER_KEY"}


@dataclass(frozen=True)
class InstallationExamined(Answer):
    """Everything that was looked at, in an order in which one would mend it."""

    checks: tuple[Check, ...]


def examine_installation(terminal: TerminalSeen) -> InstallationExamined:
    """Look at the settings, the store, the cache and the machine. Exit status 2 where something is bad, else 0.

    Takes no workplace: what is wrong may be why there can be none.
    """
    checks = tuple(_all(terminal))
    status = ExitStatus.USAGE if any(check.verdict is Verdict.BAD for check in checks) else ExitStatus.DONE
    return InstallationExamined(checks, exit_status=status)


def _all(terminal: TerminalSeen) -> Iterator[Check]:
    try:
        settings = unchecked_settings()
    except SettingsUnreadable as error:
        remedy = "Mend that file, or move it away: without it, the defaults hold."
        yield bad("settings file", error.sentence.partition(". ")[0] + ".", remedy)
        settings = Settings(settings_path(), {}, dict(os.environ), {})
    else:
        yield _settings_file(settings.path)
        yield from _settings()
    yield from _variables()
    workplace = Workplace(settings)
    yield _collections(workplace)
    yield from _store(settings)
    yield _cache(settings)
    yield from examine_machine(workplace, terminal)


def _settings_file(path: Path) -> Check:
    if not path.exists():
        return ok("settings file", f"none yet, so the defaults hold ({path})")
    if os.name != "nt" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        return warning("settings file", f"{path} is open to other users of this computer", f"Type: chmod 600 '{path}'")
    return ok("settings file", str(path))


def _settings() -> Iterator[Check]:
    shown = show_settings()
    for problem in shown.problems:
        yield bad("setting", problem.words, problem.remedy)
    if not shown.problems:
        own = sum(setting.origin != "default" for setting in shown.settings)
        yield ok("settings", f"{own} of {len(shown.settings)} set by you, each with a right value")


def _variables() -> Iterator[Check]:
    known = {setting.environment for setting in SETTINGS} | _NOT_SETTINGS
    for name in sorted(os.environ):
        if name.startswith("CT_") and name not in known:
            yield warning(
                "environment", f"{name} is set, but is no setting of ct's", "See `ct config list`, or unset it."
            )


def _collections(workplace: Workplace) -> Check:
    try:
        folder = workplace.settings.file("collections")
        if folder is None:
            return ok("collections", "ct's own")
        for service in Service:  # A file is read when it is needed: here all of them are.
            workplace.catalogue.versions(service)
        workplace.catalogue.surveys()
    except CtError as error:
        return bad("collections", error.sentence, "Mend it, or type: ct config unset collections")
    return ok("collections", f"ct's own, and those in {folder}")


def _store(settings: Settings) -> Iterator[Check]:
    try:
        path = settings.store_path
        if settings.text("backend") != "sqlite":
            yield from _other_store(settings)
            return
    except CtError as error:
        yield bad("store", error.sentence, "Type: ct config list")
        return
    from ct_cli.backends.registry import known_store
    from ct_cli.backends.sqlite_examination import LITTLE_ROOM, examine_store
    from ct_cli.stores.places import shared_from, synchronised_by

    try:
        seen = examine_store(path, known_store(settings).read())
    except StoreUnusable as error:
        what = "is damaged" if isinstance(error, StoreDamaged) else "cannot be used"
        yield bad("store", f"{path} {what}: {error.facts['reason']}", str(error.facts["remedy"]))
        return
    if seen.half_restored:
        yield bad("store", f"a restore of {path} was cut off", "Type `ct restore FILE` again.")
    elif seen.damage:
        yield bad("store", f"{path} is damaged: {seen.damage}", REMEDY)
    elif seen.version > seen.newest_version:
        yield bad("store", f"{path} was made by a newer ct", "Upgrade ct on this computer.")
    elif not seen.writable:
        yield bad("store", f"{path} cannot be written", "Give yourself write permission for it and for its folder.")
    elif not seen.exists:
        yield ok("store", f"none yet; made with the first location, as {path}")
    else:
        yield ok("store", f"{count(seen.locations, 'location')} and {count(seen.returns, 'return')} in {path}")
    if seen.lacks:
        remedy = "Put back what was moved or taken away, or a backup with `ct restore FILE`."
        yield warning("store", seen.lacks, remedy)
    if seen.reminders_held:
        remedy = "Look at `ct remind --dry-run`, then type: ct remind resume"
        yield warning("reminders", "`ct remind` sends nothing since the store was put back from a backup", remedy)
    if seen.open_to_others:
        yield warning("store", f"{path} is open to other users of this computer", f"Type: chmod 600 '{path}'")
    if program := synchronised_by(path):
        found = (
            f"{path} is in a folder that {program} synchronises: it may put an older one back, and receipts are lost"
        )
        remedy = "Move it to a folder of this computer alone, while no ct runs, then type: ct config set store FILE"
        yield warning("store", found, f"{remedy} (a backup may be in that folder)")
    if share := shared_from(path):
        found = f"{path} is on another computer ({share}): programs there do not see each other's locks and damage it"
        yield warning("store", found, "Keep it on one computer and share the register by `ct serve`.")
    if seen.free_bytes < LITTLE_ROOM:
        yield warning("store", f"only {seen.free_bytes // 2**20} MB are free on its disk", "Make room on that disk.")


def _other_store(settings: Settings) -> Iterator[Check]:
    if settings.text("backend") == "http":
        from ct_cli.actions.examining.server import examine_server

        yield from examine_server(settings)
        return
    from ct_cli.actions.examining.database import examine_shared_store

    yield from examine_shared_store(settings)


def _cache(settings: Settings) -> Check:
    import tempfile

    try:
        folder = settings.cache_folder
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return ok("cache", str(folder))
    except CtError as error:
        return bad("cache", error.sentence, "Type: ct config list")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        remedy = "ct works without it, a moment slower; to mend it, type: ct config set cache FOLDER"
        return warning("cache", f"{folder} cannot be written: {reason}", remedy)
