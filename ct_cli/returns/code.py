"""What there is to say of a problem's code, apart from any one return."""

from dataclasses import dataclass

from ct_cli.returns.collection import Basis
from ct_cli.returns.problem import Severity


@dataclass(frozen=True, slots=True)
class Code:
    """A code: how bad it is, what it means, what to do, and where the rule comes from."""

    code: str
    severity: Severity
    meaning: str
    remedy: str
    source: str
    basis: Basis
