"""The JSON envelope: in pieces, but the same characters as one document."""

import json
from dataclasses import dataclass, field
from datetime import date

import pytest

from ct_cli.actions.answer import Answer
from ct_cli.actions.bulk.outcomes import RowOutcomes
from ct_cli.actions.taking.submitted import Fate
from ct_cli.output.as_json import SCHEMA, envelope, envelope_pieces, plain
from ct_cli.returns.identity import Service
from ct_cli.windows.month import Month


@dataclass(frozen=True)
class Part:
    """Something within an answer."""

    day: date
    names: tuple[str, ...] = ()
    counts: dict[Fate, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Told(Answer):
    """An answer with everything in it that answers have."""

    month: Month
    service: Service
    parts: tuple[Part, ...]
    one: Part | None
    nothing: tuple[str, ...] = ()


TOLD = Told(
    Month(2024, 12),
    Service.CARE_HOME,
    (Part(date(2024, 12, 8), ("line one\nline two", "Zoë ☂"), {Fate.ACCEPTED: 2}), Part(date(2024, 12, 9))),
    Part(date(2024, 12, 10), ("a",)),
)


@pytest.mark.parametrize("data", [TOLD, None, {"a": [1, {"b": ()}]}, Part(date(2024, 1, 1)), (), [[1, 2], []], "text"])
@pytest.mark.parametrize("ascii_only", [False, True])
def test_the_pieces_make_the_document_that_json_itself_would_make(data: object, ascii_only: bool) -> None:
    problems = [{"code": "x", "facts": {"rows": [1, 2]}}]
    whole = {"schema": SCHEMA, "command": "sub mit", "data": plain(data), "problems": problems}

    assert envelope("sub mit", data, problems, ascii_only=ascii_only) == (
        json.dumps(whole, ensure_ascii=ascii_only, indent=2) + "\n"
    )


def test_no_piece_holds_more_than_one_row() -> None:
    rows = RowOutcomes()
    kind = (Service.CARE_HOME, Month(2024, 12), Fate.ACCEPTED)
    rows.extend((number, "LOC123", *kind, "0123456789abcdef") for number in range(1_000))

    assert max(map(len, envelope_pieces("submit", Told(Month(2024, 12), Service.CARE_HOME, rows, None)))) < 300
