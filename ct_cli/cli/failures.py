"""How a run that fails outside a command's body says so. No traceback reaches a user unless CT_DEBUG is set."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import typer

from ct_cli.cli.commands import COMMANDS
from ct_cli.errors import CtError, ExitStatus
from ct_cli.output.terminal import OutputLost, Terminal, finish_streams

USAGE: type[Any] = typer.BadParameter.__mro__[1]
"""Typer's own base of "this was typed wrongly", which it does not export."""


def tell_usage(error: Any, arguments: Sequence[str]) -> int:
    """A command line that Typer refused: what is wrong, how it is used, where to read more."""
    words = error.format_message()
    if words.startswith("Usage:"):  # A group without its command: the words are its whole help page.
        Terminal().say(words)
        words = "Name one of the commands above."
    words = _without_keys(words)
    path = error.ctx.command_path if error.ctx is not None else _path(arguments)
    words = words[:1].upper() + words[1:]
    _envelope(path.removeprefix("ct").strip(), "usage", words, arguments)
    Terminal().say(f"ct: {words}{'' if words.endswith(('.', '?')) else '.'} `{path} --help` shows how it is used.")
    return ExitStatus.USAGE


def _path(arguments: Sequence[str]) -> str:
    """The command that was typed, as far as its first word, where Typer does not say."""
    first = arguments[0] if arguments else ""
    return f"ct {first}" if first in COMMANDS else "ct"


def _without_keys(words: str) -> str:
    """The same without a key that was typed where none belongs."""
    from ct_cli.backends.server_address import KEY_FORM

    hidden = KEY_FORM.sub("(a key)", words)
    if hidden == words:
        return words
    advice = "`ct login` asks for a key; this one is now in the shell's history, so have it revoked and a new one made"
    return f"{hidden.rstrip('.')}. {advice}."


def tell(error: CtError, arguments: Sequence[str]) -> int:
    """A failure before or after a command's body. Output that nobody can read any more is not spoken of."""
    if not isinstance(error, OutputLost):
        _envelope("", error.code, error.sentence, arguments)
    if not (isinstance(error, OutputLost) and error.reader_left):
        Terminal().say(f"ct: {error.sentence}")
    return error.exit_status


def tell_interrupted() -> int:
    """Ctrl-C, or the end of input where a person was asked."""
    Terminal().say("\nct: interrupted")
    return ExitStatus.INTERRUPTED


def tell_unexpected(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """The last resort, as sys.excepthook: a sentence, what to do, where the particulars are. Python leaves with 1."""
    if issubclass(kind, KeyboardInterrupt):  # Between two moments in which `run` would have caught it.
        tell_interrupted()
        return
    if os.environ.get("CT_DEBUG"):
        sys.__excepthook__(kind, error, trace)
        return
    saved = _save(_particulars(kind, trace))
    words = (
        f"Something went wrong that ct did not expect ({kind.__name__}); this is a fault in ct, not in what you typed."
    )
    where = f"The particulars, without your data, are in {saved}." if saved else ""
    _envelope("", "unexpected", words, sys.argv[1:])
    Terminal().say(
        f"ct: {words}\n{where} `ct doctor` may find the cause; CT_DEBUG=1 shows it all (look before you pass that on)."
    )
    finish_streams()


def _envelope(command: str, code: str, words: str, arguments: Sequence[str]) -> None:
    if "--json" in arguments:
        from ct_cli.output.as_json import envelope

        problem = {"code": code, "severity": "error", "words": words}
        terminal = Terminal()
        terminal.data(envelope(command, None, [problem], ascii_only=not terminal.unicode))


def _particulars(kind: type[BaseException], trace: TracebackType | None) -> str:
    """Where it happened, and in what; neither the message nor any value, for those can hold people's data or keys."""
    import platform
    import traceback

    from ct_cli import __version__
    from ct_cli.cli.commands import COMMANDS

    command = next((word for word in sys.argv[1:] if word in COMMANDS), "")
    about = (
        f"ct {__version__} {command}\nPython {platform.python_version()} on {platform.system()} {platform.release()}\n"
    )
    package = Path(__file__).parents[2]
    frames = (
        f"  {_within(package, frame.filename)}:{frame.lineno} in {frame.name}\n"
        for frame in traceback.extract_tb(trace)
    )
    return f"{about}{kind.__module__}.{kind.__qualname__}\n{''.join(frames)}"


def _within(package: Path, file: str) -> str:
    path = Path(file)
    return path.relative_to(package).as_posix() if path.is_relative_to(package) else path.name


def _save(text: str) -> Path | None:
    """One file for each kind of crash, so that a cron job which fails every minute does not fill a disk."""
    import hashlib

    from ct_cli.settings import log_folder

    path = log_folder() / f"crash-{hashlib.sha256(text.encode()).hexdigest()[:8]}.txt"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError:
        return None  # A failure is being told already: that it cannot be kept as well changes nothing.
    return path
