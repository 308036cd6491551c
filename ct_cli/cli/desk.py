"""What a command's body holds on to: the workplace that actions need, and the way to show what they answer."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import typer

from ct_cli.actions.answer import Answer
from ct_cli.actions.workplace import Workplace
from ct_cli.errors import CtError, ExitStatus
from ct_cli.output.blocks import Block
from ct_cli.output.terminal import Terminal
from ct_cli.settings import read_settings

if TYPE_CHECKING:  # few commands send anything
    from ct_cli.backends.sending import Sending

A = TypeVar("A", bound=Answer)


@dataclass(frozen=True)
class Desk:
    """One run of one command."""

    command: str
    """The command's words, without `ct`: "locations add"."""
    json: bool
    terminal: Terminal

    @cached_property
    def workplace(self) -> Workplace:
        """What actions work with."""
        return Workplace(read_settings(), when_sent=self._tell_sent, when_apart=self._tell_apart)

    def _tell_apart(self, ahead: timedelta) -> None:
        """Say on stderr that this computer's clock is not the server's."""
        from ct_cli.output.as_text import duration

        seconds = int(ahead.total_seconds())
        self.terminal.say(
            f"This computer's clock is {duration(abs(seconds))} {'behind' if seconds > 0 else 'ahead of'} the server's."
            " The server's decides whether a return is in time. Set this computer's clock."
        )

    def _tell_sent(self, sending: "Sending") -> None:
        """Say on stderr what came of the returns that waited for a server."""
        from ct_cli.actions.taking.queued_return import SentReturn
        from ct_cli.output.views.send_queue import notice

        for words in notice(tuple(map(SentReturn.of, sending.sent)), sending.left, sending.kept):
            self.terminal.say(words)
        if sending.failure is not None:
            self.terminal.say(f"ct: {sending.failure.sentence}")

    def close(self) -> None:
        """Let go of what the workplace holds open, if there is one."""
        if "workplace" in self.__dict__:
            self.workplace.close()

    def damage(self) -> CtError | None:
        """Why a command may have failed unexpectedly: what is damaged in the store, if anything is."""
        if "workplace" not in self.__dict__ or not self.workplace.store_is_open:
            return None
        return self.workplace.damage()

    def show(self, answer: A, view: Callable[[A], Iterable[Block]]) -> None:
        """Put an answer on stdout, and leave with its exit status."""
        self.tell(answer, view)
        if answer.status is not ExitStatus.DONE:
            raise typer.Exit(answer.status)

    def tell(self, answer: A, view: Callable[[A], Iterable[Block]]) -> None:
        """Put an answer on stdout, and on stderr what failed after it was done."""
        if self.json:
            from ct_cli.output.as_json import envelope_pieces

            problems = [*answer.problems, *map(_plain, answer.failures)] if answer.failures else answer.problems
            ascii_only = not self.terminal.unicode
            for piece in envelope_pieces(self.command, answer, problems, ascii_only=ascii_only):
                self.terminal.data(piece)
        else:
            self.terminal.page(view(answer))
        for failure in answer.failures:
            self.terminal.say(f"ct: {failure.sentence}")

    def report(self, error: CtError) -> None:
        """Say why ct cannot go on: a sentence on stderr and, with --json, the envelope on stdout."""
        if self.json:
            from ct_cli.output.as_json import envelope

            self.terminal.data(envelope(self.command, None, [_plain(error)], ascii_only=not self.terminal.unicode))
        self.terminal.say(f"ct: {error.sentence}")


def _plain(error: CtError) -> dict[str, str]:
    """A failure as a problem of an envelope."""
    severity = "info" if error.exit_status is ExitStatus.DONE else "error"
    return {"code": error.code, "severity": severity, "words": error.sentence}
