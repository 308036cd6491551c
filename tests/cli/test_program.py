"""The program as a first-time user and a shell meet it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ct_cli.cli.commands import COMMANDS
from ct_cli.output.views.welcome import NEXT

CT = Path(sys.executable).with_name("ct.exe" if os.name == "nt" else "ct")


def test_ct_alone_says_in_one_screen_what_it_is_and_what_to_type_next(ct):
    ran = ct(now="2024-12-10T12:00:00+00:00")
    assert ran.status == 0
    assert "not affiliated with DHSC" in ran.out
    assert "December 2024: open until the end of Monday 16 December, 6 days 12 hours left." in ran.out
    assert "ct window" in ran.out and "ct COMMAND --help" in ran.out
    assert len(ran.out.splitlines()) <= 24
    assert max(map(len, ran.out.splitlines())) <= 80


def test_the_first_screen_names_only_commands_that_exist(ct):
    out = ct().out
    for _, ways in NEXT:
        for typed, _ in ways:
            assert (f"ct {typed}" in out) == (typed.split()[0] in COMMANDS)


def test_help_is_for_people_who_do_not_program(ct):
    for words in (("submit",), ("status",), ("locations", "add"), ("users", "remove")):
        page = ct(*words, "--help").out
        assert not any(mark in page for mark in ("<str>", "list[str]", "{", "[[")), words
    assert "Usage: ct locations add [OPTIONS] LOC\n" in ct("locations", "add", "--help").out
    assert "Usage: ct status [OPTIONS] [LOC]...\n" in ct("status", "--help").out


def test_help_lists_every_command_with_a_line(ct):
    ran = ct("--help")
    listed = ran.out.partition("Commands:")[2].splitlines()
    assert [line.split()[0] for line in listed if line.startswith("  ") and line[2] != " "] == list(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_tells_about_itself(ct, name):
    ran = ct(name, "--help")
    assert ran.status == 0
    assert f"Usage: ct {name}" in ran.out
    assert "<bool>" not in ran.out and "╭" not in ran.out


def test_a_misspelt_command_is_answered_with_its_neighbour(ct):
    ran = ct("windw")
    assert ran.status == 2
    assert "Did you mean 'window'?" in ran.err
    assert not ran.out


def test_a_wrong_option_is_a_usage_error_in_json_as_well(ct):
    ran = ct("window", "--mont", "2024-12", "--json")
    assert ran.status == 2
    answer = json.loads(ran.out)
    assert answer["command"] == "window"
    assert answer["problems"][0]["code"] == "usage"
    assert "--month" in answer["problems"][0]["words"]
    assert "`ct window --help`" in ran.err


def test_version_is_one_line(ct):
    assert ct("--version").out.startswith("ct ")


def test_a_broken_setting_does_not_hide_the_first_screen(ct, monkeypatch, tmp_path):
    broken = tmp_path / "config.toml"
    broken.write_text("this is not TOML", encoding="utf-8")
    monkeypatch.setenv("CT_CONFIG", str(broken))
    ran = ct()
    assert ran.status == 0
    assert "it is not TOML" in ran.out
    assert ct("--help").status == 0


@pytest.mark.skipif(os.name == "nt", reason="cmd has no such redirections")
@pytest.mark.parametrize(
    ("redirection", "status", "err"),
    [
        (">&-", 0, ""),
        ("<&- >&- 2>&-", 0, ""),
        ("2>/dev/full", 0, ""),
    ],
)
def test_a_closed_stream_is_no_failure(redirection, status, err):
    ran = subprocess.run(["bash", "-c", f'"{CT}" window {redirection}'], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (status, err)


@pytest.mark.skipif(
    os.name == "nt" or not Path("/dev/full").exists(), reason="there is no device that is always full here"
)
def test_a_full_disk_behind_stdout_is_told_once():
    ran = subprocess.run(["bash", "-c", f'"{CT}" window >/dev/full'], capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert ran.stderr.count("no space left on device") == 1
    assert "Traceback" not in ran.stderr


@pytest.mark.skipif(os.name == "nt", reason="bash")
def test_a_reader_that_leaves_is_no_noise():
    line = f'set -o pipefail; "{CT}" window --month 2024-12 | true'
    ran = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False)
    assert ran.returncode in (0, 141)
    assert ran.stderr == ""


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp437", "latin-1"])
def test_a_console_that_lacks_a_character_gets_its_nearest(encoding):
    program = (
        "import sys; from ct_cli.output.terminal import *; prepare_streams(); "
        "Terminal().data('£313 – “x” \\u0175 \\ud800\\n'); sys.exit(finish_streams())"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONIOENCODING": encoding},
        capture_output=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, b"")
    if encoding == "ascii":
        assert ran.stdout.split() == [b"GBP", b"313", b"-", b'"x"', b"?", b"?"]


def test_json_stays_whole_where_stdout_does_not_carry_utf_8(installed_ct, tmp_path):
    config = tmp_path / "config.toml"
    config.write_text('[bank_holidays]\n"2026-12-14" = "Gŵyl"\n', encoding="utf-8")
    ran = installed_ct(
        "window", "--month", "2026-12", "--json", CT_CONFIG=str(config), PYTHONIOENCODING="ascii", PYTHONUTF8="0"
    )
    assert "Gŵyl" in json.loads(ran.out)["data"]["windows"][0]["moved_because"]
