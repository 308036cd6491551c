"""The part of `ct submit` that takes a file: what was typed as an order, and progress while it runs."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ct_cli.cli.desk import Desk
from ct_cli.errors import UsageError

if TYPE_CHECKING:
    from ct_cli.actions.taking.order import FileOrder, Terms
    from ct_cli.returns.reading.sheet import FileFormat


class NotAFormat(UsageError):
    """{given!r} is not a format that ct reads. They are: {known}."""

    code = "not-a-format"


class NotAMapping(UsageError):
    """--map {given!r} does not say which header is which field: write the header, = and the field, as in
    --map "Beds in use=occupied"."""

    code = "not-a-mapping"


def read_file_order(
    file: str,
    format: str | None,
    service: str | None,
    month: str | None,
    confirm: Sequence[str] | None,
    note: str,
    survey: str,
    mapping: Sequence[str] | None,
    ignore: Sequence[str] | None,
    atomic: bool,
) -> "FileOrder":
    """The order from what was typed. Raises NotAFormat, NotAMapping, NotAService, NotAMonth, NoteMissing."""
    from ct_cli.actions.taking.order import FileOrder, read_confirmation
    from ct_cli.returns.identity import parse_service
    from ct_cli.windows.month import Month

    return FileOrder(
        file,
        _format(format) if format else None,
        dict(_pair(given) for given in mapping or ()),
        tuple(ignore or ()),
        Month.parse(month) if month else None,
        parse_service(service) if service else None,
        read_confirmation(confirm or (), note),
        note.strip(),
        survey.strip(),
        atomic,
    )


def with_headers_and_report(order: "FileOrder", use_map: str, save_map: str, report: str | None) -> "FileOrder":
    """The order with the map that its headers are read by, the one to keep, and the report to write."""
    from dataclasses import replace
    from pathlib import Path

    path = Path(report).expanduser() if report else None
    return replace(order, use_map=use_map.strip(), save_map=save_map.strip(), report=path)


def submit_rows(desk: Desk, order: "FileOrder", terms: "Terms") -> None:
    """Submit the file, with progress on stderr where it takes long, and show what became of it."""
    from ct_cli.actions.submit_file import submit_file
    from ct_cli.output.progress import Progress
    from ct_cli.output.views.submit_file import closes_soon, view

    with Progress(desk.terminal) as progress:
        answer = submit_file(
            desk.workplace,
            order,
            terms,
            progress.tell,
            lambda parts, window: desk.terminal.say(closes_soon(parts, window)),
            lambda part: desk.tell(part, view),
        )
    desk.show(answer, view)


def _format(given: str) -> "FileFormat":
    from ct_cli.returns.reading.sheet import FileFormat

    try:
        return FileFormat(given.strip().lower().removeprefix("."))
    except ValueError:
        raise NotAFormat(given=given[:20], known=", ".join(FileFormat)) from None


def _pair(given: str) -> tuple[str, str]:
    header, equals, field = given.rpartition("=")
    if not equals or not header.strip() or not field.strip():
        raise NotAMapping(given=given[:60])
    return header.strip(), field.strip().lower().replace("-", "_").replace(" ", "_")
