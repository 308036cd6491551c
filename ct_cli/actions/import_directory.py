"""Take CQC's care directory into the register: first a plan, then, where asked, the deed."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from ct_cli.actions.collecting import without_collecting
from ct_cli.actions.import_locations import Disagreement, LocationsImported
from ct_cli.actions.workplace import Workplace
from ct_cli.backends.contract import ChainKey, Entry
from ct_cli.errors import ExitStatus, UsageError
from ct_cli.register.cqc_directory import name_without_person
from ct_cli.register.directory_file import read_directory_file
from ct_cli.register.location import Location, Scope
from ct_cli.register.plan import LocationRow, Plan, make_plan
from ct_cli.register.versions import versions_seen
from ct_cli.returns.identity import Service
from ct_cli.returns.problem import Severity
from ct_cli.returns.the_return import ReturnKind


class NoSuchCouncil(UsageError):
    """The directory has no location in scope in {given!r}{nearest}. Write the council as CQC does, such as Leeds."""

    code = "no-such-council"

    @classmethod
    def among(cls, given: str, known: Iterable[str]) -> "NoSuchCouncil":
        """The refusal of a council's name, with the nearest that the directory has."""
        from difflib import get_close_matches

        by_folded = {name.casefold(): name for name in known}
        near = get_close_matches(given.casefold(), by_folded, n=1)
        return cls(given=given, nearest=f" (did you mean {by_folded[near[0]]}?)" if near else "")


def import_directory(
    workplace: Workplace,
    file: str,
    *,
    apply: bool = False,
    atomic: bool = False,
    local_authority: str | None = None,
    progress: Callable[[int], None] | None = None,
) -> LocationsImported:
    """Plan what the directory would do to the register; with `apply`, do it. `local_authority` narrows it to one area.

    A location gone from the directory is proposed for closing, and not closed. Raises FileRefused and its kin,
    NotTheDirectory, NoSuchCouncil.
    """
    with without_collecting():
        read = read_directory_file(file, progress)
    known = {location.id: location for location in workplace.backend.locations(Scope(include_closed=True))}
    rows = [keeping_name(row, known) for row in read.rows if _in_area(row, local_authority)]
    if local_authority is not None and not rows:
        raise NoSuchCouncil.among(local_authority, {row.details.get("local_authority", "") for row in read.rows})
    plan = make_plan(known, rows, read.mentioned)
    errors = sum(problem.severity is Severity.ERROR for problem in read.problems)
    doing = apply and not (atomic and errors)
    latest = workplace.backend.latest(Scope())
    if doing and plan.to_save:
        workplace.backend.save_locations(plan.to_save, expected=versions_seen(known, plan.to_save))
    return LocationsImported(
        file,
        plan.new,
        plan.changed,
        plan.unchanged,
        tuple(it for it in plan.absent if same_council(it.local_authority, local_authority)),
        errors=errors,
        atomic=atomic,
        saved=len(plan.to_save) if doing else 0,
        applied=doing,
        left_out={
            "outside adult social care": read.out_of_scope,
            "without a service that uses Capacity Tracker": read.without_service,
            "the other half of a dual registration": read.secondary,
            f"outside {local_authority}": len(read.rows) - len(rows),
        },
        disagreeing=tuple(disagreements(as_planned(known, plan), latest)),
        problems=tuple(read.problems),
        exit_status=ExitStatus.REFUSED if errors else ExitStatus.DONE,
    )


def _in_area(row: LocationRow, local_authority: str | None) -> bool:
    return same_council(row.details.get("local_authority", ""), local_authority)


def same_council(council: str, wanted: str | None) -> bool:
    """Whether a council is the one that is wanted, or any is."""
    return wanted is None or council.casefold() == wanted.strip().casefold()


def keeping_name(row: LocationRow, known: Mapping[str, Location]) -> LocationRow:
    """The row without the name that stands in for a person's, where the register has a name already."""
    if row.location_id not in known or row.details["name"] != name_without_person(row.location_id):
        return row
    return replace(row, details={field: value for field, value in row.details.items() if field != "name"})


def as_planned(known: Mapping[str, Location], plan: Plan) -> Iterator[Location]:
    """The locations that the directory speaks of, as it has them."""
    yield from (item.location for item in plan.changed)
    yield from (known[location_id] for location_id in plan.unchanged)


def disagreements(locations: Iterable[Location], latest: Mapping[ChainKey, Entry]) -> Iterator[Disagreement]:
    """Where a location's last return has other beds, or a service that CQC does not list.

    Capacity Tracker takes services and beds from CQC: a mismatch is put right there, with nil returns until then.
    """
    for location in locations:
        for service in Service:
            entry = latest.get((location.id, service))
            if entry is None or entry.kind is ReturnKind.NIL:
                continue
            capacity = entry.values.get("maximum_capacity")
            if service not in location.services:
                words = f"the return for {entry.month.in_words()} is for {service.in_words}, which CQC does not list."
                remedy = (
                    "Tell CQC (03000 616161) if it is provided here; until CQC has it, make nil returns (awaiting-cqc)."
                )
            elif service is Service.CARE_HOME and None not in (location.beds, capacity) and capacity != location.beds:
                words = f"the return for {entry.month.in_words()} has {capacity} beds at most, CQC has {location.beds}."
                remedy = "Correct the return if CQC is right; tell CQC (03000 616161) if it is not."
            else:
                continue
            yield Disagreement(location.id, location.name, entry.month, words, remedy)
