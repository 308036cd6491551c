"""ct at a real terminal: the demo step by step, Ctrl-C at its prompt, colour and folding."""

import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ct_cli.backends.sqlite import SqliteBackend
from tests.backends.serving import BY_ITS_OWN_CLOCK, SECRET, add_key, quay

if os.name == "nt":
    pytest.skip("Windows has no pseudo-terminals of this kind", allow_module_level=True)
import pty

CT = Path(sys.executable).with_name("ct")


class AtTerminal:
    """A run of ct whose three streams are a terminal."""

    def __init__(self, *arguments: str, **environment: str) -> None:
        self.ours, theirs = pty.openpty()
        self.process = subprocess.Popen(
            [CT, *arguments],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**os.environ, "TERM": "xterm", "COLUMNS": "90", **environment},
            start_new_session=True,
        )
        os.close(theirs)
        self.seen = ""

    def until(self, words: str) -> str:
        """Read on until the words are there; what was read since the last time."""
        start, latest = len(self.seen), time.monotonic() + 30
        while words not in self.seen[start:]:
            self.seen += self._more(latest) or ""
        return self.seen[start:]

    def end(self) -> int:
        """Read to the end; the exit status."""
        latest = time.monotonic() + 60
        while (more := self._more(latest)) is not None:
            self.seen += more
        os.close(self.ours)
        return self.process.wait(30)

    def type(self, keys: str) -> None:
        os.write(self.ours, keys.encode())

    def interrupt(self) -> None:
        """Ctrl-C, and again where nothing comes of it: what comes between a prompt and the wait for its answer, Python
        looks at only after that."""
        latest, start = time.monotonic() + 30, len(self.seen)
        while len(self.seen) == start:
            self.process.send_signal(signal.SIGINT)
            self.seen += self._more(latest) or self._more(latest) or ""

    def _more(self, latest: float) -> str | None:
        """What comes within a second; None at the end."""
        if time.monotonic() > latest:
            self.process.kill()
            raise AssertionError(f"nothing came any more: {self.seen!r}")
        if not select.select([self.ours], [], [], 1)[0]:
            return ""
        try:
            return os.read(self.ours, 65536).decode("utf-8", "replace") or None
        except OSError:  # Linux's way of saying that the other end is closed.
            return None


def test_the_demo_goes_on_at_enter():
    run = AtTerminal("demo")
    for _ in range(2):
        run.until("Enter runs it")
        run.type("\n")
    run.until("Fern Cottage")
    run.until("Enter runs it")
    run.type("\x04")  # Ctrl-D, the end of input, leaves as Ctrl-C does.
    assert run.end() == 130
    assert "Traceback" not in run.seen and "did not expect" not in run.seen


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_at_a_prompt_leaves_quietly_and_takes_the_folder_along(tmp_path):
    run = AtTerminal("demo", TMPDIR=str(tmp_path))
    run.until("Enter runs it")
    assert list(tmp_path.glob("ct-demo-*"))
    run.interrupt()
    assert run.end() == 130
    assert "ct: interrupted" in run.seen and "Traceback" not in run.seen
    assert not list(tmp_path.glob("ct-demo-*"))


def test_no_input_goes_through_the_demo_unasked():
    run = AtTerminal("demo", "--no-input")
    assert run.end() == 0
    assert "Enter runs it" not in run.seen and "That was the whole of a month" in run.seen


def test_colour_is_for_those_who_want_it():
    coloured, plain = AtTerminal(), AtTerminal(NO_COLOR="1")
    assert (coloured.end(), plain.end()) == (0, 0)
    assert "\x1b[" in coloured.seen and "\x1b[" not in plain.seen


def test_a_key_is_asked_for_and_what_is_typed_is_not_shown(tmp_path, home):
    def store() -> SqliteBackend:
        return SqliteBackend(tmp_path / "there" / "ct.sqlite3")

    add_key(store)
    served = quay().moor(store, BY_ITS_OWN_CLOCK)
    run = AtTerminal("login", served)
    run.until("(not shown): ")
    run.type(SECRET + "\n")
    assert run.end() == 0
    assert "Logged in" in run.seen and SECRET not in run.seen
    assert SECRET in next(home.rglob("server-keys.json")).read_text(encoding="utf-8")
    quay().leave(served)
