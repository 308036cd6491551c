"""A workbook as the zip archive that it is, looked through before anything in it is opened."""

import struct
import zipfile
import zlib
from collections.abc import Iterator

from ct_cli.returns.reading.refusals import FileBroken, FileEncrypted, FileTooLarge
from ct_cli.returns.reading.source import Source

MOST_OPENED = 700 * 1024 * 1024
"""Bytes that the parts of a workbook may take up in all once unpacked: 30,000 returns take up some 40 MB, CQC's care
directory 500 MB."""
_MOST_PARTS = 10_000
_CHUNK = 1 << 20
_LOCAL_HEADER = struct.Struct("<4s5H3I2H")  # APPNOTE.TXT 4.3.7

DAMAGED = "Open it in Excel or LibreOffice, save it again, and submit the new file."


def open_archive(source: Source) -> zipfile.ZipFile:
    """The archive. Raises FileBroken, FileEncrypted, FileTooLarge, by what its directory declares."""
    source.content.seek(0)
    try:
        archive = zipfile.ZipFile(source.content)
        parts = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, EOFError, struct.error):
        raise broken(source) from None
    total = sum(part.file_size for part in parts)
    if total > MOST_OPENED or len(parts) > _MOST_PARTS:
        limit = f"{MOST_OPENED >> 20} MB and {_MOST_PARTS:,} parts"
        size = f"{total >> 20:,} MB in {len(parts):,} parts"
        raise FileTooLarge(file=source.name, size=size, limit=limit, remedy="Submit it as CSV, or in several files.")
    if any(part.flag_bits & 1 for part in parts):
        raise FileEncrypted(file=source.name)
    return archive


def unpacked(source: Source, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """A part's bytes, a piece at a time. Raises FileBroken where they are not as many as the directory declares.

    `zipfile` itself stops at the declared size without a word, where other readers would go on: so a bomb would pass.
    """
    source.content.seek(max(0, part.header_offset))
    header = source.content.read(_LOCAL_HEADER.size)
    if len(header) < _LOCAL_HEADER.size or not header.startswith(b"PK\x03\x04"):
        raise broken(source)
    *_, name_length, extra_length = _LOCAL_HEADER.unpack(header)
    source.content.seek(name_length + extra_length, 1)
    if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise broken(source)
    left, size = part.compress_size, 0
    inflate = zlib.decompressobj(-15) if part.compress_type == zipfile.ZIP_DEFLATED else None
    while left:
        packed = source.content.read(min(left, _CHUNK >> 4))
        if not packed:
            raise broken(source)
        left -= len(packed)
        while packed:
            piece, packed = _inflated(source, inflate, packed)
            size += len(piece)
            if size > part.file_size:
                raise broken(source)
            yield piece
    if size != part.file_size:
        raise broken(source)


def read_part(source: Source, part: zipfile.ZipInfo) -> bytes:
    """The whole of a part that is known to be small. Raises FileBroken."""
    if part.file_size > _CHUNK:
        raise broken(source)
    return b"".join(unpacked(source, part))


def broken(source: Source) -> FileBroken:
    """The refusal of an archive that cannot be unpacked."""
    reason = "it begins as a workbook does, but cannot be unpacked"
    return FileBroken(file=source.name, reason=reason, remedy=DAMAGED)


def _inflated(source: Source, inflate: "zlib._Decompress | None", packed: bytes) -> tuple[bytes, bytes]:
    if inflate is None:
        return packed, b""
    try:
        piece = inflate.decompress(packed, _CHUNK)
    except zlib.error:
        raise broken(source) from None
    return piece, b"" if inflate.eof else inflate.unconsumed_tail
