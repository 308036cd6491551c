"""`ct submit`."""

from typing import Annotated

from typer import Argument, Option

from ct_cli.cli.command import command, new_app
from ct_cli.cli.desk import Desk
from ct_cli.cli.submitting_files import read_file_order, submit_rows
from ct_cli.errors import UsageError

app = new_app()


class OneOrMany(UsageError):
    """Name one location (ct submit LOC --set maximum_capacity=40 …) or a file of returns (ct submit --file F),
    {fault}."""

    code = "one-or-many"


@command(app, "submit")
def submit(
    desk: Desk,
    location: Annotated[str | None, Argument(metavar="[LOC]", help="The location: its CQC id.")] = None,
    service: Annotated[str | None, Option(metavar="SERVICE", help="Needed where LOC owes more than one.")] = None,
    assign: Annotated[
        list[str] | None, Option("--set", metavar="FIELD=VALUE", help="One item's value; repeat for each item.")
    ] = None,
    unchanged: Annotated[
        bool, Option("--unchanged", help="Confirm that nothing changed since the last return.")
    ] = False,
    file: Annotated[str | None, Option(metavar="FILE", help="A file of returns; - reads standard input.")] = None,
    format: Annotated[
        str | None, Option(metavar="FORMAT", help="csv, tsv, xlsx, ods, json or ndjson; by default, as the file shows.")
    ] = None,
    atomic: Annotated[bool, Option("--atomic", help="With --file: record every row, or none.")] = False,
    map_: Annotated[
        list[str] | None, Option("--map", metavar="HEADER=FIELD", help="What a column of your own is; repeat for each.")
    ] = None,
    ignore_column: Annotated[
        list[str] | None, Option(metavar="HEADER", help="A column to pass over; repeat for each.")
    ] = None,
    month: Annotated[str | None, Option(metavar="YYYY-MM", help="The month; by default the present one.")] = None,
    collection: Annotated[str, Option(metavar="ID", help="Answer a voluntary survey instead.")] = "",
    confirm: Annotated[
        list[str] | None, Option(metavar="CODE", help="Confirm a query; repeat for each. Needs --note.")
    ] = None,
    note: Annotated[str, Option(help="Why what was queried is right. Names nobody.")] = "",
    outside_window: Annotated[
        bool, Option("--outside-window", help="Record an update although the window is shut; it fulfils nothing.")
    ] = False,
    dry_run: Annotated[bool, Option("--dry-run", help="Say what would happen; write nothing.")] = False,
) -> None:
    """Record the monthly return of one location, or of every location in a file, and print the receipts."""
    from ct_cli.actions.order import Order, Terms, parse_assignments
    from ct_cli.actions.submit_return import submit_return
    from ct_cli.output.views.submit_return import view

    terms = Terms(outside_window=outside_window, dry_run=dry_run)
    if file is not None:
        if location is not None or assign or unchanged:
            raise OneOrMany(fault="not both")
        order = read_file_order(file, format, service, month, confirm, note, collection, map_, ignore_column, atomic)
        submit_rows(desk, order, terms)
        return
    if location is None:
        raise OneOrMany(fault="one of the two")
    one = Order.read(location, [service] if service else [], month, confirm or (), note, survey=collection)
    values = None if unchanged else parse_assignments(assign or ())
    if values is not None and not values:
        from ct_cli.cli.asking import ask_return

        one, values = ask_return(desk, one, terms)
    desk.show(submit_return(desk.workplace, one, values, terms), view)
