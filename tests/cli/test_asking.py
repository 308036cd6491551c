"""`ct submit LOC` and `ct nil-return LOC` at a terminal: a real pseudo-terminal, the real command."""

import json
import os
import select
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import GOOD, INSIDE, sets

pytestmark = [
    pytest.mark.usefixtures("homes"),
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals of this kind"),
]
Ct = Callable[..., Any]
NO_MORE_PAGES = ""
"""The answer to which of the pages to go through on which nothing must be given."""
Talk = Callable[..., tuple[str, int]]


@pytest.fixture
def talk(monkeypatch: pytest.MonkeyPatch) -> Talk:
    """Run the command at a terminal of its own, wait for some words, type, and read what it says to its end."""

    def run(*arguments: str, wait_for: str, typed: str) -> tuple[str, int]:
        import pty

        monkeypatch.setenv("CT_NOW", INSIDE)
        monkeypatch.setenv("NO_COLOR", "1")
        program = str(Path(sys.executable).with_name("ct"))
        pid, terminal = pty.fork()
        if pid == 0:
            os.execv(program, [program, *arguments])
        said, typed_yet = b"", False
        ends = time.monotonic() + 60
        while time.monotonic() < ends:
            if not select.select([terminal], [], [], 1)[0]:
                continue
            try:
                heard = os.read(terminal, 65_536)
            except OSError:  # Linux's word for "the other end is gone"
                break
            if not heard:
                break
            said += heard
            if not typed_yet and wait_for.encode() in said:
                os.write(terminal, typed.encode())
                typed_yet = True
        os.close(terminal)
        _, status = os.waitpid(pid, 0)
        return said.decode().replace("\r\n", "\n"), os.waitstatus_to_exitcode(status)

    return run


def lines(*answers: str) -> str:
    """Answers, each with Enter after it."""
    return "".join(answer + "\n" for answer in answers)


def test_a_return_is_asked_item_by_item_and_recorded_once_confirmed(talk: Talk, ct: Ct) -> None:
    typed = lines(*GOOD.values(), NO_MORE_PAGES, "yes")
    said, status = talk("submit", "LOC123", wait_for="Maximum capacity", typed=typed)
    assert status == 0
    assert "Recorded: Rose House" in said
    again = ct("submit", "LOC123", *sets(), "--json", now=INSIDE)
    assert json.loads(again.out)["data"]["results"][0]["fate"] == "already-recorded"


def test_a_wrong_answer_is_told_at_once_and_asked_again(talk: Talk) -> None:
    answers = list(GOOD.values())
    answers[1:1] = ["41", "thirty"]  # occupied: too many, then words, then 36
    typed = lines(*answers, NO_MORE_PAGES, "yes")
    said, status = talk("submit", "LOC123", wait_for="Maximum capacity", typed=typed)
    assert status == 0
    assert said.index("beds-over-capacity") < said.index("not-a-whole-number") < said.index("Recorded")


def test_the_pages_that_may_be_left_are_one_question_and_those_wanted_are_gone_through(talk: Talk, ct: Ct) -> None:
    typed = lines(*GOOD.values(), "seven", "3", "yes", "no", "yes")  # Visiting: its two items; then record it
    said, status = talk("submit", "LOC123", wait_for="Maximum capacity", typed=typed)
    assert status == 0
    assert "  3  Visiting: none of 2 given so far" in said
    assert "Type numbers from 1 to 6" in said
    again = ct("submit", "LOC123", *sets(visitors_inside="yes", visits_off_premises="no"), "--json", now=INSIDE)
    assert json.loads(again.out)["data"]["results"][0]["fate"] == "already-recorded"


def test_last_months_values_are_kept_by_pressing_enter(talk: Talk, ct: Ct) -> None:
    ct("submit", "LOC123", *sets(), now="2024-11-10T10:00:00+00:00")
    typed = lines(*[""] * len(GOOD), NO_MORE_PAGES, "yes")
    said, status = talk("submit", "LOC123", wait_for="Maximum capacity", typed=typed)
    assert status == 0
    assert "values in [ ] are November 2024's" in said


def test_a_query_is_answered_with_a_note_that_names_nobody(talk: Talk) -> None:
    values = {**GOOD, "maximum_capacity": "41", "accepting_admissions": "4"}
    notes = ["Mrs Smith moved in.", "A new room; CQC was told."]
    typed = lines(*values.values(), NO_MORE_PAGES, *notes, "yes")
    said, status = talk("submit", "LOC123", wait_for="Maximum capacity", typed=typed)
    assert status == 0
    assert "capacity-differs-from-cqc" in said
    assert said.index("personal-data") < said.index("Recorded")


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("key", ["\x03", "\x04"])
def test_ctrl_c_and_ctrl_d_record_nothing(talk: Talk, ct: Ct, key: str) -> None:
    said, status = talk("submit", "LOC123", wait_for="Maximum capacity", typed=key)
    assert status == 130
    assert "nothing was recorded" in said
    dry = ct("submit", "LOC123", *sets(), "--dry-run", "--json", now=INSIDE)
    assert json.loads(dry.out)["data"]["results"][0]["version"] == 1


def test_a_nil_return_asks_which_service_and_why(talk: Talk) -> None:
    said, status = talk("nil-return", "LOC124", wait_for="For which service?", typed=lines("9", "2", "2"))
    assert status == 0
    assert "Elm House (LOC124), home care" in said


@pytest.mark.parametrize(("answer", "status"), [("yes", 0), ("no", 4)])
def test_a_nil_return_over_figures_is_asked_about(ct: Ct, talk: Talk, answer: str, status: int) -> None:
    assert ct("submit", "LOC123", *sets(), now=INSIDE).status == 0
    given = ("nil-return", "LOC123", "--reason", "no-service-users")
    said, ended = talk(*given, wait_for="Replace these figures?", typed=f"perhaps\n{answer}\n")
    assert "What it would replace:" in said and "Type yes or no" in said
    assert ended == status
    assert ("Corrected" in said) is (answer == "yes")
    shown, ended = talk(*given, "--no-input", wait_for="never", typed="")
    assert "Replace these figures?" not in shown and ended == status


def test_figures_left_out_of_set_are_asked_about(ct: Ct, talk: Talk) -> None:
    assert ct("submit", "LOC123", *sets(nurses_absent="2"), now=INSIDE).status == 0
    said, ended = talk("submit", "LOC123", *sets(), wait_for="Replace these figures?", typed="yes\n")
    assert ended == 0 and "nurses_absent" in said


def test_figures_left_out_in_the_questions_are_asked_about_without_a_note(ct: Ct, talk: Talk) -> None:
    assert ct("submit", "LOC123", *sets(nurses_absent="2"), now=INSIDE).status == 0
    keep = "\n" * len(GOOD)
    first_page = "1\n-\n" + "\n" * 40
    said, ended = talk("submit", "LOC123", wait_for="[40]", typed=keep + first_page + "yes\nyes\n")
    assert "Leave these blank?" in said and "Why is this right" not in said
    assert ended == 0
