"""The codes of problems on the way to a server."""

from ct_cli.returns.code import Code
from ct_cli.returns.collection import Basis
from ct_cli.returns.problem import Severity

_SOURCE = "How ct sends returns to a server"


def _code(code: str, severity: Severity, meaning: str, remedy: str) -> Code:
    return Code(code, severity, meaning, remedy, _SOURCE, Basis.INFERRED)


SENDING_CODES = (
    _code(
        "not-yet-sent",
        Severity.INFO,
        "The server could not be reached, so the return waits on this computer. It is not made yet: what counts is "
        "when the server receives it.",
        "Get back onto the network, then type `ct queue send` before the window closes; the next command sends it too.",
    ),
    _code(
        "refused-by-server",
        Severity.ERROR,
        "A return that waited was refused by the server when it was sent.",
        "See why with `ct queue list`, submit it again put right, then type `ct queue drop` with its number.",
    ),
)
"""Taken into `ct_cli.returns.codes.CODES`."""
