"""The part of `ct doctor` that looks at the machine: clock, zone, bank holidays, terminal, Python, packages."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from ct_cli import clock
from ct_cli.actions.examining.check import Check, bad, ok, warning
from ct_cli.actions.workplace import Workplace
from ct_cli.errors import CtError
from ct_cli.windows.window import in_words

_PACKAGES = (
    ("typer", "typer"),
    ("rich", "rich"),
    ("httpx", "httpx"),
    ("truststore", "truststore"),
    ("holidays", "holidays"),
    ("platformdirs", "platformdirs"),
    ("tomli-w", "tomli_w"),
    ("icalendar", "icalendar"),
    ("python-calamine", "python_calamine"),
    ("openpyxl", "openpyxl"),
    ("filelock", "filelock"),
)
"""What ct is installed with, and what each is imported as. A test holds this to pyproject.toml."""


@dataclass(frozen=True, slots=True)
class TerminalSeen:
    """What the desk knows of the terminal; actions do not look at it themselves."""

    is_terminal: bool
    encoding: str
    unicode: bool
    """Whether it can show every character."""


def examine_machine(workplace: Workplace, terminal: TerminalSeen) -> Iterator[Check]:
    """Each thing about the machine on which ct depends."""
    yield _clock(workplace)
    yield _zone()
    yield _bank_holidays(workplace)
    yield _terminal(terminal)
    yield _python()
    yield _packages()


def _clock(workplace: Workplace) -> Check:
    try:
        now = workplace.now
    except clock.NoZoneData:
        return bad("clock", "the time in London is not known", "See the time zone, below.")
    except CtError as error:
        return bad("clock", error.sentence, "Mend it, or type: unset CT_NOW")
    if clock.rehearsing():
        remedy = "What you record is marked as a rehearsal. For real work, type: unset CT_NOW"
        return warning("clock", f"a rehearsal: CT_NOW says that it is {now.isoformat()}", remedy)
    return ok("clock", f"{now:%H:%M} on {in_words(now.date())} in London; is that right?")


def _zone() -> Check:
    try:
        summer, winter = (datetime(2024, month, 1, 12, tzinfo=clock.LONDON).utcoffset() for month in (7, 1))
    except clock.NoZoneData:
        words = "this computer has no data on time zones, nor has its Python"
        return bad("time zone", words, "Type: python -m pip install tzdata (in the Python that ct is installed in)")
    if (summer, winter) != (timedelta(hours=1), timedelta(0)):
        return bad("time zone", "this computer's zone data is wrong about London", "Type: pip install --upgrade tzdata")
    here = clock.local(datetime(2024, 7, 1, 12, tzinfo=clock.LONDON))
    if here.utcoffset() == summer:
        return ok("time zone", "London's, or the same")
    return ok("time zone", f"this computer's is {here.tzname()}; windows are by London's, and shown in both")


def _bank_holidays(workplace: Workplace) -> Check:
    try:
        year = workplace.now.year + 1
        christmas = date(year, 12, 25)
        known = workplace.calendar.bank_holidays.name_of(christmas)
    except clock.NoZoneData:
        return bad("bank holidays", "the present year is not known", "See the time zone, above.")
    except CtError as error:
        return bad("bank holidays", error.sentence, "Type: ct config list")
    if known is None:
        return bad("bank holidays", f"{year}'s are not known", "Type: pip install --upgrade holidays")
    return ok(
        "bank holidays", f"known to the end of {year}; one proclaimed since: ct config set bank_holidays.DATE NAME"
    )


def _terminal(seen: TerminalSeen) -> Check:
    kind = "a terminal" if seen.is_terminal else "no terminal (a pipe or a file), so plain text"
    if seen.unicode:
        return ok("terminal", f"{kind}, {seen.encoding}")
    remedy = "A letter that it lacks is shown as ?; nothing recorded is changed. To mend it, set PYTHONUTF8=1."
    return warning("terminal", f"{kind}, {seen.encoding}, which lacks some letters", remedy)


def _python() -> Check:
    import platform

    from ct_cli import __version__

    return ok(
        "program", f"ct {__version__} on Python {platform.python_version()}, {platform.system()} ({sys.executable})"
    )


def _packages() -> Check:
    import importlib.metadata
    from importlib.util import find_spec

    lacking = [name for name, module in _PACKAGES if find_spec(module) is None]
    if lacking:
        remedy = f"Type: '{sys.executable}' -m pip install --force-reinstall ct-cli"
        return bad("packages", f"missing: {', '.join(lacking)}", remedy)
    return ok("packages", ", ".join(f"{name} {importlib.metadata.version(name)}" for name, _ in _PACKAGES))
