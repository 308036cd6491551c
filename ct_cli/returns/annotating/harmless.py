"""Text that no spreadsheet takes for a formula. Used for every cell of text that ct writes into a CSV, XLSX or ODS."""

_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet may read as the start of a formula (OWASP, CSV Injection), full width forms too."""


def harmless(text: str) -> str:
    """The text as a CSV may hold it: an apostrophe before what could be read as a formula, as spreadsheets have it."""
    return "'" + text if text.startswith(_STARTS) else text


def unguarded(text: str) -> str:
    """The text that `harmless` made harmless, as it was: a file that ct wrote comes back as it went out."""
    return text[1:] if text[:1] == "'" and text[1:].startswith(_STARTS) else text


def without_controls(text: str) -> str:
    """The text without the control characters that no XML can hold, for XLSX and ODS."""
    return "".join(c for c in text if c >= " " or c in "\t\n\r") if not text.isprintable() else text
