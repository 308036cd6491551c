"""Take a list of locations into the register: first a plan, then, where asked, the deed."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ct_cli.actions.answer import Answer
from ct_cli.actions.workplace import Workplace
from ct_cli.errors import ExitStatus
from ct_cli.register.location import Location, Scope
from ct_cli.register.location_rows import read_location_rows
from ct_cli.register.plan import ChangedLocation, make_plan
from ct_cli.register.versions import versions_seen
from ct_cli.returns.problem import Severity
from ct_cli.returns.reading.headers import plain
from ct_cli.returns.reading.open_sheet import open_sheet
from ct_cli.returns.reading.sheet import FileFormat
from ct_cli.windows.month import Month


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A location whose last return says something else than CQC."""

    location_id: str
    name: str
    month: Month
    """The month of the return."""
    words: str
    remedy: str


@dataclass(frozen=True)
class LocationsImported(Answer):
    """The plan of a list, and whether it was carried out."""

    file: str
    new: tuple[Location, ...]
    changed: tuple[ChangedLocation, ...]
    unchanged: tuple[str, ...]
    """Ids of locations that the list says nothing new of."""
    absent: tuple[Location, ...]
    """Open in the register and not in the list: left as they are, and proposed for closing where that is right."""
    errors: int
    """How many errors there are; a row with one is left out."""
    atomic: bool
    """Whether one error keeps everything out."""
    saved: int
    """How many locations were written; 0 for a plan."""
    applied: bool
    left_out: Mapping[str, int] = field(default_factory=dict)
    """CQC's directory only: how many of its rows are out of scope, without a service that uses Capacity Tracker, or the
    other half of a dual registration."""
    disagreeing: tuple[Disagreement, ...] = ()
    """CQC's directory only: locations whose last return does not fit what CQC says of them."""


def import_locations(
    workplace: Workplace, file: str, *, apply: bool = False, atomic: bool = False, format: FileFormat | None = None
) -> LocationsImported:
    """Plan what a file of locations ("-" is standard input) would do; with `apply`, do it.

    Rows with errors are left out and told; with `atomic`, one error keeps everything out. Nothing is ever removed or
    closed. Raises FileRefused and its kin, NoLocationIdColumn, ColumnTwice.
    """
    known = {location.id: location for location in workplace.backend.locations(Scope(include_closed=True))}
    if file == "-" and format is None:
        format = FileFormat.CSV  # a pipe has no ending to go by; a workbook is known by its first bytes all the same
    with open_sheet(file, format, ID_NAMES) as sheet:
        read = read_location_rows(sheet, known)
    plan = make_plan(known, read.rows, read.mentioned)
    errors = sum(problem.severity is Severity.ERROR for problem in read.problems)
    doing = apply and not (atomic and errors)
    if doing and plan.to_save:
        workplace.backend.save_locations(plan.to_save, expected=versions_seen(known, plan.to_save))
    return LocationsImported(
        sheet.file,
        plan.new,
        plan.changed,
        plan.unchanged,
        plan.absent,
        errors=errors,
        atomic=atomic,
        saved=len(plan.to_save) if doing else 0,
        applied=doing,
        problems=read.problems,
        exit_status=ExitStatus.REFUSED if errors else ExitStatus.DONE,
    )


ID_NAMES = frozenset(
    map(plain, ("location_id", "Location ID", "CQC ID", "cqcid", "locationid", "CQC location ID", "id"))
)
"""What makes a row the header, as the readers fold names."""
