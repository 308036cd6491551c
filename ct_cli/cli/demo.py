"""`ct demo`: a guided tour on made-up data, in a folder of its own that is gone afterwards."""

import contextlib
import io
import os
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from typer import Option

from ct_cli.actions.answer import Answer
from ct_cli.cli.command import command, new_app
from ct_cli.cli.desk import Desk
from ct_cli.cli.tour import STEPS, Step

app = new_app()


@dataclass(frozen=True)
class StepRun:
    """One step of the tour, with what it answered."""

    words: str
    command: str
    output: str
    status: int


@dataclass(frozen=True)
class Toured(Answer):
    """The whole tour, for --json."""

    steps: tuple[StepRun, ...]


@command(app, "demo")
def demo(
    desk: Desk,
    files: Annotated[
        str | None, Option(metavar="DIR", help="Write the sample files there instead, and say what to type.")
    ] = None,
) -> None:
    """A guided tour on made-up data. Your own returns and settings are not touched."""
    if files is not None:
        from ct_cli.actions.write_demo_files import write_demo_files
        from ct_cli.output.views.write_demo_files import view

        typed = [f"ct {shlex.join(step.typed)}" for step in STEPS]
        folder = Path(files).absolute()
        written = write_demo_files(folder)
        with _playing(folder):
            _make_past()
        desk.show(written, lambda answer: view(answer, typed))
    elif desk.json:
        _answer(desk)
    else:
        _tour(desk)


def _tour(desk: Desk) -> None:
    say, asks = desk.terminal.data, desk.terminal.asks and desk.terminal.shows
    say("Everything here is made up, kept in a folder of its own, and gone afterwards.\n")
    say("For the tour it is the morning of Tuesday 10 December 2024.\n")
    with _elsewhere():
        for number, step in enumerate(STEPS, start=1):
            say(f"\n{number}. {step.words}\n\n$ ct {shlex.join(step.typed)}\n")
            if asks:
                desk.terminal.wait("   Enter runs it (Ctrl-C ends the tour) ")
            _run(step)
    say("\nThat was the whole of a month. To do it by hand: ct demo --files DIR\n")
    say("For your own locations: ct locations add --help\n")


def _answer(desk: Desk) -> None:
    from ct_cli.output.views.write_demo_files import nothing

    runs = []
    with _elsewhere():
        for step in STEPS:
            with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(out):
                status = _run(step)
            runs.append(StepRun(step.words, f"ct {shlex.join(step.typed)}", out.getvalue(), status))
    desk.show(Toured(tuple(runs)), nothing)


def _run(step: Step) -> int:
    from ct_cli.cli.program import run

    status = run([*step.typed])
    if status in (1, 130):  # What the tour does not foresee, and Ctrl-C: it goes no further.
        raise typer.Exit(status)
    return int(status)


@contextlib.contextmanager
def _elsewhere() -> Iterator[None]:
    """A folder with the demo's files and store, in which ct runs until it is left; then the folder is gone."""
    import tempfile

    from ct_cli.actions.write_demo_files import write_demo_files

    here = Path.cwd()
    with tempfile.TemporaryDirectory(prefix="ct-demo-", ignore_cleanup_errors=True) as made:
        folder = Path(made).resolve()
        write_demo_files(folder)
        with _playing(folder):
            _make_past()
            os.chdir(folder)
            try:
                yield
            finally:
                os.chdir(here)


@contextlib.contextmanager
def _playing(folder: Path) -> Iterator[None]:
    """The demo's day and the folder's store, with none of the user's own settings."""
    from ct_cli.actions.demo_data import DEMO_NOW, STORE_NAME

    before = dict(os.environ)
    for name in [name for name in os.environ if name.startswith("CT_") and name not in ("CT_CACHE", "CT_DEBUG")]:
        del os.environ[name]
    os.environ["CT_CONFIG"] = str(folder / "config.toml")
    os.environ["CT_STORE"] = str(folder / STORE_NAME)
    os.environ["CT_NOW"] = DEMO_NOW.isoformat()
    os.environ["CT_RECORDED_BY"] = "demo"  # Not the login name: the receipts are the same everywhere.
    try:
        yield
    finally:
        shutil.rmtree(folder / "stores", ignore_errors=True)  # what is noted of a store beside its settings
        os.environ.clear()
        os.environ.update(before)


def _make_past() -> None:
    from ct_cli.actions.make_demo import make_demo
    from ct_cli.actions.workplace import Workplace
    from ct_cli.settings import read_settings

    workplace = Workplace(read_settings())
    make_demo(workplace)
    workplace.close()
