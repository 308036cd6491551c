"""The program `ct`: which commands there are, each loaded only when it is run, and how a run ends."""

import os
import sys
from collections.abc import Iterator, MutableMapping
from importlib import import_module
from typing import Any

import typer
from typer.main import get_command

from ct_cli.cli import failures
from ct_cli.cli.commands import COMMANDS
from ct_cli.cli.help_words import in_plain_words
from ct_cli.cli.listing import Listing
from ct_cli.cli.quick_params import HELP_OPTIONS, quicken, quicken_params
from ct_cli.errors import CtError, ExitStatus
from ct_cli.output.terminal import Terminal, finish_streams, prepare_streams


class _Lazy(MutableMapping[str, Any]):
    """The commands by name, each made when it is asked for."""

    def __init__(self) -> None:
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._made:
            self._made[name] = in_plain_words(quicken(get_command(import_module(COMMANDS[name]).app)))
            self._made[name].name = name
        return self._made[name]

    def __setitem__(self, name: str, made: Any) -> None:
        self._made[name] = made

    def __delitem__(self, name: str) -> None:
        raise TypeError("a command is not taken away")

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)

    def get(self, name: str, default: Any = None) -> Any:
        """The command of a name; the default where there is none."""
        return self[name] if name in COMMANDS else default


class Commands(Listing):
    """The root of all commands."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{**settings, "commands": _Lazy()})


program = typer.Typer(
    cls=Commands,
    name="ct",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": list(HELP_OPTIONS)},
)


def _version(wanted: bool) -> None:
    if wanted:
        from ct_cli import __version__

        Terminal().data(f"ct {__version__}\n")
        raise typer.Exit


@program.callback(invoke_without_command=True)
def root(
    ctx: typer.Context,
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Say which ct this is."),
) -> None:
    """Capacity Tracker's monthly return: the window, returns, who still owes what, and proof.

    `ct` alone says where to start; `ct COMMAND --help` tells all about a command.
    """
    if ctx.invoked_subcommand is None:
        from ct_cli.cli.welcome import welcome

        welcome(COMMANDS)


def run(arguments: list[str]) -> int:
    """Run one command; its exit status. What is unexpected goes up, to `failures.tell_unexpected`."""
    prepare_streams()
    try:
        status = _dispatch(arguments)
    except typer.Exit as leaving:
        status = leaving.exit_code
    except failures.USAGE as error:
        status = failures.tell_usage(error, arguments)
    except CtError as error:
        status = failures.tell(error, arguments)
    except (KeyboardInterrupt, EOFError, typer.Abort):
        status = failures.tell_interrupted()
    return finish_streams() or status


def _dispatch(arguments: list[str]) -> int:
    """Typer's own `main` turns a broken pipe and an end of input into words of its own, so it is not used."""
    command = quicken_params(get_command(program))
    if os.environ.get("_CT_COMPLETE"):
        from typer.completion import get_completion_inspect_parameters

        get_completion_inspect_parameters()  # Which makes Typer know its shells.
        command.main(arguments, prog_name="ct", complete_var="_CT_COMPLETE", standalone_mode=False)
        return ExitStatus.DONE
    with command.make_context("ct", arguments) as context:
        command.invoke(context)
    return ExitStatus.DONE


def main() -> None:
    """Run the command line of this process and leave with its exit status."""
    sys.excepthook = failures.tell_unexpected
    sys.exit(run(sys.argv[1:]))
