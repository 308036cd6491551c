"""`ct report windows`: the coming windows as a council publishes them."""

import json
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.conftest import Ran

NOW = "2024-12-10T12:00:00+00:00"


def test_half_a_year_in_markdown_unless_asked_otherwise(ct: Callable[..., Ran]) -> None:
    out = ct("report", "windows", now=NOW).out

    assert "| December 2024 | Sunday 8 December 2024 | Monday 16 December 2024 |" in out
    assert out.count("| Wednesday 8 January 2025 |") == 1
    assert "May 2025" in out
    assert "June 2025" not in out


def test_why_a_close_moved_is_said_once_in_each_format(ct: Callable[..., Ran]) -> None:
    for format_ in ("markdown", "html", "text"):
        out = ct("report", "windows", "--format", format_, "--from", "2028-04", "--to", "2028-05", now=NOW).out
        assert "Tuesday 18 April 2028" in out
        assert out.count("14 April 2028 is Good Friday") == 1
        assert "0191 691 3729" in out


@pytest.mark.parametrize("format_", ["markdown", "html", "text"])
def test_ct_window_publishes_the_same(ct: Callable[..., Ran], format_: str) -> None:
    asked = ("--from", "2028-04", "--to", "2028-05")
    ran = ct("window", "--publish", format_, *asked, now=NOW)

    assert ran.status == 0
    assert ran.out == ct("report", "windows", "--format", format_, *asked, now=NOW).out


@pytest.mark.parametrize("other", [("--check",), ("--ics", "-")])
def test_publishing_is_not_mixed_with_other_ends(ct: Callable[..., Ran], other: tuple[str, ...]) -> None:
    ran = ct("window", "--publish", "text", *other, now=NOW)

    assert (ran.status, ran.out) == (2, "")
    assert "--publish cannot be used with" in ran.err


def test_the_html_is_a_sound_fragment(ct: Callable[..., Ran]) -> None:
    class Tags(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.open: list[str] = []

        def handle_starttag(self, tag: str, attrs: object) -> None:
            self.open.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert self.open.pop() == tag

    tags = Tags()
    out = ct("report", "windows", "--format", "html", now=NOW).out
    tags.feed(out)

    assert tags.open == []
    assert out.startswith("<h2>")
    assert "<html" not in out


def test_it_goes_to_a_file_and_json_tells_which_months(ct: Callable[..., Ran], tmp_path: Path) -> None:
    ran = ct("report", "windows", "--next", "2", "--out", str(tmp_path / "w.md"), "--json", now=NOW)

    assert json.loads(ran.out)["data"]["months"] == ["2024-12", "2025-01"]
    assert (tmp_path / "w.md").read_text(encoding="utf-8").startswith("## Capacity Tracker")


@pytest.mark.parametrize(
    ("arguments", "words"), [(["--format", "pdf"], "markdown, html or text"), (["--next", "x"], "--next cannot be")]
)
def test_what_cannot_be_written_is_refused_in_words(ct: Callable[..., Ran], arguments: list[str], words: str) -> None:
    ran = ct("report", "windows", *arguments, now=NOW)

    assert ran.status == 2
    assert words in ran.err
