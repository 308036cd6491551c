"""Workbooks for tests, well made and hostile."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl

_ODS = """<?xml version="1.0" encoding="UTF-8"?><office:document-content
 xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.3"><office:body><office:spreadsheet>
<table:table table:name="Returns">{}</table:table></office:spreadsheet></office:body></office:document-content>"""
_MANIFEST = """<?xml version="1.0"?><manifest:manifest
 xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><manifest:file-entry manifest:full-path="/"
 manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/></manifest:manifest>"""


def xlsx(cells: dict[str, object], title: str = "Returns") -> bytes:
    """A workbook with these cells."""
    book = openpyxl.Workbook()
    book.active.title = title
    for name, value in cells.items():
        book.active[name] = value
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def altered(workbook: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    """The workbook with each part (its name, its content) changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as given, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name in given.namelist():
            made.writestr(name, change(name, given.read(name)))
    return out.getvalue()


def ods(rows: str, mimetype: str = "application/vnd.oasis.opendocument.spreadsheet") -> bytes:
    """A workbook of table rows as XML."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("mimetype", mimetype, zipfile.ZIP_STORED)
        made.writestr("META-INF/manifest.xml", _MANIFEST)
        made.writestr("content.xml", _ODS.format(rows))
    return out.getvalue()


def put(folder: Path, name: str, content: bytes) -> str:
    """The path of a file with this content."""
    path = folder / name
    path.write_bytes(content)
    return str(path)
