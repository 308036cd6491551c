"""What `ct submit` takes, each with its words for --help."""

from typing import Annotated

from typer import Argument, Option

Location = Annotated[str | None, Argument(metavar="LOC", help="The location: its CQC id.")]
Service = Annotated[str | None, Option(metavar="SERVICE", help="Needed where LOC owes more than one.")]
Set = Annotated[
    list[str] | None, Option("--set", metavar="FIELD=VALUE", help="One item's value; repeat for each item.")
]
Unchanged = Annotated[bool, Option("--unchanged", help="Confirm that nothing changed since the last return.")]
File = Annotated[str | None, Option(metavar="FILE", help="A file of returns; - reads standard input.")]
Format = Annotated[
    str | None, Option(metavar="FORMAT", help="csv, tsv, xlsx, ods, json or ndjson; by default, as the file shows.")
]
Atomic = Annotated[bool, Option("--atomic", help="With --file: record every row, or none.")]
Map = Annotated[
    list[str] | None, Option("--map", metavar="HEADER=FIELD", help="What a column of your own is; repeat for each.")
]
UseMap = Annotated[str, Option("--use-map", metavar="NAME", help="Take the columns as kept with --save-map NAME.")]
SaveMap = Annotated[str, Option("--save-map", metavar="NAME", help="Keep what --map says in your settings.")]
IgnoreColumn = Annotated[list[str] | None, Option(metavar="HEADER", help="A column to pass over; repeat for each.")]
Report = Annotated[
    str | None,
    Option(metavar="FILE", help="With --file: every problem, as .csv or .json; .xlsx is your own file, marked."),
]
Month = Annotated[str | None, Option(metavar="YYYY-MM", help="The month; by default the present one.")]
Collection = Annotated[str, Option(metavar="ID", help="Answer a voluntary survey instead.")]
Confirm = Annotated[
    list[str] | None, Option(metavar="CODE", help="Confirm a query; repeat for each. Most need --note.")
]
Note = Annotated[str, Option(help="Why what was queried is right. Names nobody.")]
OutsideWindow = Annotated[
    bool, Option("--outside-window", help="Record an update although the window is shut; it fulfils nothing.")
]
DryRun = Annotated[bool, Option("--dry-run", help="Say what would happen; write nothing.")]
