"""The steps of `ct demo`: what a newcomer wants to know, and the command that answers it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """One step: a sentence, and the words after `ct`."""

    words: str
    typed: tuple[str, ...]


def _step(words: str, typed: str) -> Step:
    return Step(words, tuple(typed.split()))


STEPS: tuple[Step, ...] = (
    _step("When is this month's return due? The 14th is a Saturday, so it closes later.", "window"),
    _step("Your locations come from a list. One of them is new here.", "locations import locations.csv --apply"),
    _step("Who owes what, and is anybody at risk? Elm Lodge missed its last two.", "status"),
    _step(
        "A file of returns, tried without writing anything. One home says 41 beds of 40.",
        "submit --file returns-wrong.csv --dry-run",
    ),
    _step("The same file, put right, and recorded. Each return gets a receipt.", "submit --file returns.csv"),
    _step(
        "Oak Court gives no home care from here, but is registered for it: a nil return is owed all the same.",
        "nil-return LOC104 --service home-care --reason not-delivered-here",
    ),
    _step("Elm Lodge has nothing to change since its last return. That must be said too.", "submit LOC102 --unchanged"),
    _step("So this month is done.", "status"),
    _step("A year at a glance.", "status --matrix 12"),
    _step("What was sent for Elm Lodge, and when: the proof, should anybody ask.", "history LOC102"),
    _step("And nobody has altered any of it since.", "verify"),
)
