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
        "The server could not be reached, or could not take the return, so it waits on this computer. It is not made "
        "yet: what counts is when the server receives it.",
        "Get back onto the network, then type `ct queue send` before the window closes; the next command sends it too.",
    ),
    _code(
        "window-shut-here",
        Severity.INFO,
        "By this computer's clock the month's window is not open. Where the register is on a server, that one's clock "
        "decides, so the return is sent, or waits to be sent.",
        "Where this computer's clock is wrong, set it. Where it is right, the return comes too late or too early.",
    ),
    _code(
        "refused-by-server",
        Severity.ERROR,
        "A return that waited was refused by the server when it was sent.",
        "See why with `ct queue list`, correct it and submit it again, then type `ct queue drop` with its ID.",
    ),
    _code(
        "not-taken",
        Severity.INFO,
        "The server answered, and neither recorded a return that waits here nor refused it by its rules: it does not "
        "know the key, does not let it do this, is busy with the same return, takes no more in one request, or failed. "
        "Or that is so of a return that goes first, as it is for the same month or in the same request.",
        "It waits and is sent again. See why with `ct queue list`.",
    ),
    _code(
        "newer-return",
        Severity.ERROR,
        "Another return was recorded for the same month after the one that this was made from. Nothing was "
        "written: yours would have replaced it unseen. What Capacity Tracker shows is no such return.",
        "Look at both. If yours is right, send it again: it then replaces the newer one.",
    ),
)
"""Taken into `ct_cli.returns.codes.CODES`."""
