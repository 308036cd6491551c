"""Standard input, output and error, and what is known of the terminal behind them. One object for all three."""

import os
import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass

from ct_cli.output import as_text
from ct_cli.output.blocks import Block


@dataclass(frozen=True)
class Terminal:
    """Data goes to stdout, words to stderr."""

    no_input: bool = False

    @property
    def shows(self) -> bool:
        """Whether a person looks at stdout."""
        return sys.stdout.isatty()

    @property
    def asks(self) -> bool:
        """Whether a person can be asked: both ends are a terminal, and --no-input was not given."""
        return not self.no_input and sys.stdin.isatty() and sys.stderr.isatty()

    @property
    def colour(self) -> bool:
        """Whether colour is wanted (https://no-color.org)."""
        return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"

    def page(self, blocks: Iterable[Block]) -> None:
        """Put a page on stdout: in colour and folded for a person, plain and whole for a pipe."""
        if self.shows and self.colour:
            from ct_cli.output import as_table

            width = shutil.get_terminal_size().columns
            sys.stdout.write(as_table.render(blocks, width, colour=True))
        else:
            sys.stdout.write(as_text.render(blocks))

    def data(self, text: str) -> None:
        """Put text on stdout as it is."""
        sys.stdout.write(text)

    def say(self, words: str) -> None:
        """Put a sentence on stderr."""
        sys.stderr.write(words + "\n")


def prepare_streams() -> None:
    """Let no character crash a console that lacks it: it is shown as ? there instead."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
