"""Take CQC's care directory into the register: first a plan, then, where asked, the deed."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from ct_cli.actions.import_locations import Disagreement, LocationsImported
from ct_cli.actions.workplace import Workplace
from ct_cli.backends.contract import ChainKey, Entry
from ct_cli.errors import ExitStatus
from ct_cli.register.directory_file import read_directory_file
from ct_cli.register.location import Location, Scope
from ct_cli.register.plan import Plan, make_plan
from ct_cli.returns.identity import Service
from ct_cli.returns.problem import Severity
from ct_cli.returns.the_return import ReturnKind


def import_directory(
    workplace: Workplace,
    file: str,
    *,
    apply: bool = False,
    atomic: bool = False,
    progress: Callable[[int], None] | None = None,
) -> LocationsImported:
    """Plan what the directory would do to the register; with `apply`, do it.

    A location gone from the directory is proposed for closing, and not closed. Raises FileRefused and its kin,
    NotTheDirectory.
    """
    read = read_directory_file(file, progress)
    known = {location.id: location for location in workplace.backend.locations(Scope(include_closed=True))}
    plan = make_plan(known, read.rows, read.mentioned)
    errors = sum(problem.severity is Severity.ERROR for problem in read.problems)
    doing = apply and not (atomic and errors)
    latest = workplace.backend.latest(Scope())
    if doing and plan.to_save:
        workplace.backend.save_locations(plan.to_save)
    return LocationsImported(
        file,
        plan.new,
        plan.changed,
        plan.unchanged,
        plan.absent,
        errors=errors,
        atomic=atomic,
        saved=len(plan.to_save) if doing else 0,
        applied=doing,
        left_out={
            "outside adult social care": read.out_of_scope,
            "without a service that uses Capacity Tracker": read.without_service,
            "the other half of a dual registration": read.secondary,
        },
        disagreeing=tuple(_disagreements(_as_planned(known, plan), latest)),
        problems=tuple(read.problems),
        exit_status=ExitStatus.REFUSED if errors else ExitStatus.DONE,
    )


def _as_planned(known: Mapping[str, Location], plan: Plan) -> Iterator[Location]:
    """The locations that the directory speaks of, as it has them."""
    yield from (item.location for item in plan.changed)
    yield from (known[location_id] for location_id in plan.unchanged)


def _disagreements(locations: Iterable[Location], latest: Mapping[ChainKey, Entry]) -> Iterator[Disagreement]:
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
