"""What a user sees of a run that fails where nothing was foreseen."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

BREAKS = """
import sys
from ct_cli.actions import show_windows
from ct_cli.cli import program
def breaks(*_, **__):
    raise {error}
show_windows.show_windows = breaks
sys.argv = ["ct", "window", *{arguments!r}]
program.main()
"""


def broken_ct(error: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    program = BREAKS.format(error=error, arguments=arguments)
    return subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **environment},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def saved_in(words: str) -> Path:
    return Path(words.partition("are in ")[2].partition(".txt")[0] + ".txt")


def test_the_unexpected_is_one_sentence_and_a_file_without_data(home):
    ran = broken_ct("ValueError('Mrs Secret, key-123')")
    assert ran.returncode == 1
    assert "Traceback" not in ran.stderr and "Secret" not in ran.stderr
    saved = saved_in(ran.stderr).read_text(encoding="utf-8")
    assert "ValueError" in saved and "ct_cli/cli/window.py" in saved
    assert "Secret" not in saved and "key-123" not in saved and str(home) not in saved


def test_the_unexpected_is_an_envelope_as_well_with_json():
    ran = broken_ct("ValueError('x')", "--json")
    assert json.loads(ran.stdout)["problems"][0]["code"] == "unexpected"


def test_the_same_crash_twice_is_one_file():
    first, second = (saved_in(broken_ct("ValueError('x')").stderr) for _ in range(2))
    assert first == second


def test_ct_debug_shows_it_all():
    ran = broken_ct("ValueError('x')", CT_DEBUG="1")
    assert ran.returncode == 1
    assert "Traceback" in ran.stderr


def test_an_interruption_ends_with_130_and_no_traceback():
    ran = broken_ct("KeyboardInterrupt")
    assert (ran.returncode, ran.stdout, ran.stderr) == (130, "", "\nct: interrupted\n")


@pytest.mark.skipif(os.name == "nt", reason="SIGINT is sent in another way on Windows")
@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_from_outside_ends_with_130():
    sleeps = "(print('ready', flush=True), __import__('time').sleep(30))"
    started = subprocess.Popen(
        [sys.executable, "-c", BREAKS.format(error=sleeps, arguments=())],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert started.stdout.readline() == "ready\n"
    started.send_signal(signal.SIGINT)
    _, err = started.communicate(timeout=10)
    assert started.returncode == 130
    assert "Traceback" not in err


def test_an_option_without_its_value_leads_to_the_help_of_its_command(ct):
    ran = ct("window", "--ics")
    assert ran.status == 2 and "`ct window --help` shows how it is used" in ran.err


def test_without_a_server_login_and_logout_ask_for_its_address_and_say_nothing_else_of_the_settings(ct):
    for command in ("login", "logout"):
        ran = ct(command)
        assert ran.status == 2 and "No server is named: type `ct login URL`" in ran.err
