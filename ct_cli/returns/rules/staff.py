"""Queries about staff: figures that analysts downstream throw away unless somebody says that they are right."""

from collections.abc import Sequence
from itertools import starmap

from ct_cli.returns.identity import Service
from ct_cli.returns.rules.case import Case
from ct_cli.returns.rules.rule import Found, rule
from ct_cli.windows.month import Month
from ct_cli.windows.window import OPENING_DAY

ROLES = (
    ("nurses", "registered nurses"),
    ("care_workers", "care providing staff"),
    ("non_care_workers", "non-care providing staff"),
)
"""Each role's key and words: care homes' and, the second alone, home care's."""

_EMPLOYED = tuple((f"{role}_employed", words) for role, words in ROLES)
_PAIRS = tuple((f"{role}_employed", f"agency_{role}") for role, _ in ROLES)

LARGEST_ROLE = 1_000
LARGEST_AGENCY = 2_500
LARGEST_TOTAL = 4_000
LEAST_PER_BED, MOST_PER_BED = 0.66, 6.0
"""Skills for Care's own figures, each still inside."""

_UNCHANGED_DAYS = {
    Service.CARE_HOME: ((250, 65), (50, 125), (10, 155), (0, 370)),
    Service.HOME_CARE: ((50, 65), (10, 125), (0, 250)),
}
"""From how many staff on, the most days for which the total may stay the same. Source: Skills for Care's pipeline."""


@rule("agency-equals-employed", Service.CARE_HOME)
def agency_equals_employed(case: Case) -> Sequence[Found]:
    """Agency counts that equal the employed counts in all three roles look entered twice. All 0 is no finding."""
    values = case.values
    # The first pair differs in nearly every return, so this looks no further.
    if values.get("nurses_employed") != values.get("agency_nurses"):
        return ()
    counts = [(values.get(employed), values.get(agency)) for employed, agency in _PAIRS]
    if None in counts[0] or any(a != b for a, b in counts) or not any(a for a, _ in counts):
        return ()
    same = ", ".join(str(a) for a, _ in counts)
    words = f"agency and bank staff ({same}) equal the directly employed staff in all three roles"
    facts = {key: values.get(key) for pair in _PAIRS for key in pair}
    return (Found(words, None, "agency_care_workers", facts),)


@rule("role-very-large", Service.CARE_HOME)
def role_very_large(case: Case) -> Sequence[Found]:
    """A directly employed role is at most 1,000."""
    get = case.values.get
    if get("care_workers_employed", 0) <= LARGEST_ROLE and (
        get("nurses_employed", 0) <= LARGEST_ROLE and get("non_care_workers_employed", 0) <= LARGEST_ROLE
    ):
        return ()
    large = [(key, get(key), words) for key, words in _EMPLOYED if get(key, 0) > LARGEST_ROLE]
    return tuple(starmap(_large_role, large))


def _large_role(key: str, count: int, words: str) -> Found:
    sentence = f"{count:,} {words} are directly employed, more than {LARGEST_ROLE:,}"
    return Found(sentence, None, key, {key: count, "limit": LARGEST_ROLE})


@rule("agency-very-large", Service.CARE_HOME)
def agency_very_large(case: Case) -> Sequence[Found]:
    """Agency care staff are at most 2,500."""
    count = case.values.get("agency_care_workers", 0)
    if count <= LARGEST_AGENCY:
        return ()
    words = f"{count:,} agency or bank care staff are given, more than {LARGEST_AGENCY:,}"
    return (Found(words, None, "agency_care_workers", {"agency_care_workers": count, "limit": LARGEST_AGENCY}),)


@rule("staff-total-very-large", Service.CARE_HOME)
def staff_total_very_large(case: Case) -> Sequence[Found]:
    """Staff in total are at most 4,000."""
    total = case.staff_total
    if total is None or total <= LARGEST_TOTAL:
        return ()
    words = f"{total:,} staff are given in total, more than {LARGEST_TOTAL:,}"
    return (Found(words, None, None, {"staff_total": total, "limit": LARGEST_TOTAL}),)


@rule("staff-per-bed-unusual", Service.CARE_HOME)
def staff_per_bed_unusual(case: Case) -> Sequence[Found]:
    """Total staff for each bed is 0.66 to 6.00, both included, in 95 of 100 locations."""
    total, beds = case.staff_total, case.values.get("maximum_capacity")
    if total is None or not beds or LEAST_PER_BED * beds <= total <= MOST_PER_BED * beds:
        return ()
    words = f"{total} staff for {beds} beds is {total / beds:.2f} for each; 95 of 100 locations have 0.66 to 6.00"
    return (Found(words, None, "maximum_capacity", {"staff_total": total, "maximum_capacity": beds}),)


@rule("staff-unchanged-long")
def staff_unchanged_long(case: Case) -> Sequence[Found]:
    """The staff total changes within so many days, by the size of the staff.

    Counted from window to window, from the 8th of one month to that of another: inferred, so that the answer does not
    hang on the day of the month on which somebody sends.
    """
    previous, total = case.previous, case.staff_total
    if previous is None or total is None or total != case.last_staff_total:
        return ()
    # Asked for last: it may have to be looked up in the ledger.
    since = previous.staff_total_since
    # The shortest limit is 65 days: two windows are at most 62 apart, so this settles nearly every return.
    if since is None or case.month - since <= 2:
        return ()
    days = _days_between(since, case.month)
    limit = unchanged_limit(case.service, total) or 0
    if days <= limit:
        return ()
    words = f"the staff total has been {total} since {since.in_words()}, {days} days; at this size, {limit} is long"
    facts = {"staff_total": total, "since": str(since), "days": days, "limit": limit}
    return (Found(words, None, None, facts),)


def unchanged_limit(service: Service, total: int) -> int | None:
    """The most days, included, for which a staff of that size usually stays the same; None where there is no limit."""
    limits = _UNCHANGED_DAYS.get(service, ())
    return next((limit for least, limit in limits if total >= least), None)


def _days_between(first: Month, last: Month) -> int:
    return (last.day(OPENING_DAY) - first.day(OPENING_DAY)).days
