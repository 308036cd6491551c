"""`ct submit`."""

from ct_cli.cli import submit_options as typed
from ct_cli.cli.command import command, new_app
from ct_cli.cli.desk import Desk
from ct_cli.cli.submitting_files import read_file_order, submit_rows, with_headers_and_report
from ct_cli.errors import UsageError

app = new_app()


class OneOrMany(UsageError):
    """Name one location (ct submit LOC --set maximum_capacity=40 …) or a file of returns (ct submit --file F),
    {fault}."""

    code = "one-or-many"


class UnchangedWithValues(UsageError):
    """--unchanged confirms the last return as it is, and --set changes it: give one of the two."""

    code = "unchanged-with-values"


@command(app, "submit")
def submit(
    desk: Desk,
    location: typed.Location = None,
    service: typed.Service = None,
    assign: typed.Set = None,
    unchanged: typed.Unchanged = False,
    file: typed.File = None,
    format: typed.Format = None,
    atomic: typed.Atomic = False,
    map_: typed.Map = None,
    use_map: typed.UseMap = "",
    save_map: typed.SaveMap = "",
    ignore_column: typed.IgnoreColumn = None,
    report: typed.Report = None,
    month: typed.Month = None,
    collection: typed.Collection = "",
    confirm: typed.Confirm = None,
    note: typed.Note = "",
    outside_window: typed.OutsideWindow = False,
    dry_run: typed.DryRun = False,
) -> None:
    """Record the monthly return of one location, or of every location in a file, and print the receipts."""
    from ct_cli.actions.submit_return import submit_return
    from ct_cli.actions.taking.order import Order, Terms, parse_assignments
    from ct_cli.output.views.submit_return import view

    terms = Terms(outside_window=outside_window, dry_run=dry_run)
    if file is not None:
        if location is not None or assign or unchanged:
            raise OneOrMany(fault="not both")
        order = read_file_order(file, format, service, month, confirm, note, collection, map_, ignore_column, atomic)
        submit_rows(desk, with_headers_and_report(order, use_map, save_map, report), terms)
        return
    if location is None:
        raise OneOrMany(fault="one of the two")
    if unchanged and assign:
        raise UnchangedWithValues
    one = Order.read(location, [service] if service else [], month, confirm or (), note, survey=collection)
    values = None if unchanged else parse_assignments(assign or ())
    from ct_cli.cli.asking import ask_return, ask_to_replace

    if values is not None and not values:
        one, values = ask_return(desk, one, terms)
    else:
        trying = Terms(outside_window=outside_window, dry_run=True)
        one = ask_to_replace(desk, one, lambda: submit_return(desk.workplace.taking_in, one, values, trying))
    desk.show(submit_return(desk.workplace, one, values, terms), view)
