"""What Capacity Tracker's files said, as returns for the ledger and as sightings beside it. Asks and writes nothing.

A return is made where Capacity Tracker was last updated inside a month's window, or where its monthly report has a 1.
It counts with Capacity Tracker for its source, apart from what was recorded here: neither hides the other.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property

from ct_cli.actions.workplace import Workplace
from ct_cli.backends.contract import ChainKey, Outcome, Source, Submission
from ct_cli.register.location import Location
from ct_cli.register.seen import ReadExport, Reported, Seen
from ct_cli.register.sighting import Sighting, SightingKind
from ct_cli.returns.collection import Collection as Asked
from ct_cli.returns.identity import Service
from ct_cli.returns.the_return import CheckedReturn, ReturnKind
from ct_cli.returns.values_text import values_text
from ct_cli.windows.month import Month
from ct_cli.windows.window import ReportingWindow

_AHEAD = timedelta(minutes=10)
"""How far another machine's clock may be ahead of this one's."""


@dataclass
class Sighted:
    """What became of the rows, gathered as they go by."""

    submissions: list[Submission] = field(default_factory=list)
    waiting: dict[ChainKey, tuple[Seen, SightingKind]] = field(default_factory=dict)
    """What was seen, until the ledger has spelt its figures."""
    sightings: dict[ChainKey, Sighting] = field(default_factory=dict)
    """Only those that say something new."""
    unknown: dict[str, None] = field(default_factory=dict)
    """Ids that are not in the register, in the order in which they were met."""
    left_out: Counter[str] = field(default_factory=Counter)
    """Why rows make no return, in words, and how many."""
    done_before: Counter[Month] = field(default_factory=Counter)
    """Ones of the monthly report for what Capacity Tracker was seen to have before."""
    known: int = 0
    """Rows of locations that are in the register."""


@dataclass
class SightingReader:
    """Makes returns and sightings. One for an import."""

    workplace: Workplace
    locations: Mapping[str, Location]
    before: Mapping[ChainKey, Sighting]
    """The sightings that the store has."""
    moment: datetime
    _windows: dict[Month, ReportingWindow] = field(default_factory=dict)
    _asked: dict[tuple[Service, Month], Asked] = field(default_factory=dict)

    @cached_property
    def _latest(self) -> datetime:
        return self.moment + _AHEAD

    def take_seen(self, read: ReadExport, into: Sighted) -> None:
        """Take in the items of an export or the rows of a download; of two for one service, the later update counts."""
        newest: dict[ChainKey, Seen] = {}
        for seen in read.seen:
            service = self._service(seen.location_id, seen.service, into)
            if service is None:
                continue
            key = (seen.location_id, service)
            other = newest.get(key)
            if other is None or _later(seen.updated_at, other.updated_at):
                newest[key] = seen
        for key, seen in newest.items():
            self._take(key, seen, read.kind, into)

    def take_reported(self, read: ReadExport, met: Collection[tuple[str, Service, Month]], into: Sighted) -> None:
        """Take in the rows of the monthly report; `met` are the months that Capacity Tracker was seen to have before.

        A month seen in the export with its figures is not followed by an entry without any.
        """
        for said in read.reported:
            services = self._services_reported(said, into)
            for service in services:
                for month in said.done:
                    if (said.location_id, service, month) in met:
                        into.done_before[month] += 1
                    else:
                        into.submissions.append(self._done(said, service, month))
            location = self.locations.get(said.location_id)
            owing = () if location is None else location.mandated_services
            for service in () if location is None else location.services:
                unsaid = said.service is None and len(owing) > 1 and service in owing
                self._note_report(said, service, (service in services, unsaid), into)

    def months_reported(self, read: ReadExport) -> tuple[Month, Month] | None:
        """The first and the last month for which the report has a 1; None where there is none."""
        months = {month for said in read.reported for month in said.done}
        return (min(months), max(months)) if months else None

    def _take(self, key: ChainKey, seen: Seen, kind: SightingKind, into: Sighted) -> None:
        location_id, service = key
        updated_at = seen.updated_at
        if updated_at is None:
            into.left_out["never updated, or without a moment that can be read"] += 1
        elif updated_at > self._latest:
            into.left_out["updated at a moment that is still to come: their clock or ours is wrong"] += 1
            return
        elif not service.mandated:
            into.left_out["of services that owe no monthly return"] += 1
        else:
            month = Month.of(updated_at.astimezone(self.moment.tzinfo).date())
            if self._window(month).holds(updated_at):
                values = self._asked_for(service, month, seen)
                into.submissions.append(self._submission(location_id, service, month, values, updated_at))
            else:
                into.left_out["last updated outside a window, which says nothing of the window before"] += 1
        into.waiting[key] = (seen, kind)

    def note_seen(self, recorded: Iterable[Outcome], into: Sighted) -> None:
        """Make sightings of what was seen, with the figures as the ledger spells them where they are in it."""
        spelt = {(it.entry.location_id, it.entry.service): it.entry.content for it in recorded if it.entry is not None}
        for key, (seen, kind) in into.waiting.items():
            self._note_seen(key, seen, kind, spelt.get(key) or values_text(seen.values), into)
        into.waiting = {}

    def _note_seen(self, key: ChainKey, seen: Seen, kind: SightingKind, content: str, into: Sighted) -> None:
        before = into.sightings.get(key) or self.before.get(key)
        if before is not None and before.updated_at is not None:
            if seen.updated_at is None or seen.updated_at < before.updated_at:
                return  # an older file than the one before: what is known is newer
            if seen.updated_at == before.updated_at:
                # A download says less than the export of the same update: what one is silent on, the other said.
                content = max(before.content, content, key=len)
                seen = seen._replace(
                    admission_status=seen.admission_status or before.admission_status,
                    accepting=before.accepting if seen.accepting is None else seen.accepting,
                    confirmed_save=before.confirmed_save if seen.confirmed_save is None else seen.confirmed_save,
                )
        now = Sighting(
            *key,
            kind,
            self.moment,
            seen.updated_at,
            seen.admission_status,
            seen.accepting,
            seen.confirmed_save,
            before.user_count if before else None,
            before.not_done if before else (),
            before.one_of_several if before else (),
            content,
        )
        if before is None or not now.says_as(before):
            into.sightings[key] = now

    def _note_report(self, said: Reported, service: Service, about: tuple[bool, bool], into: Sighted) -> None:
        """`about` is whether the row is for this service, and whether it is for one of several that it may be for."""
        meant, unsaid = about
        key = (said.location_id, service)
        before = into.sightings.get(key) or self.before.get(key)
        now = (before or Sighting(*key, SightingKind.REPORT, self.moment))._replace(
            kind=SightingKind.REPORT,
            seen_at=self.moment,
            not_done=said.not_done if meant else (),
            one_of_several=said.done if unsaid else (),
        )
        if said.user_count is not None:
            now = now._replace(user_count=said.user_count)
        if before is None or not now.says_as(before):
            into.sightings[key] = now

    def _service(self, location_id: str, given: Service | None, into: Sighted) -> Service | None:
        location = self.locations.get(location_id)
        if location is None:
            into.unknown[location_id] = None
            return None
        into.known += 1
        if given is not None:
            return given
        if len(location.services) == 1:
            return location.services[0]
        into.left_out["of a location with several services, without saying which is meant"] += 1
        return None

    def _services_reported(self, said: Reported, into: Sighted) -> tuple[Service, ...]:
        """The services that a row of the report is for: it has one row a location, whatever that offers."""
        location = self.locations.get(said.location_id)
        if location is None:
            into.unknown[said.location_id] = None
            return ()
        into.known += 1
        owing = location.mandated_services
        if said.service is not None:
            return (said.service,) if said.service in owing else ()
        if len(owing) > 1:
            into.left_out["of a location that owes two returns, where the report does not say which was made"] += 1
            return ()
        return owing

    def _done(self, said: Reported, service: Service, month: Month) -> Submission:
        note = "Capacity Tracker's monthly report has 1 for this month; it gives neither the day nor the figures."
        submission = self._submission(said.location_id, service, month, {}, self.moment)
        checked = replace(submission.checked, note=note)
        return submission._replace(checked=checked, source=Source.CAPACITY_TRACKER_REPORT)

    def _submission(
        self, location_id: str, service: Service, month: Month, values: dict[str, int | str], at: datetime
    ) -> Submission:
        collection = self._collection(service, month).id
        checked = CheckedReturn(location_id, service, month, ReturnKind.FULL, collection, values)
        by = self.workplace.recorded_by
        return Submission(checked, at, True, self.workplace.rehearsing, Source.CAPACITY_TRACKER, by)

    def _asked_for(self, service: Service, month: Month, seen: Seen) -> dict[str, int | str]:
        """The figures that are asked of the service: the export has staff of which home care is not asked."""
        asked = self._collection(service, month).by_key
        if seen.values.keys() <= asked.keys():
            return seen.values
        return {key: value for key, value in seen.values.items() if key in asked}

    def _collection(self, service: Service, month: Month) -> Asked:
        key = (service, month)
        if key not in self._asked:
            self._asked[key] = self.workplace.catalogue.for_month(service, month)
        return self._asked[key]

    def _window(self, month: Month) -> ReportingWindow:
        if month not in self._windows:
            self._windows[month] = self.workplace.calendar.window(month)
        return self._windows[month]


def labels(workplace: Workplace) -> dict[str, list[str]]:
    """Every item that any version of a mandated service's collection asks, with its labels."""
    found: dict[str, list[str]] = {}
    for service in Service:
        for version in workplace.catalogue.versions(service) if service.mandated else ():
            for item in version.items:
                found.setdefault(item.key, []).append(item.label)
    return found


def _later(one: datetime | None, other: datetime | None) -> bool:
    return one is not None and (other is None or one > other)
