"""`ct remind log` as a page."""

from collections.abc import Iterator

from ct_cli.actions.reminding.letters import LetterShown
from ct_cli.actions.show_reminder_log import ReminderLog
from ct_cli.backends.outbox import LetterState
from ct_cli.clock import LONDON
from ct_cli.output.blocks import Block, Column, Table, Text, Tone, line
from ct_cli.output.views.status_words import few
from ct_cli.reminders.deciding import NOBODY

_TONES = {LetterState.SENT: Tone.GOOD, LetterState.FAILED: Tone.BAD, LetterState.UNKNOWN: Tone.WARNING}


ONLY_HERE = "Only what this computer sent: with `backend` set to http each keeps its own log, so let one computer send."


def view(answer: ReminderLog) -> Iterator[Block]:
    """A row a message, the oldest first."""
    if answer.of_this_computer:
        yield line(ONLY_HERE)
        yield line()
    if not answer.letters:
        yield line("No reminders are noted. `ct remind --dry-run` says who would get one now.")
        return
    titles = ("Month", "Rung", "To", "About", "State", "When", "Reason")
    yield Table(tuple(map(Column, titles)), [_row(letter) for letter in answer.letters])
    yield line()
    yield line(", ".join(f"{number:,} {state}" for state, number in answer.counts.items()) + ".")
    if LetterState.UNKNOWN in answer.counts:
        yield line("Those unknown may have gone out. To send them again, perhaps twice: ct remind --retry-unknown")


def _row(letter: LetterShown) -> list[str | Text]:
    when = (letter.changed_at or letter.created_at).astimezone(LONDON)
    rung = letter.rung + (" (rehearsal)" if letter.rehearsal else "")
    state = Text(letter.state.value, _TONES.get(letter.state, Tone.PLAIN))
    about = few(letter.location_ids) or "digest"
    reason = "; ".join(filter(None, (_instead(letter), letter.reason)))
    return [str(letter.month), rung, letter.recipient, about, state, f"{when:%Y-%m-%d %H:%M}", reason]


def _instead(letter: LetterShown) -> str:
    """In whose place it went, or was to go; empty where it is nobody's."""
    if not letter.instead_of:
        return ""
    refused = f"{few(letter.instead_of)} refused"
    return f"{refused}, and there is no next contact" if letter.recipient == NOBODY else f"next contact: {refused}"
