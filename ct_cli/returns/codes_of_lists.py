"""The codes of problems with a list of locations, which `ct locations import` reads."""

from ct_cli.returns.code import Code
from ct_cli.returns.collection import Basis
from ct_cli.returns.problem import Severity

_SOURCE = "How ct reads lists of locations"


def _code(code: str, severity: Severity, meaning: str, remedy: str) -> Code:
    return Code(code, severity, meaning, remedy, _SOURCE, Basis.INFERRED)


LIST_CODES = (
    _code(
        "list-column-unknown",
        Severity.INFO,
        "A column's header is no detail of a location. The column is left out; the others are read.",
        "Rename the column if it is meant to be one: `ct locations list --csv` shows all of them in its first row.",
    ),
    _code(
        "list-location-new-without-name",
        Severity.ERROR,
        "A location that is not in the register yet comes without a name.",
        "Fill in its name, as CQC has it.",
    ),
    _code(
        "list-location-new-without-services",
        Severity.ERROR,
        "A location that is not in the register yet comes without a service, so that it is not known what it owes.",
        "Fill in its services: care-home, home-care, or both with ; between.",
    ),
    _code(
        "list-location-twice",
        Severity.ERROR,
        "A location stands in two rows that differ. ct does not guess which is right, and takes neither.",
        "Keep one row for each location; write several services in one cell: care-home; home-care.",
    ),
    _code(
        "list-row-twice",
        Severity.INFO,
        "A location stands in two rows. They are alike or, in CQC's directory, the first counts.",
        "Nothing needs doing.",
    ),
)
"""Taken into `ct_cli.returns.codes.CODES`."""
