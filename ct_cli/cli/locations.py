"""`ct locations …`: the places that owe returns."""

from enum import StrEnum
from typing import Annotated, Any

from typer import Argument, Option

from ct_cli.cli.command import command, new_app
from ct_cli.cli.desk import Desk
from ct_cli.errors import UsageError
from ct_cli.returns.reading.sheet import FileFormat

app = new_app("The locations that owe returns: add, edit, close, list, show, import, sync.")

Loc = Annotated[str, Argument(metavar="LOC", help="CQC's id of the location, such as 1-123456789.")]
Name = Annotated[str | None, Option(help="The location's name.")]
Services = Annotated[
    list[str] | None,
    Option("--service", help="care-home, home-care, hospice, substance-misuse, community-rehabilitation; repeatable."),
]
Provider = Annotated[str | None, Option(help="Who runs it.")]
ProviderId = Annotated[str | None, Option(help="CQC's id of the provider.")]
Council = Annotated[str | None, Option("--local-authority", help="The council that it is in.")]
Region = Annotated[str | None, Option(help="The region that it is in.")]
Postcode = Annotated[str | None, Option(help="Its postcode.")]
Beds = Annotated[str | None, Option(metavar="NUMBER", help="CQC's number of beds.")]
Start = Annotated[str | None, Option(metavar="YYYY-MM-DD", help="The first day of registration.")]
End = Annotated[str | None, Option(metavar="YYYY-MM-DD", help="The last day of registration.")]
Public = Annotated[
    bool | None, Option("--public-body/--private", help="Run by a council or the NHS: no penalty reaches it.")
]
Fee = Annotated[str | None, Option(metavar="POUNDS", help="The CQC registration fee, the size of a penalty.")]
OdsCode = Annotated[str | None, Option(help="The ODS code, where there is one.")]


@command(app, "locations add")
def add(
    desk: Desk,
    loc: Loc,
    name: Annotated[str, Option(help="The location's name.")],
    service: Annotated[list[str], Option("--service", help="care-home, home-care, hospice …; repeatable.")],
    provider: Provider = None,
    provider_id: ProviderId = None,
    local_authority: Council = None,
    region: Region = None,
    postcode: Postcode = None,
    beds: Beds = None,
    start: Start = None,
    end: End = None,
    public_body: Public = None,
    fee: Fee = None,
    ods_code: OdsCode = None,
) -> None:
    """Put a location into the register."""
    given = dict(locals())
    from ct_cli.actions.add_location import add_location
    from ct_cli.output.views.add_location import view

    desk.show(add_location(desk.workplace, loc, _details(given)), view)


@command(app, "locations edit")
def edit(
    desk: Desk,
    loc: Loc,
    name: Name = None,
    service: Services = None,
    provider: Provider = None,
    provider_id: ProviderId = None,
    local_authority: Council = None,
    region: Region = None,
    postcode: Postcode = None,
    beds: Beds = None,
    start: Start = None,
    end: End = None,
    public_body: Public = None,
    fee: Fee = None,
    ods_code: OdsCode = None,
) -> None:
    """Change what is named; the rest stays. An empty value ("") takes a detail away."""
    given = dict(locals())
    from ct_cli.actions.edit_location import edit_location
    from ct_cli.output.views.edit_location import view

    desk.show(edit_location(desk.workplace, loc, _details(given)), view)


@command(app, "locations close")
def close(
    desk: Desk,
    loc: Loc,
    on: Annotated[str | None, Option("--on", metavar="YYYY-MM-DD", help="Its last day; today unless given.")] = None,
) -> None:
    """Give a location its last day of registration. Its history stays."""
    from ct_cli.actions.close_location import close_location
    from ct_cli.output.views.close_location import view
    from ct_cli.register.details import parse_given_day

    desk.show(close_location(desk.workplace, loc, None if on is None else parse_given_day(on)), view)


@command(app, "locations list")
def list_(
    desk: Desk,
    provider: Annotated[str | None, Option(help="Only this provider's: its name or its id.")] = None,
    local_authority: Annotated[str | None, Option(help="Only in this council's area.")] = None,
    service: Annotated[str | None, Option(help="Only with this service.")] = None,
    region: Annotated[str | None, Option(help="Only in this region.")] = None,
    closed: Annotated[bool, Option("--closed", help="Closed ones too.")] = False,
    csv: Annotated[bool, Option("--csv", help="As CSV, which `ct locations import` reads.")] = False,
) -> None:
    """The locations in the register, and which have fewer than two users."""
    from ct_cli.actions.list_locations import list_locations
    from ct_cli.output.views.list_locations import view
    from ct_cli.register.location import Scope
    from ct_cli.returns.identity import parse_service

    wanted = parse_service(service) if service else None
    answer = list_locations(desk.workplace, Scope(None, provider, local_authority, region, wanted, closed))
    if csv and not desk.json:
        from ct_cli.register.location_csv import locations_as_csv

        desk.terminal.document(locations_as_csv(item.location for item in answer.locations))
    else:
        desk.show(answer, view)


@command(app, "locations show")
def show(desk: Desk, loc: Loc) -> None:
    """Everything that the register holds of one location."""
    from ct_cli.actions.show_location import show_location
    from ct_cli.output.views.show_location import view

    desk.show(show_location(desk.workplace, loc), view)


class ListFrom(StrEnum):
    """Where a list of locations comes from."""

    CSV = "csv"
    CQC = "cqc"


@command(app, "locations import")
def import_(
    desk: Desk,
    file: Annotated[str, Argument(metavar="FILE", help="CSV, XLSX or ODS; - reads standard input.")],
    apply: Annotated[bool, Option("--apply", help="Do it. Without this, only the plan is shown.")] = False,
    atomic: Annotated[bool, Option("--atomic", help="With --apply: all rows or none.")] = False,
    origin: Annotated[ListFrom, Option("--from", help="csv: a list of your own. cqc: CQC's directory.")] = ListFrom.CSV,
    local_authority: Annotated[str | None, Option(help="With --from cqc: only this council's area.")] = None,
    format: Annotated[FileFormat | None, Option("--format", help="What kind of file it is, if ct cannot tell.")] = None,
) -> None:
    """Take a list of locations in: shows what is new, changed, unchanged and absent; --apply does it."""
    from ct_cli.output.views.import_locations import view

    if local_authority is not None and origin is not ListFrom.CQC:
        raise UsageError(words="--local-authority narrows CQC's directory: add --from cqc.")
    if origin is ListFrom.CQC:
        from ct_cli.actions.import_directory import import_directory

        opening = "Opening the file; with the whole directory in it, this takes a while"
        with desk.terminal.counting("rows of the directory read", opening) as count:
            answer = import_directory(
                desk.workplace, file, apply=apply, atomic=atomic, local_authority=local_authority, progress=count
            )
    else:
        from ct_cli.actions.import_locations import import_locations

        answer = import_locations(desk.workplace, file, apply=apply, atomic=atomic, format=format)
    desk.show(answer, view)


@command(app, "locations sync")
def sync(
    desk: Desk,
    apply: Annotated[bool, Option("--apply", help="Do it. Without this, only the plan is shown.")] = False,
    since: Annotated[str | None, Option(metavar="YYYY-MM-DD", help="From this day; else since the last time.")] = None,
    everything: Annotated[bool, Option("--all", help="Ask for every location: half an hour or more.")] = False,
    local_authority: Annotated[str | None, Option(help="Only this council's area.")] = None,
) -> None:
    """Ask CQC's API what has changed, with a key of yours: shows what is new, changed and gone; --apply does it."""
    from datetime import datetime, time

    from ct_cli.actions.sync_locations import SyncAsked, sync_locations
    from ct_cli.clock import LONDON
    from ct_cli.output.progress import Progress
    from ct_cli.output.views.import_locations import view
    from ct_cli.register.details import parse_given_day

    start = datetime.combine(parse_given_day(since), time(), LONDON) if since else None
    with Progress(desk.terminal) as progress:
        answer = sync_locations(desk.workplace, SyncAsked(start, everything, local_authority, apply), progress.tell)
    desk.show(answer, view)


_OPTIONS = {"start": "registered_on", "end": "ended_on", "fee": "fee_pence", "service": "services"}


def _details(given: dict[str, Any]) -> dict[str, Any]:
    """The options that were given, as values by field of Location."""
    from ct_cli.register.columns import details_given

    texts = {_OPTIONS.get(name, name): value for name, value in given.items() if name not in {"desk", "loc"}}
    return details_given(texts)
