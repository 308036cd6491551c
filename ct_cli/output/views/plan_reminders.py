"""`ct remind --dry-run` as a page: who would get what and why, and who would not."""

from collections.abc import Iterator, Sequence

from ct_cli.actions.plan_reminders import Planned, RemindersPlanned
from ct_cli.backends.outbox import LetterState
from ct_cli.output.as_text import moment_in_words
from ct_cli.output.blocks import Block, Column, Table, Text, Tone, line
from ct_cli.output.views.location_words import count
from ct_cli.output.views.send_reminders import rung_in_words
from ct_cli.output.views.status_words import LEVELS, few
from ct_cli.reminders.contacts import WhyNot

_WHY_NOT = {WhyNot.AWAY: "away", WhyNot.OPTED_OUT: "wants no reminders", WhyNot.FAILED: "the address was refused"}
_STATES = {
    LetterState.PENDING: "to be tried again",
    LetterState.CLAIMED: "being sent",
    LetterState.SENDING: "being sent",
    LetterState.UNKNOWN: "held, perhaps sent",
    LetterState.FAILED: "refused",
}


def view(answer: RemindersPlanned) -> Iterator[Block]:
    """What a run would do now."""
    yield line("Dry run: nothing is sent.")
    if answer.of_this_computer:
        yield line("Only this computer's own log is known (`backend` is http): another that sends has told people too.")
    if answer.quiet_until is not None:
        yield line(f"It is quiet until {moment_in_words(answer.quiet_until)}: nothing would be sent before.")
    for rung in answer.due:
        yield line(
            "Due: ", Text(rung.name, Tone.STRONG), f" for {rung.month.in_words()}, since {moment_in_words(rung.since)}."
        )
    if not answer.due:
        yield line("Nothing is due.")
    elif not answer.outstanding:
        yield line("Everything has been made: there is nothing to remind anybody of.")
    yield from _tables(answer)
    if answer.already_told:
        yield line()
        yield line(f"{count(answer.already_told, 'person has', 'people have')} been told already.")
    if answer.next is not None:
        yield line()
        yield line(f"Next: {rung_in_words(answer.next)}.")


def _tables(answer: RemindersPlanned) -> Iterator[Block]:
    if answer.would_send:
        yield line()
        yield _titled(("Would be told", "Of", "Risk if missed", "Because"), [_planned(it) for it in answer.would_send])
    if answer.waiting:
        yield line()
        yield _titled(
            ("Not now", "State", "Reason"), [(it.recipient, _STATES[it.state], it.reason) for it in answer.waiting]
        )
    if answer.not_told:
        yield line()
        spared = [(it.recipient, few(it.location_ids), _WHY_NOT[it.why]) for it in answer.not_told]
        yield _titled(("Would not be told", "Of", "Because"), spared)
    if answer.nobody:
        yield line()
        yield line(
            Text(f"Nobody to tell: {few(answer.nobody)}", Tone.BAD), f" (ct users add {answer.nobody[0]} --email …)"
        )


def _titled(titles: Sequence[str], rows: Sequence[Sequence[str | Text]]) -> Table:
    return Table(tuple(map(Column, titles)), rows)


def _planned(it: Planned) -> list[str | Text]:
    of = f"{few(it.location_ids)} ({count(it.returns, 'return')})" if it.location_ids else "all made"
    because = "digest for the council" if it.digest else f"{it.rung}, owed and not made"
    if it.instead_of:
        because = f"{because}; {few(it.instead_of)} could not be reached"
    if it.tried:
        because += f"; tried {count(it.tried, 'time')}"
    return [f"{it.recipient}{f' ({it.name})' if it.name else ''}", of, LEVELS[it.risk], because]
