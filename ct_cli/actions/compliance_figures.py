"""The figures that each service last gave, wherever that was said: its beds, how old they are, how sound they look."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from ct_cli.backends.contract import ChainKey, Recent
from ct_cli.register.location import Location
from ct_cli.register.sighting import Sighting
from ct_cli.reports.compliance import BedRow, Beds, Freshness, ProviderQueries, Queries
from ct_cli.returns.identity import Service
from ct_cli.returns.problem import Severity
from ct_cli.returns.rules.beds import BED_TYPES
from ct_cli.returns.rules.case import Case, Previous
from ct_cli.returns.rules.registry import NIL_RULES, RULES
from ct_cli.returns.the_return import ReturnKind, Values

_AGES = ((7, "in the last 7 days"), (31, "8 to 31 days ago"), (62, "32 to 62 days ago"), (365, "63 to 365 days ago"))
_NO_TYPE = "type_not_given"
_TYPES = {"ypd": "Young physically disabled", _NO_TYPE: "Type not given"}
_OLDER, _NEVER = "more than a year ago", "never, as far as ct knows"
_QUERIES = {
    service: tuple(rule for rule in RULES if rule.severity is Severity.QUERY and service in rule.services)
    for service in Service
}
_NIL_QUERIES = tuple(rule for rule in NIL_RULES if rule.severity is Severity.QUERY)
_json = json.JSONDecoder().raw_decode
"""Without the search for spaces at the ends, which no content has."""


class Figures(NamedTuple):
    """What a service last gave."""

    updated_at: datetime
    """When it was last updated, with or without figures."""
    last: Recent | None
    """Its last return, with the one before; None where only Capacity Tracker was seen to say something."""
    returned: Values
    """What the last return gave."""
    values: Values
    """Of the return or of Capacity Tracker's last sighting, whichever is later; empty after a nil return."""


def last_figures(recent: Iterable[Recent], sightings: Iterable[Sighting]) -> dict[ChainKey, Figures]:
    """The last figures of each service, by its returns and its sightings."""
    found = {}
    for it in recent:
        values = _json(it.last.content)[0]
        found[it.location_id, it.service] = Figures(it.received_at, it, values, values)
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
                else Figures(seen.updated_at, None, {}, values)
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
    moment = now.timestamp()  # in seconds: two moments of one zone would be subtracted by the clock on the wall
    counts = Counter(_age(moment - figures[key].updated_at.timestamp()) if key in figures else _NEVER for key in keys)
    return tuple(Freshness(words, counts[words]) for words in (*(words for _, words in _AGES), _OLDER, _NEVER))


def _age(past: float) -> str:
    return next((words for days, words in _AGES if past < (days + 1) * 86_400), _OLDER)


def queries(locations: Mapping[ChainKey, Location], figures: Mapping[ChainKey, Figures]) -> Queries:
    """What the plausibility queries find in the last return of each of these services."""
    returns, queried, explained = Counter[str](), Counter[str](), Counter[str]()
    codes: dict[str, Counter[str]] = {}
    for key, location in locations.items():
        known = figures.get(key)
        if known is None or known.last is None:
            continue
        provider = location.provider or "provider not known"
        returns[provider] += 1
        raised = _raised(known.last, known.returned, location)
        if not raised:
            continue
        unexplained = raised.difference(known.last.confirmed)
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


def _raised(it: Recent, values: Values, location: Location) -> set[str]:
    last, before, previous = it.last, it.before, None
    if before is not None:
        same = before.content == last.content
        previous = Previous(before.month, before.kind, values if same else _json(before.content)[0], it.staff_since)
    rules = _NIL_QUERIES if last.kind is ReturnKind.NIL else _QUERIES[it.service]
    case = Case(values, last.month, it.service, location.facts, previous)
    return {rule.code.code for rule in rules if rule.look(case)}


def _most_first(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(((code, count) for code, count in counts.items() if count), key=lambda it: (-it[1], it[0]))
