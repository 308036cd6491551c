"""The codes of problems with a list of locations, which `ct locations import` tells."""

from ct_cli.returns.code import Code
from ct_cli.returns.collection import Basis
from ct_cli.returns.problem import Severity


def _code(severity: Severity, code: str, meaning: str, remedy: str) -> Code:
    return Code(code, severity, meaning, remedy, "How ct reads lists of locations", Basis.INFERRED)


_DECLARED = (
    _code(
        Severity.INFO,
        "unknown-column",
        "A column of a list of locations is not a detail that ct keeps, and is left out.",
        "Rename it where it was meant to be one; `ct locations import --help` names them.",
    ),
    _code(
        Severity.ERROR,
        "missing-name",
        "A location that is not in the register yet has no name in the list.",
        "Fill in its name.",
    ),
    _code(
        Severity.ERROR,
        "missing-services",
        "A location that is not in the register yet has no service in the list.",
        "Fill in care-home, home-care, or both with ; between.",
    ),
    _code(
        Severity.INFO,
        "duplicate-row",
        "A location stands twice in the list with the same details; it is taken once.",
        "Nothing needs doing.",
    ),
    _code(
        Severity.ERROR,
        "duplicate-location",
        "A location stands twice in the list with different details, so neither row is taken.",
        "Keep one row for each location; several services go into one cell, with ; between.",
    ),
)

LIST_CODES: dict[str, Code] = {code.code: code for code in _DECLARED}
"""Every code of a list of locations, by name."""
