"""`ct` alone, as a page that fits on one screen."""

from collections.abc import Collection, Iterator

from ct_cli.actions.show_windows import WindowShown
from ct_cli.output.as_text import day, duration
from ct_cli.output.blocks import Block, Text, Tone, line
from ct_cli.windows.window import WindowState

_ABOUT = (
    "ct keeps, checks and proves the monthly returns that adult social care providers",
    "in England owe through Capacity Tracker. It is not affiliated with DHSC, NECS or",
    "CQC and files nothing with them: what is filed is what you enter there yourself.",
)

NEXT: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    ("To begin", (("demo", "a guided tour, on made-up data"), ("locations add", "say what you run, place by place"))),
    (
        "Each month",
        (
            ("window", "when the window opens and closes"),
            ("submit LOC123", "make a return; add --unchanged if nothing changed"),
            ("nil-return LOC123", "nobody there, or not started, or stopped: still owed"),
            ("status", "what is owed, done and missed, and the risk"),
        ),
    ),
    ("Afterwards", (("evidence LOC123", "a page that proves what was sent, and when"),)),
    (
        "When stuck",
        (
            ("support", "who to call, and whether they are open now"),
            ("doctor", "what is wrong on this computer, and how to mend it"),
        ),
    ),
)
"""What a newcomer types next, by what they want. Commands that this version lacks are left out."""


def view(commands: Collection[str], window: str) -> Iterator[Block]:
    """About, the window, what to type next."""
    for words in _ABOUT:
        yield line(words)
    yield line()
    yield line(Text(window, Tone.STRONG))
    for wish, ways in NEXT:
        here = [(typed, about) for typed, about in ways if typed.split()[0] in commands]
        if here:
            yield line()
            yield line(Text(wish, Tone.STRONG))
        for typed, about in here:
            yield line(f"ct {typed:<20}", about, indent=2)
    yield line()
    yield line("`ct --help` lists every command; `ct COMMAND --help` tells all about one.")


def in_one_line(window: WindowShown) -> str:
    """How a window stands: "December 2024: open until the end of Monday 16 December, 2 days left."."""
    month, left = window.month.in_words(), duration(window.seconds_left or 0)
    year = f" {window.month.year}"
    if window.state is WindowState.OPEN:
        return f"{month}: open until the end of {day(window.closes_at).removesuffix(year)}, {left} left."
    return f"{month}: opens on {day(window.opens_at).removesuffix(year)}, in {left}."
