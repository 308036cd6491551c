"""How a function becomes a command: every command takes --json and --no-input, and fails in the same way."""

import functools
import inspect
from collections.abc import Callable
from typing import Annotated, Any, Concatenate, ParamSpec

import typer

from ct_cli.cli.desk import Desk
from ct_cli.cli.listing import Listing
from ct_cli.errors import CtError
from ct_cli.output.terminal import OutputLost, Terminal

P = ParamSpec("P")
Body = Callable[Concatenate[Desk, P], None]

Json = Annotated[bool, typer.Option("--json", help="Answer as one JSON document.", show_default=False)]
NoInput = Annotated[bool, typer.Option("--no-input", help="Never ask; fail instead.", show_default=False)]


def new_app(about: str | None = None) -> typer.Typer:
    """An app for one file of commands. With `about`, it is a group (`ct locations …`); else one command."""
    app = typer.Typer(
        cls=Listing,
        help=about,
        add_completion=False,
        no_args_is_help=about is not None,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    if about is not None:
        app.callback()(lambda: None)
    return app


def command(app: typer.Typer, words: str) -> Callable[[Body[P]], Body[P]]:
    """Put a body on the desk as `ct WORDS`. Its first parameter is the Desk; the rest are Typer's."""

    def decorate(body: Body[P]) -> Body[P]:
        app.command(words.rpartition(" ")[2])(_run(words, body))
        return body

    return decorate


def group_command(app: typer.Typer, words: str) -> Callable[[Body[P]], Body[P]]:
    """Put a body on the desk as what a group does when it is named without one of its commands: `ct remind`."""

    def decorate(body: Body[P]) -> Body[P]:
        app.info.no_args_is_help = False
        app.callback(invoke_without_command=True)(_run(words, body))
        return body

    return decorate


def _run(words: str, body: Body[P]) -> Callable[..., None]:
    @functools.wraps(body)
    def run(ctx: typer.Context, json: bool, no_input: bool, **given: Any) -> None:
        if ctx.invoked_subcommand is not None:
            return
        desk = Desk(words, json, Terminal(no_input))
        try:
            body(desk, **given)  # type: ignore[call-arg]
        except OutputLost:
            raise  # There is nowhere to report it to: `run` ends quietly.
        except CtError as error:
            desk.report(error)
            raise typer.Exit(error.exit_status) from None
        except (ValueError, TypeError, AttributeError, LookupError, ArithmeticError):
            damage = desk.damage()
            if damage is None:
                raise  # a fault in ct, which `failures` tells
            desk.report(damage)
            raise typer.Exit(damage.exit_status) from None
        finally:
            desk.close()

    _take(run, body)
    return run


def _take(run: Callable[..., None], body: Callable[..., None]) -> None:
    """Give the wrapper the body's parameters, with the context in the desk's place and the common options last."""
    keyword = inspect.Parameter.KEYWORD_ONLY
    _, *own = inspect.signature(body).parameters.values()
    parameters = [
        inspect.Parameter("ctx", keyword, annotation=typer.Context),
        *(parameter.replace(kind=keyword) for parameter in own),
        inspect.Parameter("json", keyword, annotation=Json, default=False),
        inspect.Parameter("no_input", keyword, annotation=NoInput, default=False),
    ]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
