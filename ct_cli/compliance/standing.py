"""How each service at each location stands over a span of months: what was owed, what was made, what risk follows."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from ct_cli.compliance.obligation import Counting, Made, ObligationStatus, status_of
from ct_cli.compliance.risk import NO_RISK, Risk, assess, assess_if_made, assess_if_missed
from ct_cli.compliance.span import Span
from ct_cli.register.location import Location
from ct_cli.register.sighting import Sighting
from ct_cli.returns.identity import Service
from ct_cli.windows.month import Month


@dataclass(frozen=True, slots=True)
class Standing:
    """One service at one location over a span. `owed` and `made` are months as bits of the span."""

    location: Location
    service: Service
    span: Span
    owed: int
    made: int
    told: int = 0
    """The months of which Capacity Tracker itself was seen to say that they were not done."""
    unsaid: int = 0
    """The months that its monthly report has as done for the location, without saying for which of its services."""

    def status(self, month: Month) -> ObligationStatus:
        """How the obligation of one month of the span stands."""
        return status_of(self.span.bit(month), self.owed, self.made, self.span)

    @property
    def missed(self) -> int:
        """The months owed, closed and not made."""
        return self.owed & self.span.closed & ~self.made

    @property
    def liable(self) -> bool:
        """Whether a penalty can follow: public bodies owe returns, but are not liable (2022 Regulations)."""
        return not self.location.public_body

    @property
    def decided(self) -> int:
        """The months whose outcome is known: closed, or made before their close."""
        return self.span.closed | (self.made & self.span.open)

    @property
    def risk(self) -> Risk:
        """The risk by the twelve windows that end with the newest decided one; months are bits of the span."""
        if not self.missed:
            return NO_RISK
        newest = self._newest_decided()
        found = assess((self.missed & self.span.enforced) >> newest)
        return Risk(found.level, found.rule, found.months << newest) if found.months else NO_RISK

    def risk_if_missed(self) -> Risk | None:
        """The known risk if the window that is open, or next to open, were missed; None where nothing is owed then."""
        return self._risk_if(assess_if_missed)

    def risk_if_made(self) -> Risk | None:
        """The known risk once the window that is open, or next to open, is met; None where nothing is owed then."""
        return self._risk_if(assess_if_made)

    @property
    def rests_on_no_record(self) -> bool:
        """Whether the risk begins before the first return that ct knows of.

        The misses may then be only what ct was never told: returns made elsewhere before it was in use.
        """
        months = self.risk.months
        return bool(months) and months.bit_length() > (self.made | self.told).bit_length()

    @property
    def rests_on_unsaid(self) -> bool:
        """Whether the risk counts a month that may have been made, by the monthly report: inferred."""
        return bool(self.risk.months & self.unsaid)

    @property
    def recorded_from(self) -> Month | None:
        """The first month of the span of which ct knows whether it was made; None where it knows of none."""
        known = (self.made | self.told).bit_length()
        return self.span.last + (1 - known) if known else None

    @property
    def known_risk(self) -> Risk:
        """The risk by what ct knows alone: no month before `recorded_from` counts as missed, and none of `unsaid`."""
        return self._known_risk(self._newest_decided())

    @property
    def newly_at_risk(self) -> bool:
        """Whether the newest decided window raised the known risk."""
        if not self.missed:
            return False
        newest = self._newest_decided()
        return self._known_risk(newest).level.severity > self._known_risk(newest + 1).level.severity

    def _known_risk(self, newest: int) -> Risk:
        found = assess(self._missed_as_known >> newest)
        return Risk(found.level, found.rule, found.months << newest) if found.months else NO_RISK

    @property
    def _missed_as_known(self) -> int:
        known = (1 << (self.made | self.told).bit_length()) - 1
        return self.missed & self.span.enforced & known & ~self.unsaid

    def _newest_decided(self) -> int:
        decided = self.decided
        return (decided & -decided).bit_length() - 1 if decided else len(self.span.windows)

    def _risk_if(self, assessed: Callable[[int], Risk]) -> Risk | None:
        newest = self._newest_decided()
        coming = 1 << (newest - 1) if newest else 0
        if not self.owed & coming:
            return None
        found = assessed(self._missed_as_known >> newest)
        return Risk(found.level, found.rule, found.months << (newest - 1))


NOTHING_TOLD: Mapping[tuple[str, Service], int] = {}


def months_told(sightings: Iterable[Sighting], span: Span) -> dict[tuple[str, Service], int]:
    """The months that Capacity Tracker was seen not to have, as bits of the span for each location and service.

    By the noughts of its monthly report; and, where it was last updated before a window opened and looked at after
    that window closed, the months in between.
    """
    found: dict[tuple[str, Service], int] = {}
    for it in sightings:
        bits = sum(span.bit(month) for month in it.not_done if span.holds(month))
        if it.updated_at is not None:
            for window in reversed(span.windows):
                if window.opens_at <= it.updated_at:
                    break
                if window.ends_at <= it.seen_at:
                    bits |= span.bit(window.month)
        if bits:
            found[it.location_id, it.service] = bits
    return found


def months_unsaid(sightings: Iterable[Sighting], span: Span) -> dict[tuple[str, Service], int]:
    """The months that its monthly report has as done for a location of several services, as bits of the span."""
    return {
        (it.location_id, it.service): sum(span.bit(month) for month in it.one_of_several if span.holds(month))
        for it in sightings
        if it.one_of_several
    }


def standings(
    locations: Iterable[Location],
    made: Mapping[tuple[str, Service], int],
    span: Span,
    *,
    every_service: bool = False,
    told: Mapping[tuple[str, Service], int] = NOTHING_TOLD,
    unsaid: Mapping[tuple[str, Service], int] = NOTHING_TOLD,
) -> Iterator[Standing]:
    """A standing for each mandated service of each location, in the order of the locations.

    `made` holds, for each location and service, the months of the span that were met, as bits. With `every_service`,
    those that owe nothing are there as well. `told` are the months that Capacity Tracker said were not done, `unsaid`
    those that it said were done at the location, without the service.
    """
    for location in locations:
        owed = span.owed(location)
        for service in location.services:
            if service.mandated:
                key = (location.id, service)
                bits = made.get(key, 0)
                yield Standing(location, service, span, owed, bits, told.get(key, 0), unsaid.get(key, 0) & ~bits)
            elif every_service:
                yield Standing(location, service, span, 0, made.get((location.id, service), 0))


def months_made(known: Iterable[Made], last: Month, counting: Counting) -> dict[tuple[str, Service], int]:
    """The months met by the returns that count, as bits for each location and service; bit 0 is the last month."""
    newest = last.ordinal
    found: dict[tuple[str, Service], int] = {}
    for one in known:
        if counting.counts(one):
            key = (one.location_id, one.service)
            found[key] = found.get(key, 0) | 1 << (newest - one.month.ordinal)
    return found
