"""Columns that look as if they held something of a person. They are refused whatever the user says about them."""

import re

# Between word boundaries that _, - and capitals make too: "NHSNumber", "nhs_no" and "NHS number" are one.
_PEOPLE = (
    r"(?:residents?|service users?|clients?|patients?|persons?|people|staff|employees?|workers?|users?|managers?|"
    r"nurses?|carers?|contacts?|individuals?|next of kin|gp|doctors?)"
)
_PERSONAL = (
    ("names", r"(?:first|last|middle|full|given|family|maiden|birth) ?names?|surnames?|forenames?"),
    ("names", rf"{_PEOPLE}(?: s)?(?: full| first)? ?names?"),
    ("names", r"^names?$|^(?:residents?|clients?|patients?|employees?|registered managers?|nominated individuals?)$"),
    ("dates of birth", r"d ?o ?b|dates? of birth|birth ?da(?:te|y)s?"),
    ("NHS numbers", r"nhs ?(?:numbers?|nos?|nums?|ids?)"),
    ("National Insurance numbers", r"ni ?(?:numbers?|nos?)|ninos?|national insurance(?: numbers?| nos?)?"),
    ("email addresses", r"e ?mails?(?: address(?:es)?)?"),
    ("telephone numbers", r"(?:tele)?phones?(?: numbers?| nos?)?|mobiles?(?: numbers?| nos?)?|tel(?: nos?)?"),
    ("addresses", r"(?:home|residents?|staff|personal|contact) address(?:es)?"),
    ("something of a person", r"next of kin|passports?(?: numbers?| nos?)?|genders?|ethnicit(?:y|ies)|religions?"),
)

_LOOKS = tuple((kind, re.compile(rf"(?:^|\b)(?:{pattern})(?:\b|$)")) for kind, pattern in _PERSONAL)
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_GAPS = re.compile(r"[\W_]+")


def looks_personal(header: str) -> str | None:
    """What a column of this header seems to hold of a person ("dates of birth"); None where nothing."""
    words = _GAPS.sub(" ", _HUMP.sub(" ", header[:200])).strip().lower()
    return next((kind for kind, look in _LOOKS if look.search(words)), None)
