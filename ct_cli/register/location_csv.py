"""Locations as CSV: what `ct locations import` reads back as the same locations, and no spreadsheet runs."""

import csv
import io
from collections.abc import Iterable

from ct_cli.register.columns import COLUMNS, ID_HEADER, written
from ct_cli.register.location import Location
from ct_cli.register.location_rows import escaped


def locations_as_csv(locations: Iterable[Location]) -> str:
    """A header and a row a location, with every detail that is known."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((ID_HEADER, *(column.header for column in COLUMNS)))
    for location in locations:
        cells = (location.id, *(written(location, column.field) for column in COLUMNS))
        writer.writerow(map(escaped, cells))
    return text.getvalue()
