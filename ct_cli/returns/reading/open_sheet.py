"""The one door to every file of returns: what kind it is, and the reader for it."""

from collections.abc import Collection
from contextlib import ExitStack

from ct_cli.returns.reading import headers
from ct_cli.returns.reading.kinds import find_format
from ct_cli.returns.reading.sheet import FileFormat, Sheet
from ct_cli.returns.reading.source import Source, open_source


def open_sheet(
    given: str, format: FileFormat | None = None, header_names: Collection[str] = headers.names_of_location_id()
) -> Sheet:
    """The sheet in a file, or in standard input for "-".

    The format is told from what the file holds and, for text, from its name's ending; `format` says it outright.
    `header_names` are the plain names (`headers.plain`) one of which makes a row the header. Raises FileMissing,
    FormatUnknown, and FileRefused or one of its kinds; no other exception, whatever the file holds.
    """
    with ExitStack() as unless_read:
        source = unless_read.enter_context(open_source(given))
        sheet = sheet_in(source, format, header_names)
        unless_read.pop_all()
        return sheet


def sheet_in(source: Source, given: FileFormat | None, names: Collection[str]) -> Sheet:
    """The sheet in a source that is open already, as `open_sheet` finds it."""
    format = find_format(source, given)
    if format in (FileFormat.XLSX, FileFormat.ODS):
        from ct_cli.returns.reading.spreadsheets import read_workbook

        return read_workbook(source, format, names)
    if format in (FileFormat.JSON, FileFormat.NDJSON):
        from ct_cli.returns.reading.json_files import read_objects

        return read_objects(source, format)
    from ct_cli.returns.reading.text_files import read_text

    return read_text(source, format, names)
