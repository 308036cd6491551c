"""`ct remind` as a page: what was wrong; with -v also what went well."""

from collections.abc import Iterator

from ct_cli.actions.reminding.letters import LetterShown
from ct_cli.actions.send_reminders import RemindersSent, RungShown
from ct_cli.output.as_text import moment_in_words
from ct_cli.output.blocks import Block, Text, Tone, line
from ct_cli.output.views.location_words import count
from ct_cli.output.views.status_words import few


def quiet_view(answer: RemindersSent) -> Iterator[Block]:
    """Only what is wrong: nothing at all while all is well, so that cron mails nobody."""
    for channel, words in answer.channels_down.items():
        yield line(Text(f"Nothing gets through by {channel}: {words}.", Tone.BAD))
        yield line("What is waiting is tried again on the next run.")
    for letter in answer.failed:
        about = f", about {few(letter.location_ids)}" if letter.location_ids else ""
        yield line(Text(f"Not told: {letter.recipient}{about}", Tone.BAD), f": {letter.reason}")
        if told := answer.told_instead.get(letter.recipient):
            yield line(f"  Told in their place: {few(told)}.")
    if answer.failed:
        yield line(
            "An address is put right with `ct users remove` and `ct users add`; that of a provider or a council with"
            " `ct config set`."
        )
    for letter in answer.nobody:
        yield from _nobody(letter)
    for letter in answer.unknown:
        yield line(
            Text(f"Not known whether {letter.recipient} was told", Tone.WARNING),
            f" about {few(letter.location_ids)}: {letter.reason}",
        )
    if answer.unknown:
        yield line("They are held. To send them again, perhaps twice: ct remind --retry-unknown")
    if answer.heartbeat:
        yield line(Text(f"The run went well, but {answer.heartbeat}.", Tone.WARNING))


def view(answer: RemindersSent) -> Iterator[Block]:
    """What was done, and what was wrong."""
    if answer.busy:
        yield line("Another `ct remind` is at work, so this one did nothing.")
        return
    yield from quiet_view(answer)
    yield line(_done(answer))
    if answer.held and not answer.unknown:
        yield line(f"{count(answer.held, 'message is', 'messages are')} held: it is not known whether they went out.")
    if answer.next is not None:
        yield line(f"Next: {rung_in_words(answer.next)}.")
    if answer.rehearsal:
        yield line(Text("A rehearsal: CT_NOW stands in for the present, and each message says so.", Tone.QUIET))


def rung_in_words(rung: RungShown) -> str:
    """A rung's name, its month and its moment."""
    return f"{rung.name} for {rung.month.in_words()}, {moment_in_words(rung.since)}"


def _done(answer: RemindersSent) -> str:
    if answer.quiet_until is not None:
        return f"It is quiet until {moment_in_words(answer.quiet_until)}: nothing was sent."
    if not answer.due:
        return "Nothing is due."
    rungs = " and ".join(f"{rung.name} ({rung.month.in_words()})" for rung in answer.due)
    later = f", {answer.later:,} to be tried again" if answer.later else ""
    sent = count(answer.sent, "reminder") if answer.sent else "nothing more to send"
    return f"Due: {rungs}. {f'Sent {sent}' if answer.sent else sent.capitalize()}{later}."


def _nobody(letter: LetterShown) -> Iterator[Block]:
    ids = letter.location_ids
    yield line(Text(f"Nobody can be told about {few(ids)}", Tone.BAD), f": ct users add {ids[0]} --email …")
