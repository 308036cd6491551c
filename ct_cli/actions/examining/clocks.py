"""The part of `ct doctor` that holds this computer's clock against that of a server or a database."""

from datetime import datetime

from ct_cli import clock
from ct_cli.actions.examining.check import Check, ok, warning

MOST_APART_SECONDS = 60
"""By how much the two clocks may differ without a word: windows close by the minute."""


def examine_clocks(theirs: datetime, whose: str, remedy: str, *, ours: str = "", role: str = "") -> Check:
    """This computer's clock against one just read. Where they differ, `ours` and `role` say what each is for."""
    apart = (clock.now() - theirs).total_seconds()
    if abs(apart) <= MOST_APART_SECONDS:
        return ok("clocks", f"this computer's and {whose} agree")
    which = "ahead of" if apart > 0 else "behind"
    return warning("clocks", f"this computer's{ours} is {abs(apart):,.0f} seconds {which} {whose}{role}", remedy)
