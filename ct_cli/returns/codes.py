"""Every code that a problem can have: what it means, what to do, and where the rule comes from."""

from typing import Any

from ct_cli.returns.code import Code
from ct_cli.returns.codes_of_files import FILE_CODES
from ct_cli.returns.codes_of_lists import LIST_CODES
from ct_cli.returns.codes_of_sending import SENDING_CODES
from ct_cli.returns.collection import Basis
from ct_cli.returns.problem import Place, Problem, Severity

_NOTICE = "Formal notice under s277A Health and Social Care Act 2012"
_PIPELINE = "Skills for Care's public pipeline, which throws such values away"
_CT = "How ct reads what it is given"
_GUARD = "CT wants no data that identifies a person; keeping it out is the provider's responsibility"


def _error(code: str, meaning: str, remedy: str, source: str = _CT, basis: Basis = Basis.INFERRED) -> Code:
    return Code(code, Severity.ERROR, meaning, remedy, source, basis)


def _query(code: str, meaning: str, remedy: str, source: str = _PIPELINE, basis: Basis = Basis.EXPORT) -> Code:
    return Code(code, Severity.QUERY, meaning, remedy, source, basis)


def _info(code: str, meaning: str, remedy: str, source: str = _CT, basis: Basis = Basis.INFERRED) -> Code:
    return Code(code, Severity.INFO, meaning, remedy, source, basis)


_VALUES = (
    _error(
        "mandatory-missing",
        "An item that must be given was left blank. Blank is not 0: a blank says nothing, 0 says that there are none.",
        "Give the number; write 0 where there are none.",
        _NOTICE,
        Basis.NOTICE,
    ),
    _error(
        "not-a-whole-number",
        "A count was written as something other than a whole number in the digits 0 to 9.",
        "Write digits alone, as in 36: no decimals, thousands separators, words or other alphabets' digits.",
    ),
    _error("below-zero", "A count is below zero.", "Write 0 or more."),
    _error(
        "too-large",
        "A count is larger than any location's could be: more than 999,999. A telephone or NHS number may have "
        "slipped into the wrong column.",
        "Write the real number.",
    ),
    _error("not-a-percentage", "A percentage is more than 100.", "Write a whole number from 0 to 100."),
    _error("not-yes-or-no", "An item to be answered yes or no has another answer.", "Write yes or no."),
    _error("text-too-long", "An item of free text is too long.", "Shorten it to 500 characters."),
    _error("note-too-long", "The note is too long.", "Shorten it to 1,000 characters."),
    _error(
        "not-text",
        "A note or free text has a character that is none: a NUL, or half of one, as is left where a text was cut or "
        "read in the wrong encoding.",
        "Type it again without that character.",
    ),
    _error("field-unknown", "No item has this name.", "Correct the name; `ct fields` lists them."),
    _error(
        "field-not-asked",
        "The item exists, but it is not asked for this service and month: it belongs to another service, to another "
        "version of what is asked, or to another season.",
        "Leave it out; `ct fields --service S --month M` lists what is asked.",
    ),
    _error(
        "nothing-asked",
        "ct knows no list of what is asked for this service and month, so it can check nothing. Lists for hospices, "
        "substance misuse and community rehabilitation are not known, nor is any list before August 2022.",
        "Put your own list in the folder that the setting `collections` names, or enter it in Capacity Tracker alone.",
    ),
    _error("return-empty", "The return holds no values.", "Give the items, or make a nil return."),
    _error(
        "personal-data",
        "A note or free text seems to hold something that identifies a person: an NHS or National Insurance number, "
        "an email address, a telephone number, a date of birth, or a title and surname. ct says where and what kind, "
        "and does not repeat it.",
        "Take it out: say how many, not who.",
        _GUARD,
        Basis.NOTICE,
    ),
)

_RETURNS = (
    _error("location-unknown", "The location is not in the register.", "Add it with `ct locations add`.", _NOTICE),
    _error(
        "service-not-registered",
        "The location is not registered for this service.",
        "Name a service it has; `ct locations show` lists them. Where CQC has it wrong, put it right with CQC and make "
        "a nil return until then.",
        _NOTICE,
        Basis.NOTICE,
    ),
    _error(
        "location-closed",
        "The location's registration ended before this month began, so no return is owed.",
        "Check the month; if it is still registered, mend its end with `ct locations edit`.",
    ),
    _error(
        "location-not-registered-yet",
        "The location's registration starts after this month, so no return is owed yet.",
        "Check the month; if it was registered, mend its start with `ct locations edit`.",
    ),
    _error(
        "window-not-open",
        "The month's reporting window is not open: it runs from the 8th to the 14th, or to the next working day.",
        "Send it inside the window; --outside-window records an update that fulfils nothing.",
        _NOTICE,
        Basis.NOTICE,
    ),
    _error(
        "nil-without-reason",
        "A nil return says why there is nothing to report.",
        "Give one of the reasons; `ct nil-return --help` lists them.",
        _NOTICE,
        Basis.NOTICE,
    ),
    _error(
        "nil-with-values",
        "A nil return holds numbers, so it is not clear which is meant.",
        "Clear the items to make a nil return, or clear the reason to make a full one.",
    ),
    _error(
        "nothing-to-confirm",
        "“Unchanged” confirms the last return, and there is none with values to confirm.",
        "Make a full return, or a nil return.",
    ),
    _error(
        "unchanged-but-different",
        "The return says that nothing has changed, yet holds a value that differs from the last return's.",
        "Leave out “unchanged” to send the new values, or leave out the values.",
    ),
    _error(
        "confirm-without-note",
        "A query was confirmed without saying why the value is right.",
        "Add a note (--note) of a sentence; name nobody in it.",
    ),
    _query(
        "replaces-figures",
        "A return for this month is recorded with figures, and this one leaves some of them out: it is a nil return, "
        "or blank where there was a figure. The version before stays in the history.",
        "To keep the figures, give them again. To replace them, add --confirm replaces-figures (no note is needed).",
        _CT,
        Basis.INFERRED,
    ),
    _info(
        "clock-set-back",
        "By the clock, the return was received more than an hour before an earlier one for the same location and "
        "service: the clock was set back, here or where the earlier one was recorded. It is recorded all the same.",
        "Check the computer's clock: `ct doctor` tells how it stands.",
    ),
    _info(
        "confirm-not-needed",
        "A code was confirmed that this return did not raise.",
        "Leave it out; see that its spelling is right.",
    ),
)

_RULES = (
    _error(
        "beds-over-capacity",
        "Occupied, reserved and accepting beds together are more than the maximum capacity.",
        "Correct whichever is wrong: together they are at most the maximum capacity.",
        _NOTICE,
        Basis.NOTICE,
    ),
    _error(
        "absent-over-employed",
        "More staff are absent in a role than are employed in it.",
        "Correct the absent or the employed count; agency staff are not counted in either.",
        "The items' own meaning",
    ),
    _query(
        "agency-equals-employed",
        "Agency or bank counts equal the directly employed counts in all three roles, as if entered twice.",
        "Check that agency staff are not counted again; if it is right, confirm with a note.",
    ),
    _query(
        "role-very-large",
        "More than 1,000 people are given for one directly employed role.",
        "Check for a slipped digit; give this location's staff alone. If it is right, confirm with a note.",
    ),
    _query(
        "agency-very-large",
        "More than 2,500 agency or bank care staff are given.",
        "Check for a slipped digit; if it is right, confirm with a note.",
    ),
    _query(
        "staff-total-very-large",
        "More than 4,000 staff are given in total.",
        "Give this location's staff, not the whole group's. If it is right, confirm with a note.",
    ),
    _query(
        "home-care-size-unusual",
        "Care workers or people using the service are outside 1 to 3,000.",
        "With none of either, a nil return is the answer. If it is right, confirm with a note.",
    ),
    _query(
        "staff-per-bed-unusual",
        "Total staff for each bed is outside 0.66 to 6.00; 95 of 100 locations are inside.",
        "Check staff and maximum capacity; if it is right, confirm with a note.",
    ),
    _query(
        "staff-unchanged-long",
        "The total of staff has been the same for so long that analysts take it as not updated.",
        "Count again, bank and agency included; if it is right, confirm with a note.",
    ),
    _query(
        "capacity-differs-from-cqc",
        "Maximum capacity differs from the number of beds that CQC has for the location.",
        "If CQC is wrong, put it right with CQC; if it is right, correct the capacity. Else confirm with a note.",
        _NOTICE + ": CT takes beds from CQC",
        Basis.NOTICE,
    ),
    _query(
        "beds-unaccounted",
        "Occupied, reserved and accepting beds fall short of the maximum capacity, and no beds are given as closed.",
        "Give the closed beds by bed type, or correct the counts; if beds are out of use, say so in a note.",
        "DHSC's own split: occupied, vacant admittable and vacant non-admittable make 100%",
    ),
    _query(
        "large-jump",
        "A figure is far from the last return's: by more than half of the larger, and by 10 or more.",
        "Check for a slipped digit; if it is right, confirm with a note that says what happened.",
        "Skills for Care's pipeline looks at jumps; where the line is drawn here is ct's choice",
        Basis.INFERRED,
    ),
    _query(
        "nil-after-people",
        "A nil return follows a return with people in it.",
        "If people still use the service, make a full return; if not, confirm with a note.",
        "A sudden nil looks like a slip",
        Basis.INFERRED,
    ),
    _info(
        "people-split-differs",
        "People funded by the NHS or a council and people who pay for themselves do not add up to the total.",
        "Check the three numbers.",
    ),
    _info(
        "bed-types-differ",
        "Beds by type do not add up: used, reserved, spare and closed to a type's total, or totals to the capacity.",
        "Check the numbers of that bed type.",
    ),
)

_ALL = (*_VALUES, *_RETURNS, *_RULES, *FILE_CODES, *LIST_CODES, *SENDING_CODES)

CODES: dict[str, Code] = {code.code: code for code in _ALL}
"""Every code by name."""


def problem(
    code: str,
    words: str,
    remedy: str | None = None,
    *,
    field: str | None = None,
    location_id: str | None = None,
    service: str | None = None,
    place: Place | None = None,
    facts: dict[str, Any] | None = None,
) -> Problem:
    """A problem of a declared code, with the code's severity and, unless another is given, its remedy."""
    declared = CODES[code]
    return Problem(
        code, declared.severity, words, remedy or declared.remedy, field, location_id, service, place, facts or {}
    )
