"""How evidence is worded, the same on the page and in the sheet."""

from datetime import datetime

from ct_cli.backends.contract import Entry, Source
from ct_cli.clock import LONDON
from ct_cli.compliance.obligation import Made, Obligation, ObligationStatus
from ct_cli.reports.evidence import ServiceRisk
from ct_cli.returns.the_return import ReturnKind

KINDS = {ReturnKind.FULL: "return", ReturnKind.NIL: "nil return", ReturnKind.UNCHANGED: "no change confirmed"}
BRIEFLY: dict[str, str] = {
    Source.CAPACITY_TRACKER: "seen in Capacity Tracker",
    Source.CAPACITY_TRACKER_REPORT: "in Capacity Tracker's monthly report",
    Source.RECEIVED_BY_API: "received by a ct server",
}
_STATUSES = {
    ObligationStatus.OPEN: "open: not yet made",
    ObligationStatus.FULFILLED: "made",
    ObligationStatus.MISSED: "no return known",
    ObligationStatus.UPCOMING: "not yet open",
    ObligationStatus.NOT_REQUIRED: "not required",
}


def day(moment: datetime) -> str:
    """A day with its weekday, in London: Mon 16 December 2024."""
    here = moment.astimezone(LONDON)
    return f"{here:%a} {here.day} {here:%B %Y}"


def exact(moment: datetime) -> str:
    """A moment to the second, with London's zone: Mon 9 December 2024, 10:00:00 GMT."""
    return f"{day(moment)}, {moment.astimezone(LONDON):%H:%M:%S %Z}"


def received(made: Made) -> str:
    """When it was received; when it was heard of, where its source gives no day."""
    if made.source == Source.CAPACITY_TRACKER_REPORT:
        return f"day not given; in the monthly report taken in on {day(made.received_at)}"
    return exact(made.received_at)


def kind(entry: Entry) -> str:
    """How the month was answered, with a nil return's reason."""
    words = KINDS[entry.kind]
    return f"{words} ({entry.reason.value.replace('-', ' ')})" if entry.reason else words


def known(made: Made) -> str:
    """How a month was answered, where the word comes from elsewhere than the provider, and a rehearsal as such."""
    aside = [BRIEFLY[made.source]] if made.source in BRIEFLY else []
    aside += ["rehearsal"] if made.rehearsal else []
    return f"{KINDS[made.kind]} ({', '.join(aside)})" if aside else KINDS[made.kind]


def standing(found: Obligation) -> str:
    """How an obligation stands, and why it is not owed or not met."""
    words = _STATUSES[found.status]
    return f"{words}: {found.why}" if found.why else words


def risk(found: ServiceRisk) -> str:
    """Which missed months bring what risk, and where it may be graver: missed the last 2 (October 2024, …)."""
    known = f"{found.risk.words} ({', '.join(month.in_words() for month in found.months)})" if found.months else ""
    if not found.rests_on_no_record:
        return known
    since = f" before {found.recorded_from.in_words()}" if found.recorded_from else ""
    return f"{known or 'the risk is not known'}; nothing is recorded here{since}, so earlier months are not counted"


def arrival(entry: Entry) -> str:
    """Whether the return came in time, and whether it was only rehearsed."""
    words = "inside the window" if entry.fulfils else "outside the window: it fulfils nothing"
    words += "" if entry.source.gives_day else ", by that report"
    if entry.survey:
        words = f"answers the voluntary survey {entry.survey}"
    return f"{words}; a rehearsal, not a return that was made" if entry.rehearsal else words
