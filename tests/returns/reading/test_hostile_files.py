"""Files that mean harm, or that are not what they are called: each refused in a sentence, none opened."""

import importlib.util
import io
import struct
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from ct_cli.errors import ExitStatus
from ct_cli.returns.reading.open_sheet import open_sheet
from ct_cli.returns.reading.refusals import (
    FileBroken,
    FileEncrypted,
    FileHasMacros,
    FileRefused,
    FileTooLarge,
    FileWrongKind,
    FormatUnknown,
)
from ct_cli.returns.reading.sheet import FileFormat

_spec = importlib.util.spec_from_file_location("workbook_making", Path(__file__).with_name("workbook_making.py"))
assert _spec is not None
assert _spec.loader is not None
making = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(making)

GOOD = making.xlsx({"A1": "location_id", "B2": 1})
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


def sheet_xml(change: Callable[[bytes], bytes]) -> bytes:
    return making.altered(GOOD, lambda name, part: change(part) if name == "xl/worksheets/sheet1.xml" else part)


def with_part(name: str, content: bytes) -> bytes:
    out = io.BytesIO(GOOD)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return out.getvalue()


def bomb() -> bytes:
    """Unpacks to 750 MB."""
    out = io.BytesIO(GOOD)
    with (
        zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("xl/bomb.xml", "w") as part,
    ):
        for _ in range(750):
            part.write(bytes(1 << 20))
    return out.getvalue()


def lying_about_size() -> bytes:
    """Says that its sheet unpacks to 1,000 bytes, where it unpacks to more, with the checksum of those 1,000."""
    import zlib

    with zipfile.ZipFile(io.BytesIO(GOOD)) as archive:
        old = archive.getinfo("xl/worksheets/sheet1.xml")
        xml = archive.read(old)
    begins, ends = xml[:1000].ljust(1000), b" " * 5_000_000
    content = making.altered(GOOD, lambda name, part: begins + ends if name == old.filename else part)
    fields = struct.pack("<III", zlib.crc32(begins + ends), 0, len(begins + ends))
    told = struct.pack("<I", zlib.crc32(begins))
    crc = fields[:4]
    content = content.replace(crc, told)
    return content.replace(struct.pack("<I", len(begins + ends)), struct.pack("<I", 1000))


def encrypted_zip() -> bytes:
    content = bytearray(GOOD)
    with zipfile.ZipFile(io.BytesIO(GOOD)) as archive:
        start = archive.start_dir
    content[start + 8] |= 1  # general purpose flags in the first entry of the directory
    return bytes(content)


WHOLE_CELL = '<table:table-cell office:value-type="string"{}><text:p>x</text:p></table:table-cell>'
REPEATED = WHOLE_CELL.format(' table:number-columns-repeated="16000"')

BETWEEN = b" " * 2_000_000
FAR_DOWN = b'<row r="99000"><c r="A99000"><v>1</v></c></row>'
FAR_RIGHT = b'<row r="3"><c r="DP3"><v>1</v></c></row></sheetData>'
FAR_APART = BETWEEN + FAR_DOWN + BETWEEN + FAR_RIGHT

HOSTILE = [
    ("a.xlsx", lambda: sheet_xml(lambda xml: xml.replace(b'r="B2"', b'r="XFD1048576"')), FileTooLarge),
    ("a.xlsx", lambda: sheet_xml(lambda xml: xml.replace(b'r="B2"', b"r='XFD1048576'")), FileTooLarge),
    ("a.xlsx", lambda: sheet_xml(lambda xml: xml.replace(b'r="B2"', b'r = "XFD1048576"')), FileTooLarge),
    ("a.xlsx", lambda: sheet_xml(lambda xml: xml.replace(b'r="B2"', b'r="&#88;FD1048576"')), FileBroken),
    ("a.xlsx", lambda: sheet_xml(lambda xml: xml.replace(b'r="B2"', b'r="XFD99999999999"')), FileTooLarge),
    (
        "a.xlsx",
        lambda: sheet_xml(lambda xml: xml.replace(b"</sheetData>", FAR_APART)),
        FileTooLarge,
    ),
    ("a.ods", lambda: making.ods(f"<table:table-row>{REPEATED}</table:table-row>" * 2000), FileTooLarge),
    (
        "a.ods",
        lambda: making.ods(f'<table:table-row table:number-rows-repeated="1000000">{REPEATED}</table:table-row>'),
        FileTooLarge,
    ),
    (
        "a.ods",
        lambda: making.ods(
            f"<table:table-row>{WHOLE_CELL.format('')}"
            f'<table:table-cell table:number-columns-repeated="16000"/>{WHOLE_CELL.format("")}</table:table-row>' * 2000
        ),
        FileTooLarge,
    ),
    ("a.xlsx", bomb, FileTooLarge),
    ("a.xlsx", lying_about_size, FileBroken),
    ("a.xlsx", lambda: with_part("xl/vbaProject.bin", b"macro"), FileHasMacros),
    ("a.xlsm", lambda: GOOD, FileHasMacros),
    ("a.xlsb", lambda: with_part("xl/workbook.bin", b"binary"), FileWrongKind),
    ("a.xlsx", encrypted_zip, FileEncrypted),
    ("a.xlsx", lambda: OLE + "EncryptedPackage".encode("utf-16-le") + bytes(500), FileEncrypted),
    ("a.xls", lambda: OLE, FileWrongKind),
    ("a.csv", lambda: OLE, FileWrongKind),
    ("a.xlsx", lambda: GOOD[: len(GOOD) // 2], FileBroken),
    ("a.xlsx", lambda: GOOD[:100] + b"!" * 50 + GOOD[150:], FileBroken),
    ("a.xlsx", lambda: b"location_id,occupied\nLOC123,3\n", FileBroken),
    ("a.csv", lambda: b"%PDF-1.7 and so on", FileWrongKind),
    ("a.csv", lambda: b"\x89PNG\r\n\x1a\n" + bytes(50), FileWrongKind),
    ("a.csv", lambda: b"\n <!DOCTYPE html><html><body>Please log in</body></html>", FileWrongKind),
    ("a.csv", lambda: b"<?xml version='1.0'?><?mso-application progid='Excel.Sheet'?><Workbook/>", FileWrongKind),
    ("a.csv", lambda: b"\x1f\x8b\x08" + bytes(50), FileWrongKind),
    ("a.csv", lambda: making.altered(GOOD, lambda name, part: part)[:4], FileBroken),
    ("a.odt", lambda: making.ods("", "application/vnd.oasis.opendocument.text"), FileWrongKind),
    ("a.dat", lambda: b"location_id,occupied\nLOC123,3\n", FormatUnknown),
]


@pytest.mark.parametrize(("name", "make", "error"), HOSTILE)
def test_it_is_refused_in_a_sentence_and_at_once(
    tmp_path: Path, name: str, make: Callable[[], bytes], error: type[Exception]
) -> None:
    path = making.put(tmp_path, name, make())
    began = time.perf_counter()

    with pytest.raises(error) as refused:
        open_sheet(path)

    assert time.perf_counter() - began < 10
    sentence = str(refused.value)
    assert path in sentence
    assert "Traceback" not in sentence
    assert sentence.endswith(".") or "--format" in sentence
    assert len(sentence) < 400 + len(path)
    if isinstance(refused.value, FileRefused):
        assert refused.value.exit_status is ExitStatus.REFUSED


def test_a_workbook_under_another_name_is_read_for_what_it_is(tmp_path: Path) -> None:
    with open_sheet(making.put(tmp_path, "a.csv", GOOD)) as sheet:
        assert sheet.format is FileFormat.XLSX


def test_an_archive_that_is_no_workbook_is_named_as_such(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("returns.csv", "location_id\n")
    with pytest.raises(FileWrongKind, match="a zip archive"):
        open_sheet(making.put(tmp_path, "a.zip", out.getvalue()))
