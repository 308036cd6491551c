"""`ct evidence`: what the page and the sheet hold, what they leave out, and that an altered ledger shows."""

import csv
import io
import json
import re
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from ct_cli.backends.contract import Source, Submission
from ct_cli.backends.sqlite import SqliteBackend
from ct_cli.register.location import Location
from ct_cli.returns.identity import Service
from ct_cli.returns.the_return import CheckedReturn, NilReason, ReturnKind
from ct_cli.settings import read_settings
from ct_cli.windows.month import Month
from tests.conftest import Ran

NOW = "2024-12-20T12:00:00+00:00"
HOME = Service.CARE_HOME


def submission(month: Month, occupied: int = 36, day: int = 9, **more: Any) -> Submission:
    kind, reason = more.pop("kind", ReturnKind.FULL), more.pop("reason", None)
    values = {} if kind is ReturnKind.NIL else {"maximum_capacity": 40, "occupied": occupied}
    checked = CheckedReturn(
        "LOC123", HOME, month, kind, "care-home-2024-04-26", values, reason=reason, note="told by Mrs Brown"
    )
    told: dict[str, Any] = {
        "received_at": datetime(month.year, month.number, day, 10, 2, 3, tzinfo=UTC),
        "fulfils": True,
        "rehearsal": False,
        "source": Source.RECORDED_HERE,
        "recorded_by": "anna.brown",
    }
    return Submission(checked, **{**told, **more})


@pytest.fixture
def store() -> Path:
    """August to November 2024: a correction; one too late; none; a nil return, seen in Capacity Tracker as well."""
    path = read_settings().store_path
    with SqliteBackend(path) as backend:
        backend.save_locations([Location("LOC123", "<script>Rose</script> & Sons", (HOME,), "=Good Care", "1-1")])
        for each in (
            submission(Month(2024, 8)),
            submission(Month(2024, 8), occupied=38, day=12),
            submission(Month(2024, 9), day=20, fulfils=False),
            submission(Month(2024, 11), kind=ReturnKind.NIL, reason=NilReason.NO_SERVICE_USERS),
            submission(Month(2024, 11), day=10, source=Source.CAPACITY_TRACKER),
        ):
            backend.record([each])
    return path


def html(ct: Callable[..., Ran], *arguments: str) -> str:
    ran = ct("evidence", "LOC123", "--out", "-", "--format", "html", "--from", "2024-08", *arguments, now=NOW)
    assert ran.status == 0, ran.err
    return ran.out


class Words(HTMLParser):
    """Every element that is opened and closed, and the words between."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert not {"src", "href"} & {name for name, _ in attrs}
        if tag not in {"meta", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_the_page_is_sound_html_that_fetches_nothing(ct: Callable[..., Ran], store: Path) -> None:
    words = Words()
    words.feed(html(ct))

    assert words.open == []
    text = " ".join("".join(words.words).split())
    assert "Monthly returns: <script>Rose</script> & Sons (LOC123)" in text


def test_a_name_cannot_bring_markup_into_the_page(ct: Callable[..., Ran], store: Path) -> None:
    assert "<script" not in html(ct)


def test_the_page_shows_every_version_with_its_moment_receipt_and_hashes(ct: Callable[..., Ran], store: Path) -> None:
    page = html(ct)

    assert "August 2024, care home: return, version 1" in page
    assert "August 2024, care home: return, version 2" in page
    assert "Mon 12 August 2024, 11:02:03 BST" in page
    assert "Occupied or used: 38" in page
    with SqliteBackend(store) as backend:
        for entry in backend.history("LOC123"):
            for text in (entry.receipt_id, entry.content_hash, entry.entry_hash):
                assert text in page


def test_the_page_says_what_was_late_what_is_missing_and_why_a_close_moved(ct: Callable[..., Ran], store: Path) -> None:
    page = html(ct, "--to", "2024-12")

    assert re.search(r"September 2024</th>.*no return known</span>; 1 entry outside the window", page)
    assert re.search(r"October 2024</th>.*no return known", page)
    assert "close moved: 14 September 2024 is a Saturday" in page
    assert "nil return" in page
    assert "return (seen in Capacity Tracker)" in page
    assert "outside the window: it fulfils nothing" in page


def test_the_page_names_no_person_and_no_free_text(ct: Callable[..., Ran], store: Path) -> None:
    for format_ in ("html", "csv"):
        text = ct("evidence", "LOC123", "--out", "-", "--format", format_, now=NOW).out.lower()
        assert "brown" not in text
        assert "anna" not in text


def test_the_page_says_what_it_is_not_and_where_it_goes(ct: Callable[..., Ran], store: Path) -> None:
    page = html(ct)

    assert "not affiliated" in page
    assert "does not file returns with DHSC" in page
    assert "enforcement@nhsbsa.nhs.uk" in page
    assert "Inferred" in page


def test_a_page_made_in_a_rehearsal_says_so(ct: Callable[..., Ran], store: Path) -> None:
    assert "Made in a rehearsal." in html(ct)


def test_an_altered_entry_is_named_on_the_page_and_told_of(ct: Callable[..., Ran], store: Path, tmp_path: Path) -> None:
    with sqlite3.connect(store) as connection:
        connection.execute("UPDATE entries SET received_at = '2024-09-09T10:00:00.000000+00:00' WHERE number = 3")
    connection.close()

    page = html(ct)
    ran = ct("evidence", "LOC123", "--out", str(tmp_path / "x.html"), now=NOW)

    assert "The ledger was altered after it was written." in page
    assert "care-home, entry 3" in page
    assert "The ledger was altered; the page says where." in ran.out


def test_the_sheet_has_a_row_for_each_version_and_each_month_without_one(
    ct: Callable[..., Ran], store: Path, tmp_path: Path
) -> None:
    file = tmp_path / "proof.csv"
    ran = ct("evidence", "LOC123", "--out", str(file), "--from", "2024-08", "--to", "2024-11", "--json", now=NOW)
    rows = list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8-sig"))))

    assert json.loads(ran.out)["data"]["entries"] == 5
    assert [row["month"] for row in rows] == ["2024-08", "2024-08", "2024-09", "2024-10", "2024-11", "2024-11"]
    assert [row["inside_window"] for row in rows] == ["yes", "yes", "no", "", "yes", "yes"]
    assert rows[3]["standing"] == "no return known"
    assert rows[0]["said"] == "Maximum capacity: 40; Occupied or used: 36"


def test_no_cell_of_the_sheet_is_a_formula(ct: Callable[..., Ran], store: Path) -> None:
    with SqliteBackend(store) as backend:
        backend.save_locations([Location("LOC123", "=HYPERLINK(1)", (HOME,))])

    ran = ct("evidence", "LOC123", "--out", "-", "--format", "csv", now=NOW)

    assert all(not cell.startswith(("=", "+", "-", "@")) for row in csv.reader(io.StringIO(ran.out)) for cell in row)
    assert "'=HYPERLINK(1)" in ran.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["LOC999", "--out", "x.html"], "no location LOC999"),
        (["LOC123", "--out", "x.docx"], "--format html or csv"),
        (["LOC123", "--out", "-"], "--format html or csv"),
        (["LOC123", "--out", "no/such/folder.html"], "cannot be written"),
        (["LOC123", "--out", "x.html", "--from", "2024-08", "--to", "2024-02"], "before it begins"),
        (["LOC123", "--out", "x.html", "--from", "2024-8"], "is not a month"),
    ],
)
def test_what_cannot_be_written_is_refused_in_words(
    ct: Callable[..., Ran],
    store: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = ct("evidence", *arguments, now=NOW)

    assert ran.status in {2, 3}
    assert words in ran.err
    assert not list(tmp_path.glob("x.*"))
