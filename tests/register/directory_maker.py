"""Makes CQC's care directory as it is published: the sheets, the columns, the blanks and the floats."""

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

COLUMNS = Path(__file__).with_name("cqc_directory_columns.txt").read_text(encoding="utf-8").splitlines()
DUAL_COLUMNS = [
    "Location ID", "Location Name", "Location HSCA Start Date", "Location Type/Sector", "Provider ID", "Provider Name",
    "Linked Organisation ID", "Linked Organisation Name", "Relationship", "Relationship Start Date", "Primary ID",
]  # fmt: skip
Cell = str | float
Sheets = Mapping[str, Sequence[Sequence[Cell]]]


def home(location_id: str, **cells: Cell) -> dict[str, Cell]:
    """A care home in scope; `cells` by column, or by these short names."""
    short = {
        "name": "Location Name",
        "beds": "Care homes beds",
        "provider": "Provider Name",
        "ownership": "Provider Ownership Type",
        "directorate": "Location Inspection Directorate",
        "start": "Location HSCA start date",
        "primary": "Primary ID (Dual registration locations)",
        "dual": "Location Dual Registered",
        "postcode": "Location Postal Code",
    }
    usual: dict[str, Cell] = {
        "Location ID": location_id,
        "Location HSCA start date": "01/10/2010",
        "Dormant (Y/N)": "N",
        "Care home?": "Y",
        "Location Name": f"Home {location_id}",
        "Location ODS Code": "-",
        "Registered manager": "Doe, Jane",
        "Care homes beds": 22.0,
        "Location Inspection Directorate": "Adult social care",
        "Location Region": "London",
        "Location Local Authority": "Camden",
        "Location Postal Code": "AB1 2CD",
        "Location Latitude": 51.5072,
        "Location Longitude": -0.1276,
        "Provider ID": "1-101",
        "Provider Name": "Rose Care Ltd",
        "Provider Ownership Type": "Organisation",
        "Provider Nominated Individual Name": "Roe, Richard",
        "Service type - Care home service with nursing": "Y",
    }
    return {**usual, **{short.get(key, key): value for key, value in cells.items()}}


def directory(
    rows: Sequence[Mapping[str, Cell]], dual: Sequence[Mapping[str, Cell]] = (), *, header_row: int = 1
) -> dict[str, list[list[Cell]]]:
    """The three sheets, the header in a row of its own choosing."""
    above: list[list[Cell]] = [["HSCA Active Locations"], *([[]] * (header_row - 2))] if header_row > 1 else []
    main = [*above, list(COLUMNS), *([row.get(column, "") for column in COLUMNS] for row in rows)]
    second = [list(DUAL_COLUMNS), *([row.get(column, "") for column in DUAL_COLUMNS] for row in dual)]
    readme: list[list[Cell]] = [["Care directory with filters"], ["Location ID", "what CQC calls the place"]]
    return {"README": readme, "HSCA_Active_Locations": main, "Dual_Registration_Locations": second}


def write_xlsx(path: Path, sheets: Sheets) -> Path:
    """The sheets as a workbook of Excel's."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append([None if cell == "" else cell for cell in row])
    book.save(path)
    return path


def write_ods(path: Path, sheets: Sheets) -> Path:
    """The sheets as an OpenDocument spreadsheet, with no more in it than the format demands."""
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    names = "urn:oasis:names:tc:opendocument:xmlns"
    tables = "".join(
        f'<table:table table:name="{name}">{"".join(map(_row, rows))}</table:table>' for name, rows in sheets.items()
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content xmlns:office="{names}:office:1.0" '
        f'xmlns:table="{names}:table:1.0" xmlns:text="{names}:text:1.0" office:version="1.2"><office:body>'
        f"<office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = (
        f'<?xml version="1.0"?><manifest:manifest xmlns:manifest="{names}:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", kind, zipfile.ZIP_STORED)
        archive.writestr("META-INF/manifest.xml", manifest)
        archive.writestr("content.xml", content)
    return path


def _row(cells: Sequence[Cell]) -> str:
    return f"<table:table-row>{''.join(map(_cell, cells))}</table:table-row>"


def _cell(cell: Cell) -> str:
    if cell == "":
        return "<table:table-cell/>"
    if isinstance(cell, float):
        value = f'office:value-type="float" office:value="{cell}"'
    else:
        value = 'office:value-type="string"'
    return f"<table:table-cell {value}><text:p>{escape(str(cell))}</text:p></table:table-cell>"
