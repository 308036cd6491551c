"""`ct nil-return`."""

from typing import Annotated

from typer import Argument, Option

from ct_cli.cli.command import command, new_app
from ct_cli.cli.desk import Desk
from ct_cli.returns.the_return import NilReason

app = new_app()


@command(app, "nil-return")
def nil_return(
    desk: Desk,
    location: Annotated[str, Argument(metavar="LOC", help="The location: its CQC id.")],
    reason: Annotated[
        str | None, Option(metavar="R", help=f"Why there is nothing to report: {', '.join(NilReason)}.")
    ] = None,
    service: Annotated[
        list[str] | None, Option(metavar="SERVICE", help="Needed where LOC owes more than one; repeat for each.")
    ] = None,
    all_services: Annotated[bool, Option("--all-services", help="One for each service that LOC owes.")] = False,
    month: Annotated[str | None, Option(metavar="YYYY-MM", help="The month; by default the present one.")] = None,
    note: Annotated[str, Option(help="Anything that explains it. Names nobody.")] = "",
    confirm: Annotated[
        list[str] | None, Option(metavar="CODE", help="Confirm a query; repeat for each. Most need a --note.")
    ] = None,
    outside_window: Annotated[
        bool, Option("--outside-window", help="Record an update although the window is shut; it fulfils nothing.")
    ] = False,
    dry_run: Annotated[bool, Option("--dry-run", help="Say what would happen; write nothing.")] = False,
) -> None:
    """Say that there is nothing to report, and why. A nil return is owed all the same."""
    from dataclasses import replace

    from ct_cli.actions.make_nil_return import make_nil_return, versions_standing
    from ct_cli.actions.taking.order import Order, Terms
    from ct_cli.cli.asking import ask_to_replace
    from ct_cli.cli.asking_nil import ask_reason, ask_services, parse_reason
    from ct_cli.output.views.make_nil_return import view

    order = Order.read(location, service or (), month, confirm or (), note)
    if desk.terminal.asks:
        order = replace(order, versions_seen=versions_standing(desk.workplace.taking_in, order))
    if not all_services:
        order = ask_services(desk, order)
    why = parse_reason(reason) if reason else ask_reason(desk)
    terms = Terms(outside_window=outside_window, dry_run=dry_run)
    trying = Terms(outside_window=outside_window, dry_run=True)
    order = ask_to_replace(
        desk,
        order,
        lambda: make_nil_return(desk.workplace.taking_in, order, why, trying, all_services=all_services),
    )
    desk.show(make_nil_return(desk.workplace, order, why, terms, all_services=all_services), view)
