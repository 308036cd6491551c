"""What somebody asks to have recorded, and on what terms, as `ct submit` and `ct nil-return` read it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Self

from ct_cli.backends.contract import Source
from ct_cli.errors import UsageError
from ct_cli.returns.identity import Service, parse_location_id, parse_service
from ct_cli.returns.reading.sheet import FileFormat
from ct_cli.returns.the_return import REPLACES_FIGURES
from ct_cli.windows.month import Month


class NotAnAssignment(UsageError):
    """--set {given!r} does not say which field has which value: write the field, = and the value, as in
    --set occupied=36."""

    code = "not-an-assignment"


class SetTwice(UsageError):
    """--set names {field} twice: give it once."""

    code = "set-twice"


class NoteMissing(UsageError):
    """--confirm needs --note "…" as well: say why the figures are right, without naming anybody."""

    code = "note-missing"


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms returns are taken in."""

    outside_window: bool = False
    """Record also what fulfils nothing because its window is shut."""
    dry_run: bool = False
    source: Source = Source.RECORDED_HERE
    recorded_by: str = ""
    """Who records; empty for the setting `recorded_by` or, without one, the login name."""


@dataclass(frozen=True, slots=True)
class Order:
    """The return that is meant, without its content."""

    location_id: str
    services: tuple[Service, ...] = ()
    """Empty where it is left to what the location owes."""
    month: Month | None = None
    """None for the present month."""
    confirm: frozenset[str] = frozenset()
    note: str = ""
    survey: str = ""
    versions_seen: Mapping[Service, int] = field(default_factory=dict)
    """Of each service, the version of the month's return that whoever gives this one was shown; 0 where there was none.
    A service that is missing has what stands when the return is examined."""

    @classmethod
    def read(
        cls,
        location: str,
        services: Iterable[str],
        month: str | None,
        confirm: Iterable[str] = (),
        note: str = "",
        survey: str = "",
    ) -> Self:
        """An order from what was typed. Raises NotALocationId, NotAService, NotAMonth, NoteMissing."""
        # dict, not set: the order in which they were typed is the order in which they are answered.
        named = tuple(dict.fromkeys(parse_service(given) for given in services))
        when = Month.parse(month) if month else None
        codes = read_confirmation(confirm, note)
        return cls(parse_location_id(location), named, when, codes, note.strip(), survey.strip())


@dataclass(frozen=True, slots=True)
class FileOrder:
    """The file of returns that is meant, and what holds for the rows that do not say otherwise."""

    file: str
    """Its path, or "-" for standard input."""
    format: FileFormat | None = None
    """None for what the file shows itself to be."""
    mapping: Mapping[str, str] = field(default_factory=dict)
    """The user's own headers, and the fields that they stand for."""
    ignore: tuple[str, ...] = ()
    """Headers of columns to pass over."""
    month: Month | None = None
    service: Service | None = None
    confirm: frozenset[str] = frozenset()
    """Queries confirmed for every row that raises them; `note` says why."""
    note: str = ""
    survey: str = ""
    atomic: bool = False
    """Record all rows or none."""
    use_map: str = ""
    """The name of a map in the settings that holds the user's own headers; `mapping` adds to it."""
    save_map: str = ""
    """The name under which to keep the headers, once they have been matched; empty to keep nothing."""
    report: Path | None = None
    """Where to write every problem; its ending says how."""
    content: IO[bytes] | None = None
    """The file itself, open, where it has no path; `file` is then what to call it."""


def read_confirmation(confirm: Iterable[str], note: str) -> frozenset[str]:
    """The codes of --confirm. Raises NoteMissing."""
    codes = frozenset(code.strip().lower() for code in confirm)
    if codes - {REPLACES_FIGURES} and not note.strip():
        raise NoteMissing
    return codes


def parse_assignments(given: Iterable[str]) -> Mapping[str, str]:
    """The raw values of --set field=value, by field. Raises NotAnAssignment, SetTwice."""
    values: dict[str, str] = {}
    for text in given:
        name, equals, value = text.partition("=")
        field = name.strip().lower().replace("-", "_")
        if not equals or not field:
            raise NotAnAssignment(given=text if len(text) <= 40 else text[:40] + "…")
        if field in values:
            raise SetTwice(field=field)
        values[field] = value
    return values
