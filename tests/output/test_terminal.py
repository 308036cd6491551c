"""What a person at a terminal sees while something takes long."""

import io
import sys

import pytest

from ct_cli.output.terminal import Terminal


class Screen(io.StringIO):
    """A terminal that is written to."""

    def isatty(self) -> bool:
        return True


def test_a_count_says_what_takes_the_time_before_anything_can_be_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)

    with Terminal().counting("rows read", "Opening the file") as count:
        count(0)
        opening = screen.getvalue()
        count(1_000)

    assert opening == "\rOpening the file"
    assert screen.getvalue() == f"{opening}\r1,000 rows read \n"


def test_a_shorter_line_leaves_nothing_of_a_longer_one(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)

    with Terminal().counting("rows", "Opening the file") as count:
        count(0)
        count(5)

    assert screen.getvalue().split("\r")[-1] == "5 rows".ljust(len("Opening the file")) + "\n"


def test_a_pipe_is_not_counted_into(capsys: pytest.CaptureFixture[str]) -> None:
    with Terminal().counting("rows", "Opening the file") as count:
        count(0)
        count(5)

    assert capsys.readouterr().err == ""


def test_a_sentence_is_folded_between_words_for_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("COLUMNS", "40")

    Terminal().say("ct: There is no location LOC124.\n  1  no-service-users: nobody uses the service at present\n\nEnd")

    assert screen.getvalue().splitlines() == [
        "ct: There is no location LOC124.",
        "  1  no-service-users: nobody uses the",
        "  service at present",
        "",
        "End",
    ]


def test_a_sentence_is_whole_for_a_pipe(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    words = "There is no location LOC124 in the register (did you mean LOC123?)."

    Terminal().say(words)

    assert capsys.readouterr().err == words + "\n"
