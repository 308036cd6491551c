"""Rules about people: staff who are absent, people who use home care, and what changed since the last return."""

from collections.abc import Sequence

from ct_cli.returns.identity import Service
from ct_cli.returns.rules.case import Case
from ct_cli.returns.rules.rule import Found, rule
from ct_cli.returns.rules.staff import ROLES
from ct_cli.windows.month import Month

_ABSENT = {
    Service.CARE_HOME: tuple(
        (f"{role}_{absent}", f"{role}_employed", words)
        for role, words in ROLES
        for absent in ("absent", "absent_covid")
    ),
    Service.HOME_CARE: (("care_workers_absent", "care_workers_employed", "care workers"),),
}

LEAST_HOME_CARE, MOST_HOME_CARE = 1, 3_000
"""Skills for Care's own figures, both still inside."""

_JUMPS = {
    Service.CARE_HOME: (("maximum_capacity", "maximum capacity"), ("occupied", "occupied beds")),
    Service.HOME_CARE: (("people_using_service", "people using the service"),),
}
SMALLEST_JUMP = 10
"""A change of fewer is never a jump. This and the half are ct's choice: no source says where the line is."""


@rule("absent-over-employed")
def absent_over_employed(case: Case) -> Sequence[Found]:
    """Absent staff of a role are among its employed."""
    get = case.values.get
    found: list[Found] | None = None
    for absent_key, employed_key, words in _ABSENT[case.service]:
        absent = get(absent_key)
        if not absent:
            continue
        employed = get(employed_key)
        if employed is not None and absent > employed:
            sentence = f"{absent} {words} are absent, but {employed} are employed"
            found = found or []
            found.append(Found(sentence, None, absent_key, {absent_key: absent, employed_key: employed}))
    return found or ()


@rule("home-care-size-unusual", Service.HOME_CARE)
def home_care_size_unusual(case: Case) -> Sequence[Found]:
    """Care workers and people using the service are 1 to 3,000, both included."""
    found = []
    for key, words in (("people_using_service", "people use the service"), ("care_workers_employed", "care workers")):
        count = case.values.get(key)
        if count is None or LEAST_HOME_CARE <= count <= MOST_HOME_CARE:
            continue
        sentence = f"{count:,} {words}; {LEAST_HOME_CARE} to {MOST_HOME_CARE:,} is usual"
        found.append(Found(sentence, None, key, {key: count}))
    return found


@rule("people-split-differs", Service.HOME_CARE)
def people_split_differs(case: Case) -> Sequence[Found]:
    """People by who pays for them make the people using the service."""
    get = case.values.get
    total, funded, paying = get("people_using_service"), get("people_nhs_or_council"), get("people_self_funded")
    if total is None or (funded is None and paying is None):
        return ()
    made = (funded or 0) + (paying or 0)
    if made == total or (made < total and None in (funded, paying)):
        return ()
    words = f"people by who pays for them make {made}, but {total} use the service"
    return (Found(words, None, "people_using_service", {"people_using_service": total, "by_payer": made}),)


@rule("large-jump")
def large_jump(case: Case) -> Sequence[Found]:
    """A figure is near the last return's: within half of the larger, or fewer than 10 away."""
    previous = case.previous
    if previous is None or not (last_values := previous.values):
        return ()
    before, now = last_values.get, case.values.get
    found: list[Found] | None = None
    for key, words in _JUMPS[case.service]:
        last, this = before(key), now(key)
        if last != this and isinstance(last, int) and this is not None and _jumped(last, this):
            found = [*(found or ()), _jump(key, words, last, this, previous.month)]
    total, last_total = case.staff_total, case.last_staff_total
    if total != last_total and total is not None and last_total is not None and _jumped(last_total, total):
        found = [*(found or ()), _jump(None, "staff in total", last_total, total, previous.month)]
    return found or ()


def _jumped(last: int, now: int) -> bool:
    change = now - last if now > last else last - now
    return change >= SMALLEST_JUMP and change * 2 > (now if now > last else last)


def _jump(field: str | None, words: str, last: int, now: int, month: Month) -> Found:
    sentence = f"{words}: {last} in {month.in_words()}, now {now}"
    return Found(sentence, None, field, {"last": last, "now": now, "last_month": str(month)})


@rule("nil-after-people")
def nil_after_people(case: Case) -> Sequence[Found]:
    """A nil return does not follow a return with people in it without a word."""
    previous = case.previous
    if previous is None:
        return ()
    key = "occupied" if case.service is Service.CARE_HOME else "people_using_service"
    people = previous.values.get(key)
    if not isinstance(people, int) or people == 0:
        return ()
    kind = "beds occupied" if key == "occupied" else "people using the service"
    words = f"a nil return, but {previous.month.in_words()}'s return had {people} {kind}"
    return (Found(words, None, key, {key: people, "last_month": str(previous.month)}),)
