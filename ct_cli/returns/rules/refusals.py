"""Rules across items that refuse a return."""

from collections.abc import Sequence

from ct_cli.returns.identity import Service
from ct_cli.returns.rules.rule import Case, Found, rule

ROLES = (
    ("nurses", "registered nurses"),
    ("care_workers", "care providing staff"),
    ("non_care_workers", "non-care providing staff"),
)
"""Each role's key and words, care homes' and (the second alone) home care's."""

_ABSENT = tuple(
    (f"{role}_{absent}", f"{role}_employed", words) for role, words in ROLES for absent in ("absent", "absent_covid")
)


@rule("beds-over-capacity", Service.CARE_HOME)
def beds_over_capacity(case: Case) -> Sequence[Found]:
    """Occupied + reserved + accepting is at most the maximum capacity."""
    get = case.values.get
    capacity = get("maximum_capacity")
    if capacity is None:
        return ()
    occupied, reserved, accepting = get("occupied", 0), get("reserved", 0), get("accepting_admissions", 0)
    total = occupied + reserved + accepting
    if total <= capacity:
        return ()
    words = (
        f"{occupied} occupied, {reserved} reserved and {accepting} accepting make {total}, "
        f"more than the maximum capacity of {capacity}"
    )
    facts = {
        "occupied": occupied,
        "reserved": reserved,
        "accepting_admissions": accepting,
        "maximum_capacity": capacity,
    }
    field = "occupied" if occupied > capacity else "maximum_capacity"
    return (Found(words, f"Correct whichever is wrong: together they are at most {capacity}.", field, facts),)


@rule("absent-over-employed")
def absent_over_employed(case: Case) -> Sequence[Found]:
    """Absent staff of a role are among its employed."""
    get = case.values.get
    found: list[Found] | None = None
    for absent_key, employed_key, words in _ABSENT:
        absent = get(absent_key)
        if absent is None:
            continue
        employed = get(employed_key)
        if employed is not None and absent > employed:
            sentence = f"{absent} {words} are absent, but only {employed} are employed"
            facts = {absent_key: absent, employed_key: employed}
            remedy = "Correct the absent or the employed count; agency staff are counted in neither."
            found = [*(found or []), Found(sentence, remedy, absent_key, facts)]
    return found or ()
