"""Text that no spreadsheet takes for a formula. Used for every cell of text that ct writes into a CSV, XLSX or ODS."""

import re

_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet may read as the start of a formula (OWASP, CSV Injection), full width forms too."""
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def harmless(text: str) -> str:
    """The text as a CSV may hold it: an apostrophe before what could be read as a formula, as spreadsheets have it."""
    return "'" + text if text.startswith(_STARTS) else text


def unguarded(text: str) -> str:
    """The text that `harmless` made harmless, as it was: a file that ct wrote comes back as it went out."""
    return text[1:] if text[:1] == "'" and text[1:].startswith(_STARTS) else text


def without_controls(text: str) -> str:
    """The text without the characters that no XML can hold (controls, half characters), for XLSX and ODS."""
    return text if text.isprintable() else _NOT_IN_XML.sub("", text)
