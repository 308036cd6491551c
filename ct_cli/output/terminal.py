"""Standard input, output and error, and what is known of the terminal behind them. One object for all three."""

import codecs
import contextlib
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TextIO

from ct_cli.errors import CtError
from ct_cli.output import as_text
from ct_cli.output.blocks import Block

READER_LEFT = 141
"""What a shell reports of a program that SIGPIPE ended: `ct status | head -1` with `set -o pipefail`."""

_IN_ASCII = {"…": "...", "–": "-", "—": "-", "’": "'", "‘": "'", "“": '"', "”": '"', "£": "GBP ", "→": "->", "·": "-"}


class OutputLost(CtError):
    """ct's answer could not be written to standard output: {reason}. What was recorded stays recorded: see `ct status`,
    and `ct history LOC` for receipts."""

    code = "output-lost"

    def __init__(self, error: OSError) -> None:
        super().__init__(reason=(error.strerror or str(error)).lower())
        # Windows tells of a pipe without a reader as EINVAL.
        self.reader_left = isinstance(error, BrokenPipeError) or (os.name == "nt" and error.errno == 22)
        if self.reader_left:
            self.exit_status = READER_LEFT  # type: ignore[assignment, misc]
        _detach_stdout()


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

    @property
    def encoding(self) -> str:
        """How stdout writes characters."""
        return sys.stdout.encoding or "ascii"

    @property
    def unicode(self) -> bool:
        """Whether stdout carries every character; a Windows pipe and an old console do not."""
        return self.encoding.lower().replace("-", "") == "utf8"

    def page(self, blocks: Iterable[Block]) -> None:
        """Put a page on stdout: folded for a person, and in colour where wanted; plain and whole for a pipe."""
        self.data(self._rendered(blocks, for_a_person=self.shows))

    def say_page(self, blocks: Iterable[Block]) -> None:
        """Put a page on stderr, as `page` does on stdout: what is said on the way to an answer."""
        self._put(self._rendered(blocks, for_a_person=sys.stderr.isatty()).removesuffix("\n"))

    def _rendered(self, blocks: Iterable[Block], *, for_a_person: bool) -> str:
        if not for_a_person:
            return as_text.render(blocks)
        from ct_cli.output import as_table

        return as_table.render(blocks, shutil.get_terminal_size().columns, colour=self.colour)

    def data(self, text: str) -> None:
        """Put text on stdout as it is. Raises OutputLost."""
        try:
            sys.stdout.write(text)
        except OSError as error:
            raise OutputLost(error) from None

    def carry(self, text: str) -> None:
        """Put text on stdout as UTF-8 and see it leave, for another program to carry on. Raises OSError."""
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode("utf-8"))
        sys.stdout.flush()

    def document(self, text: str) -> None:
        """Put a document on stdout as it would stand in a file: UTF-8, with its own line ends, whatever the console or
        the pipe is set to. Raises OutputLost."""
        self.exact(text.encode("utf-8", "surrogateescape"))  # a path that is no text stays the path that it is

    def exact(self, content: bytes) -> None:
        """Put bytes on stdout with no line end translated, for formats that say what theirs are. Raises OutputLost."""
        try:
            sys.stdout.flush()
            sys.stdout.buffer.write(content)
        except OSError as error:
            raise OutputLost(error) from None

    def say(self, words: str) -> None:
        """Put a sentence on stderr: for a person folded between words, for a pipe whole."""
        self._put(_folded(words, shutil.get_terminal_size().columns) if sys.stderr.isatty() else words)

    def _put(self, words: str) -> None:
        with contextlib.suppress(OSError):  # There is nowhere left to say that it cannot be said.
            sys.stderr.write(words + "\n")
            sys.stderr.flush()

    @contextlib.contextmanager
    def counting(self, what: str, at_first: str = "") -> Iterator[Callable[[int], None]]:
        """A count of what is done so far, kept on one line of stderr for a person, and nowhere for a pipe.

        `at_first` is said instead of a count of 0: what takes the time before anything can be counted.
        """
        shows, width = sys.stderr.isatty(), 0

        def count(done: int) -> None:
            nonlocal width
            if shows:
                words = f"{done:,} {what} " if done or not at_first else at_first
                sys.stderr.write(f"\r{words:{width}}")
                sys.stderr.flush()
                width = len(words)

        yield count
        if shows:
            sys.stderr.write("\n")

    def ask(self, prompt: str) -> str:
        """One answer to a prompt on stderr. Raises EOFError at the end of input."""
        sys.stderr.write(prompt)
        sys.stderr.flush()
        answer = sys.stdin.readline()
        if not answer:
            raise EOFError
        return answer.rstrip("\r\n")

    def ask_secretly(self, prompt: str) -> str:
        """A secret: typed at a terminal and not shown, or the first line of stdin."""
        if not self.asks:
            return self.read_line()
        import getpass

        return getpass.getpass(prompt, sys.stderr)

    def wait(self, words: str) -> None:
        """Go on when the person presses Enter. Raises EOFError at the end of input."""
        sys.stderr.write(words)
        sys.stderr.flush()
        if not sys.stdin.readline():
            raise EOFError

    def read_line(self) -> str:
        """One line of stdin, without its end."""
        return sys.stdin.readline().rstrip("\r\n")


def prepare_streams() -> None:
    """Let no stream that is closed, and no character that a console lacks, end a run.

    A closed stream becomes the null device, and first of all: a file opened later would else take its number,
    and be written to as if it were the stream.
    """
    if sys.stdin is None:
        sys.stdin = _null("r")
    if sys.stdout is None:
        sys.stdout = _null("w")
    if sys.stderr is None:
        sys.stderr = _null("w")
    codecs.register_error("ct", _in_ascii)
    for stream, errors in ((sys.stdin, "replace"), (sys.stdout, "ct"), (sys.stderr, "ct")):
        # Once: the demo's steps are runs within a run, and a stream that was read from refuses.
        if hasattr(stream, "reconfigure") and stream.errors != errors:
            stream.reconfigure(errors=errors)


def finish_streams() -> int:
    """Write out what is still held back; the exit status if that fails, else 0."""
    try:
        sys.stdout.flush()
    except OSError as error:
        lost = OutputLost(error)
        if not lost.reader_left:
            Terminal().say(f"ct: {lost.sentence}")
        return int(lost.exit_status)
    return 0


def _folded(words: str, width: int) -> str:
    """The same in lines that fit, each as far in as the line that it was part of."""
    import textwrap

    lines = []
    for line in words.split("\n"):
        margin = line[: len(line) - len(line.lstrip(" "))]
        folded = textwrap.wrap(
            line, max(width, 20), subsequent_indent=margin, break_long_words=False, break_on_hyphens=False
        )
        lines += folded or [""]
    return "\n".join(lines)


def _null(mode: str) -> TextIO:
    return open(os.devnull, mode, encoding="utf-8")  # type: ignore[return-value]  # noqa: PTH123


def _detach_stdout() -> None:
    """Point stdout at the null device, or Python would try to write the rest again as it ends, and complain."""
    with contextlib.suppress(OSError, ValueError):  # It may have no number (a test's stand-in): nothing to mend then.
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)


def _in_ascii(error: UnicodeError) -> tuple[str, int]:
    """What a console shows for a character that it lacks: its nearest in ASCII, or ?."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(_IN_ASCII.get(character, "?") for character in lacking), error.end
