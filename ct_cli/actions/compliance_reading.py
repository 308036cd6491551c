"""What a compliance report is made of, counted from the store in a handful of reads, whatever the size of the area.

The server answers the same report from the same function, so that a council's page costs one call.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property

from ct_cli import __version__, clock
from ct_cli.actions.backward_period import BackwardPeriod
from ct_cli.actions.collecting import without_collecting
from ct_cli.actions.compliance_figures import beds, freshness, last_figures, queries
from ct_cli.actions.status.reading import LOOK_BACK
from ct_cli.actions.status.scope import find_locations
from ct_cli.actions.workplace import Workplace
from ct_cli.backends.contract import ChainKey
from ct_cli.compliance.obligation import Counting
from ct_cli.compliance.risk import ROLLING, RiskLevel
from ct_cli.compliance.span import Span
from ct_cli.compliance.standing import Standing, months_told, months_unsaid, standings
from ct_cli.errors import UsageError
from ct_cli.register.location import Location, Scope
from ct_cli.register.sighting import Sighting
from ct_cli.reports.compliance import (
    EVERYTHING,
    LETTERS,
    UNSAID,
    Compliance,
    CouncilResponse,
    GridRow,
    MonthResponse,
    Response,
    RiskCount,
    RiskRow,
)
from ct_cli.returns.identity import Service
from ct_cli.returns.the_return import ReturnKind
from ct_cli.windows.month import Month
from ct_cli.windows.window import FIRST_MONTH

MOST_ROWS_ON_A_PAGE = 1_000
"""Services at a location, each a row of months. Above this the page shows councils instead, the sheets everything."""


class NothingToReport(UsageError):
    """The register has no location yet, so there is nothing to report. `ct locations import FILE` adds them."""

    code = "nothing-to-report"


class MonthToCome(UsageError):
    """{month} cannot be reported on: its window opens on {opens}."""

    code = "month-to-come"


@dataclass(frozen=True, slots=True)
class ReportAsked:
    """What to report on. Every part that narrows must hold."""

    local_authority: str | None = None
    provider: str | None = None
    region: str | None = None
    first: Month | None = None
    """The first month; eleven before the last where None is given."""
    last: Month | None = None
    """The last month; the latest whose window has opened where None is given."""
    public: bool = False
    every_row: bool = True
    """Whether the grid is read however long it is, as the sheets have it."""
    must_be_seen: bool | None = None
    """Whether only what was seen in Capacity Tracker's export counts; as the settings have it where None is given."""

    @property
    def scope(self) -> Scope:
        """The locations meant, those that have closed since included."""
        return Scope(
            provider=self.provider, local_authority=self.local_authority, region=self.region, include_closed=True
        )

    @property
    def parameters(self) -> dict[str, str]:
        """The same as the API's parameters."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        named = {name: str(value) for name, value in given.items() if value is not None}
        return {name: it.lower() if isinstance(given[name], bool) else it for name, it in named.items()}

    @property
    def area(self) -> str:
        """The same in words."""
        places = " and ".join(place for place in (self.local_authority, self.region) if place)
        if self.provider:
            return f"{self.provider} in {places}" if places else self.provider
        return places or "all locations"


def read_compliance(workplace: Workplace, asked: ReportAsked) -> Compliance:
    """Read and count everything. Raises NobodyInScope, NothingToReport, MonthToCome, BackwardPeriod."""
    if asked.must_be_seen is None:
        asked = replace(asked, must_be_seen=workplace.settings.text("filing") == "capacity-tracker")
    if not clock.rehearsing():  # A server knows nothing of the moment that is rehearsed here.
        told = workplace.backend.counted_there(Compliance, "compliance", asked.parameters)
        if told is not None:
            return replace(told, made_at=told.made_at.astimezone(clock.LONDON))
    with without_collecting(), workplace.backend.at_one_moment():
        report = _Reading(workplace, asked).report()
    if not asked.public:
        return report
    from ct_cli.reports.compliance_public import made_public

    return made_public(report)


class _Reading:
    """One look at the store."""

    def __init__(self, workplace: Workplace, asked: ReportAsked) -> None:
        self.workplace, self.asked, self.backend = workplace, asked, workplace.backend
        self.counting = Counting(clock.rehearsing(), bool(asked.must_be_seen))
        calendar, now = workplace.calendar, workplace.now
        present = calendar.current_or_next(now).month
        opened = present if calendar.window(present).opens_at <= now else present + -1
        self.last = asked.last or opened
        self.first = asked.first or max(FIRST_MONTH, self.last + (1 - ROLLING))
        if self.first > self.last:
            raise BackwardPeriod(first=self.first, last=self.last)
        if self.last > opened:
            raise MonthToCome(month=self.last.in_words(), opens=f"{calendar.window(self.last).opens_at:%d %B %Y}")
        # To the present, by which risk is judged, and as far back as `ct status` looks.
        self.span = Span.of(calendar, min(self.first, present + -LOOK_BACK), present, now)
        self.months = tuple(month for month in self.span.months if self.first <= month <= self.last)
        self.last_bit = self.span.bit(self.last)

    def report(self) -> Compliance:
        """Everything counted."""
        figures = last_figures(self.backend.recent(self.asked.scope), self.sightings)
        return Compliance(
            area=self.asked.area,
            first=self.first,
            last=self.last,
            made_at=self.workplace.now,
            rehearsal=clock.rehearsing(),
            must_be_seen=self.counting.must_be_seen,
            version=__version__,
            public=False,
            locations=len({it.location.id for it in self.current}),
            months=self._months(),
            councils=self._councils(),
            risks=self._risks(),
            at_risk=self._at_risk(),
            grid=self._grid(),
            grid_rows=len(self.shown),
            beds=beds(self._homes(), figures),
            freshness=freshness([_key(it) for it in self.current], figures, self.workplace.now),
            queries=queries(self._locations_by_key(), figures),
        )

    @cached_property
    def shown(self) -> Sequence[Standing]:
        """Each service that owed or made a return in some month of the report."""
        of_report = sum(map(self.span.bit, self.months))
        made = self.backend.months_fulfilled(self.asked.scope, self.span.first, self.span.last, self.counting)
        locations = find_locations(self.backend, self.asked.scope)
        if not locations:
            raise NothingToReport
        told, unsaid = months_told(self.sightings, self.span), months_unsaid(self.sightings, self.span)
        every = standings(locations, made, self.span, told=told, unsaid=unsaid)
        return [it for it in every if (it.owed | it.made) & of_report]

    @cached_property
    def sightings(self) -> Sequence[Sighting]:
        """What Capacity Tracker was last seen to say of each service."""
        return self.backend.sightings(self.asked.scope)

    @cached_property
    def current(self) -> Sequence[Standing]:
        """Each service that owed or made the last month's."""
        return [it for it in self.shown if (it.owed | it.made) & self.last_bit]

    @cached_property
    def services(self) -> tuple[Service, ...]:
        """Those that there are."""
        return tuple(service for service in Service if any(it.service is service for it in self.shown))

    def _months(self) -> tuple[MonthResponse, ...]:
        by_service = {
            service: Counter((it.owed, it.made) for it in self.shown if it.service is service)
            for service in self.services
        }
        whole = sum(by_service.values(), Counter[tuple[int, int]]())
        groups = [(EVERYTHING, whole), *((_group(service), found) for service, found in by_service.items())]
        return tuple(
            MonthResponse(
                month,
                self.span.window(month).state_at(self.span.now),
                tuple((name, _response(found, self.span.bit(month))) for name, found in groups),
            )
            for month in self.months
        )

    def _councils(self) -> tuple[CouncilResponse, ...]:
        found: dict[str, Counter[tuple[int, int]]] = {}
        for it in self.shown:
            name = it.location.local_authority or "council not known"
            found.setdefault(name, Counter())[it.owed, it.made] += 1
        if len(found) < 2:
            return ()
        bits = [self.span.bit(month) for month in self.months]
        return tuple(
            CouncilResponse(
                name, _response(found[name], bits[-1]), tuple(_response(found[name], bit).rate for bit in bits)
            )
            for name in sorted(found)
        )

    @cached_property
    def _levels(self) -> Mapping[ChainKey, RiskLevel]:
        alike: dict[tuple[int, int, int, int], RiskLevel] = {}  # of 31,000 histories most are like another
        found = {}
        for it in self.shown:
            history = (it.owed, it.made, it.told, it.unsaid)
            level = alike.get(history)
            if level is None:
                level = alike[history] = it.known_risk.level
            found[it.location.id, it.service] = level
        return found

    def _risks(self) -> tuple[RiskCount, ...]:
        counts = Counter(
            (it.service, self._levels[_key(it)], it.rests_on_no_record or it.rests_on_unsaid) for it in self.current
        )

        def of(*services: Service) -> tuple[int, ...]:
            sound, unsure = (
                [sum(counts[service, level, no_record] for service in services) for level in RiskLevel]
                for no_record in (False, True)
            )
            known = [both[0] + both[1] for both in zip(sound, unsure, strict=True)]
            # In the order of RiskLevel, of which none is the first.
            return (sound[0], *known[1:], unsure[0])

        alone = (RiskCount(_group(service), *of(service)) for service in self.services)
        return (RiskCount(EVERYTHING, *of(*self.services)), *alone)

    def _at_risk(self) -> tuple[RiskRow, ...]:
        users = Counter(user.location_id for user in self.backend.users(self.asked.scope))
        found = [self._risk_row(it, users) for it in self.current if self._levels[_key(it)] is not RiskLevel.NONE]
        return tuple(sorted(found, key=lambda it: (-it.level.severity, -len(it.months), it.location_id, it.service)))

    def _risk_row(self, it: Standing, users: Mapping[str, int]) -> RiskRow:
        place, risk = it.location, it.known_risk
        return RiskRow(
            location_id=place.id,
            location_name=place.name,
            service=it.service,
            provider=place.provider,
            local_authority=place.local_authority,
            level=risk.level,
            why=risk.words,
            months=self.span.months_of(risk.months),
            liable=it.liable,
            rests_on_no_record=it.rests_on_no_record,
            users=users.get(place.id, 0),
        )

    def _grid(self) -> tuple[GridRow, ...]:
        if len(self.shown) > MOST_ROWS_ON_A_PAGE and not self.asked.every_row:
            return ()
        kinds = {
            (it.location_id, it.service, it.month): it.kind
            for it in self.backend.fulfilments(self.asked.scope, self.first, self.last)
            if self.counting.counts(it)
        }
        return tuple(self._row(it, kinds) for it in self.shown)

    def _row(self, it: Standing, kinds: Mapping[tuple[str, Service, Month], ReturnKind]) -> GridRow:
        place, letters = it.location, []
        for month in self.months:
            kind = kinds.get((place.id, it.service, month))
            unsaid = kind is None and it.unsaid & self.span.bit(month)
            letters.append(UNSAID if unsaid else LETTERS[kind or it.status(month)])
        names = (place.id, place.name, it.service, place.provider, place.local_authority)
        return GridRow(*names, self._levels[_key(it)], "".join(letters))

    def _homes(self) -> list[str]:
        return [it.location.id for it in self.current if it.service is Service.CARE_HOME]

    def _locations_by_key(self) -> Mapping[ChainKey, Location]:
        return {_key(it): it.location for it in self.current}


def _key(it: Standing) -> ChainKey:
    return (it.location.id, it.service)


def _group(service: Service) -> str:
    return service.in_words.capitalize()


def _response(histories: Mapping[tuple[int, int], int], bit: int) -> Response:
    owed = sum(count for (owes, made), count in histories.items() if (owes | made) & bit)
    made = sum(count for (_, made), count in histories.items() if made & bit)
    return Response(owed, made, owed - made)
