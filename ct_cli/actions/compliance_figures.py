"""The figures that each service last gave, wherever that was said: its beds, how old they are, how sound they look."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from ct_cli.backends.contract import Backend, ChainKey, Entry
from ct_cli.register.location import Location, Scope
from ct_cli.register.sighting import Sighting
from ct_cli.reports.compliance import BedRow, Beds, Freshness, ProviderQueries, Queries
from ct_cli.returns.checking import LocationFacts, Previous
from ct_cli.returns.identity import Service
from ct_cli.returns.problem import Severity
from ct_cli.returns.rules.beds import BED_TYPES
from ct_cli.returns.rules.case import Case
from ct_cli.returns.rules.registry import RULES
from ct_cli.returns.the_return import Values

_AGES = ((7, "in the last 7 days"), (31, "8 to 31 days ago"), (62, "32 to 62 days ago"), (365, "63 to 365 days ago"))
_NO_TYPE = "type_not_given"
_TYPES = {"ypd": "Young physically disabled", _NO_TYPE: "Type not given"}
_OLDER, _NEVER = "more than a year ago", "never, as far as ct knows"
_QUERIES = {
    service: tuple(rule for rule in RULES if rule.severity is Severity.QUERY and service in rule.services)
    for service in Service
}


class Figures(NamedTuple):
    """What a service last gave."""

    updated_at: datetime
    """When it was last updated, with or without figures."""
    entry: Entry | None
    """Its last return."""
    returned: Values
    """What that gave."""
    values: Values
    """Of the return or of Capacity Tracker's last sighting, whichever is later; empty after a nil return."""
    before: Entry | None
    """The return of a month before the last one's."""


def last_figures(backend: Backend, scope: Scope, sightings: Iterable[Sighting]) -> dict[ChainKey, Figures]:
    """The last figures of each service in scope, from its sightings and two more reads."""
    latest = backend.latest(scope)
    newest = max((entry.month for entry in latest.values()), default=None)
    before = backend.latest(scope, newest) if newest else {}
    found = {}
    for key, entry in latest.items():
        values = entry.values  # read from JSON each time, so once
        earlier = before.get(key) if entry.month == newest else None
        found[key] = Figures(entry.received_at, entry, values, values, earlier)
    for seen in sightings:
        if seen.updated_at is None:
            continue
        key = (seen.location_id, seen.service)
        known = found.get(key)
        if known is None or seen.updated_at > known.updated_at:
            values = seen.values or (known.values if known else {})
            found[key] = (
                known._replace(updated_at=seen.updated_at, values=values)
                if known
                else Figures(seen.updated_at, None, {}, values, None)
            )
    return found


def beds(homes: Sequence[str], figures: Mapping[ChainKey, Figures]) -> Beds:
    """The beds of the care homes with these ids, by type where they gave them so."""
    with_beds, types = 0, {name: [0, 0, 0] for name in (*BED_TYPES, _NO_TYPE)}
    for home in homes:
        known = figures.get((home, Service.CARE_HOME))
        given = dict(_beds_of(known.values)) if known else {}
        with_beds += bool(given)
        for name, counts in given.items():
            types[name] = [was + count for was, count in zip(types[name], counts, strict=True)]
    rows = [_bed_row(_type_in_words(name), *counts) for name, counts in types.items() if any(counts)]
    whole = _bed_row("All beds", *(sum(counts[at] for counts in types.values()) for at in range(3)))
    return Beds(with_beds, len(homes) - with_beds, whole, tuple(rows))


def _beds_of(values: Mapping[str, Any]) -> Iterator[tuple[str, tuple[int, int, int]]]:
    """Each type with its total, occupied and accepting beds; all of them without a type where none was given."""
    typed = [(name, values[f"{name}_total"]) for name in BED_TYPES if f"{name}_total" in values]
    for name, total in typed:
        yield name, (total, values.get(f"{name}_used", 0), values.get(f"{name}_spare", 0))
    if not typed and "maximum_capacity" in values:
        counts = (values["maximum_capacity"], values.get("occupied", 0), values.get("accepting_admissions", 0))
        yield _NO_TYPE, counts


def _bed_row(name: str, total: int, occupied: int, admittable: int) -> BedRow:
    # What was said by halves (more occupied than there are) would else make less than nothing.
    rest = max(0, total - occupied - admittable)
    return BedRow(name, occupied + admittable + rest, occupied, admittable, rest)


def _type_in_words(name: str) -> str:
    return {"ypd": "Young physically disabled", _NO_TYPE: "Type not given"}.get(
        name, name.replace("_", " ").capitalize()
    )


def freshness(keys: Iterable[ChainKey], figures: Mapping[ChainKey, Figures], now: datetime) -> tuple[Freshness, ...]:
    """How many of these services were last updated how long ago."""
    counts = Counter(_age(figures[key].updated_at, now) if key in figures else _NEVER for key in keys)
    return tuple(Freshness(words, counts[words]) for words in (*(words for _, words in _AGES), _OLDER, _NEVER))


def _age(updated_at: datetime, now: datetime) -> str:
    # Counted in UTC: two moments of one zone would be subtracted by the clock on the wall.
    past = timedelta(seconds=now.timestamp() - updated_at.timestamp())
    return next((words for days, words in _AGES if past < timedelta(days=days + 1)), _OLDER)


def queries(locations: Mapping[ChainKey, Location], figures: Mapping[ChainKey, Figures]) -> Queries:
    """What the plausibility queries find in the last return of each of these services.

    Whether a total of staff has been the same for too long is not among them: that takes each location's history.
    """
    returns, queried, explained = Counter[str](), Counter[str](), Counter[str]()
    codes: dict[str, Counter[str]] = {}
    for key, location in locations.items():
        known = figures.get(key)
        if known is None or known.entry is None or not known.returned:
            continue
        provider = location.provider or "provider not known"
        returns[provider] += 1
        raised = _raised(known, known.entry, location)
        if not raised:
            continue
        unexplained = raised.difference(known.entry.confirmed)
        queried[provider] += bool(unexplained)
        explained[provider] += len(raised) - len(unexplained)
        codes.setdefault(provider, Counter()).update(unexplained)
    rows = (
        ProviderQueries(name, returns[name], queried[name], explained[name], tuple(_most_first(codes[name])))
        for name in returns
        if queried[name]
    )
    whole = sum(codes.values(), Counter[str]())
    return Queries(
        sound=returns.total() - queried.total(),
        queried=queried.total(),
        codes=tuple(_most_first(whole)),
        providers=tuple(sorted(rows, key=lambda it: (-it.queried, -it.returns, it.provider))),
    )


def _raised(known: Figures, entry: Entry, location: Location) -> set[str]:
    before = known.before
    previous = Previous(before.month, before.kind, before.values) if before else None
    facts = LocationFacts(location.id, frozenset(location.services), location.beds)
    case = Case(known.returned, entry.month, entry.service, facts, previous)
    return {rule.code.code for rule in _QUERIES[entry.service] if rule.look(case)}


def _most_first(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(((code, count) for code, count in counts.items() if count), key=lambda it: (-it[1], it[0]))
