"""The codes of problems with a file's columns and rows, which come before any rule about what is in them."""

from ct_cli.returns.code import Code
from ct_cli.returns.collection import Basis
from ct_cli.returns.problem import Severity


def _error(code: str, meaning: str, remedy: str) -> Code:
    return Code(code, Severity.ERROR, meaning, remedy, "How ct reads files", Basis.INFERRED)


FILE_CODES = (
    _error(
        "column-unknown",
        "A column's header is no field that ct knows. Its values would be lost without a word, so the file is refused.",
        "Rename the column, say what it is with --map HEADER=FIELD, or pass it over with --ignore-column HEADER.",
    ),
    _error(
        "column-twice",
        "Two columns hold the same field, so that it is not clear which is meant.",
        "Keep one of them.",
    ),
    _error(
        "column-missing",
        "The file lacks a column without which no return can be read.",
        "Add the column; `ct template` writes a file with all of them.",
    ),
    _error(
        "duplicate-row",
        "Rows of the file say different things of one location, service and month, so that it is not clear which is "
        "meant. All of them are refused. (Rows that say the same are one return.)",
        "Keep the right row, and delete the others.",
    ),
    _error(
        "cell-without-header",
        "A row has something to the right of the last header. Often a comma within a cell has split it in two, and "
        "every value after it is in the wrong column.",
        'Put the cell that holds the comma in quotation marks ("…"), or clear the cells on the right.',
    ),
    _error(
        "location-id-wrong",
        "The location id is blank, or holds what no location id has.",
        "Write CQC's location id, such as 1-123456789 (3 to 14 of A-Z, 0-9 and -).",
    ),
    _error(
        "location-id-misread",
        "A spreadsheet has turned a location id into a number or a date. What was typed can not be told from it, so ct "
        "does not guess.",
        "Format the column as Text, and type the id again.",
    ),
    _error(
        "service-wrong",
        "The service is none that ct knows, or is left blank where the location has several.",
        "Write care-home or home-care.",
    ),
    _error(
        "month-wrong",
        "The month is not written as a year, a dash and two digits. A spreadsheet may have turned it into a date.",
        "Format the column as Text, and write the month as 2024-12.",
    ),
    _error(
        "version-wrong",
        "version_seen says which version of the month's return a row was made from, as a whole number: 0 for none.",
        "Leave the column as `ct template` wrote it, or leave the cell blank.",
    ),
    _error(
        "kind-wrong",
        "It is not clear whether the row is a return, a nil return or “unchanged”.",
        "Give a nil_reason for a nil return, write yes in unchanged to confirm the last return, or leave both blank.",
    ),
    _error(
        "nil-reason-wrong",
        "The reason for a nil return is none of those that there are.",
        "Write one of the reasons; `ct nil-return --help` lists them.",
    ),
)
"""Taken into `ct_cli.returns.codes.CODES`."""
