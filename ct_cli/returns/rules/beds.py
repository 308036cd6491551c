"""Rules about a care home's beds."""

from collections.abc import Sequence

from ct_cli.returns.identity import Service
from ct_cli.returns.rules.case import Case
from ct_cli.returns.rules.rule import Found, rule

BED_TYPES = (
    "general_residential",
    "general_nursing",
    "dementia_residential",
    "dementia_nursing",
    "learning_disability_residential",
    "learning_disability_nursing",
    "mental_health_residential",
    "mental_health_nursing",
    "ypd",
    "transitional",
    "community_care",
)
"""The keys of Capacity Tracker's bed types, as the collections write them."""

_VACANCIES = {"occupied": "occupied", "reserved": "reserved", "accepting_admissions": "accepting admissions"}
_ASKED = frozenset(f"{bed}_{part}" for bed in BED_TYPES for part in ("total", "used", "reserved", "spare", "closed"))


@rule("beds-over-capacity", Service.CARE_HOME)
def beds_over_capacity(case: Case) -> Sequence[Found]:
    """Occupied + reserved + accepting is at most the maximum capacity."""
    capacity = case.values.get("maximum_capacity")
    if capacity is None or case.beds_given <= capacity:
        return ()
    given = {key: case.values[key] for key in _VACANCIES if key in case.values}
    occupied = given.get("occupied", 0)
    counts = [f"{count} {_VACANCIES[key]}" for key, count in given.items()]
    together = f"{', '.join(counts[:-1])} and {counts[-1]} make {case.beds_given}" if len(counts) > 1 else counts[0]
    words = f"{together}, more than the maximum capacity of {capacity}"
    remedy = f"Correct whichever is wrong: together they are at most {capacity}."
    field = "occupied" if occupied > capacity else "maximum_capacity"
    return (Found(words, remedy, field, {**given, "maximum_capacity": capacity}),)


@rule("beds-unaccounted", Service.CARE_HOME)
def beds_unaccounted(case: Case) -> Sequence[Found]:
    """Beds that are neither occupied, reserved nor accepting are given as not available (or as closed, by type)."""
    values = case.values
    capacity = values.get("maximum_capacity")
    if capacity is None or case.beds_given >= capacity:
        return ()
    if not values.keys() >= _VACANCIES.keys():  # one is missing, which is said elsewhere
        return ()
    unavailable = values.get("not_available", 0) + sum(values.get(f"{bed}_closed", 0) for bed in BED_TYPES)
    short = capacity - case.beds_given - unavailable
    if short <= 0:
        return ()
    words = f"{short} of {capacity} beds are not accounted for: {case.beds_given} are occupied, reserved or accepting"
    words += f", {unavailable} not available" if unavailable else ""
    facts = {"maximum_capacity": capacity, "accounted_for": case.beds_given, "not_available": unavailable}
    return (Found(words, None, "accepting_admissions", facts),)


@rule("capacity-differs-from-cqc", Service.CARE_HOME)
def capacity_differs_from_cqc(case: Case) -> Sequence[Found]:
    """Maximum capacity is CQC's number of beds."""
    facts = case.facts
    if facts is None or facts.beds is None:
        return ()
    capacity = case.values.get("maximum_capacity")
    if capacity is None or capacity == facts.beds:
        return ()
    words = f"the maximum capacity is {capacity}, but CQC has {facts.beds} beds for {facts.id}"
    return (Found(words, None, "maximum_capacity", {"maximum_capacity": capacity, "cqc_beds": facts.beds}),)


@rule("bed-types-differ", Service.CARE_HOME, about=_ASKED)
def bed_types_differ(case: Case) -> Sequence[Found]:
    """A bed type's used, reserved, spare and closed beds make its total, and the totals make the capacity."""
    values = case.values
    if _ASKED.isdisjoint(values):
        return ()
    found: list[Found] = []
    for bed in BED_TYPES:
        total = values.get(f"{bed}_total")
        parts = [values.get(f"{bed}_{part}") for part in ("used", "reserved", "spare", "closed")]
        counted = [part for part in parts if part is not None]
        made = sum(counted)
        if total is None or not (made > total or (len(counted) == 4 and made < total)):
            continue
        words = f"{bed.replace('_', ' ')}: used, reserved, spare and closed make {made}, but the total is {total}"
        found.append(Found(words, None, f"{bed}_total", {"total": total, "parts": made}))
    capacity = values.get("maximum_capacity")
    totals = sum(values.get(f"{bed}_total", 0) for bed in BED_TYPES)
    if capacity is not None and totals and totals != capacity:
        words = f"the bed types' totals make {totals}, but the maximum capacity is {capacity}"
        found.append(Found(words, None, "maximum_capacity", {"totals": totals, "maximum_capacity": capacity}))
    return found
