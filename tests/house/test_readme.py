"""README.md says what is so."""

import importlib.util
import os
import re
from pathlib import Path

import pytest

from ct_cli.errors import ExitStatus

SPEC = importlib.util.spec_from_file_location("readme", Path(__file__).with_name("readme.py"))
readme = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(readme)
PAGE = readme.README.read_text(encoding="utf-8")


@pytest.mark.skipif(os.name == "nt", reason="the page is written by London's clock, and Windows has no tzset")
def test_the_tour_and_the_commands_are_as_the_program_prints_them():
    assert readme.brought_up_to_date(PAGE) == PAGE, "run: python tests/house/readme.py"


def test_the_exit_statuses_are_those_of_the_program():
    told = {int(status) for status in re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)}
    assert told == {int(status) for status in ExitStatus} | {141}


def test_the_first_two_blocks_of_code_are_a_line_each():
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert [language for language, _ in blocks[:2]] == ["sh", "sh"]
    assert all(len(code.splitlines()) == 1 for _, code in blocks[:2])
    assert "ct demo" in blocks[0][1] and "pytest" in blocks[1][1]


def test_the_first_screen_says_what_ct_is_not():
    assert "not affiliated" in PAGE[:1200] and "files nothing with them" in PAGE[:1200]


def test_every_file_and_command_that_is_named_exists():
    root = readme.README.parent
    for path in re.findall(r"`((?:tests|completions|ct_cli|\.ci)/[\w/.]*)`", PAGE):
        assert (root / path).exists(), path
    for command in re.findall(r"`ct ([a-z][a-z-]*)", PAGE):
        assert command in readme.COMMANDS, command
