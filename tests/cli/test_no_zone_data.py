"""Windows knows no time zones: without the package that does, every command says so, and what to do."""

import json
import os
import subprocess
import sys

import pytest

WITHOUT = """
import sys
sys.modules["tzdata"] = None
sys.argv = ["ct", *sys.argv[1:]]
from ct_cli.__main__ import main
main()
"""


def without_zones(*command: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    surroundings = {**os.environ, "PYTHONTZPATH": "", **environment}
    return subprocess.run(
        [sys.executable, "-c", WITHOUT, *command], env=surroundings, capture_output=True, encoding="utf-8", check=False
    )


@pytest.mark.parametrize(
    "command", [("window",), ("status",), ("submit", "LOC123", "--unchanged"), ("remind", "--dry-run")]
)
def test_a_command_says_what_is_lacking_and_what_to_type(command: tuple[str, ...]) -> None:
    ran = without_zones(*command)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "no data on time zones" in ran.stderr and "pip install tzdata" in ran.stderr


def test_a_rehearsal_says_it_as_well() -> None:
    ran = without_zones("window", "--json", CT_NOW="2024-12-10T12:00:00+00:00")
    assert [problem["code"] for problem in json.loads(ran.stdout)["problems"]] == ["no-zone-data"]


def test_the_doctor_finds_it_and_goes_on() -> None:
    ran = without_zones("doctor", "--json")
    checks = {check["name"]: check for check in json.loads(ran.stdout)["data"]["checks"]}
    assert checks["time zone"]["verdict"] == "bad"
    assert "pip install tzdata" in checks["time zone"]["remedy"]
    assert checks["packages"]["verdict"] == "ok"


def test_what_needs_no_clock_works() -> None:
    assert without_zones("config", "get", "filing").stdout == "ct\n"
