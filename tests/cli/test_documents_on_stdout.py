"""A document on standard output is the same bytes whatever the console is set to: nothing in it is lost on the way."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ct_cli.actions.workplace import Workplace
from ct_cli.register.location import Location, User
from ct_cli.returns.identity import Service
from ct_cli.settings import read_settings
from tests.cli.conftest import INSIDE, sets

NAME = "Żółć House"
AFTER = "2024-12-20T10:00:00+00:00"
PROGRAM = Path(sys.executable).with_name("ct.exe" if os.name == "nt" else "ct")


@pytest.fixture(autouse=True)
def house() -> None:
    """A home whose name neither ASCII nor Windows' western code page can hold."""
    workplace = Workplace(read_settings())
    workplace.backend.save_locations(
        [Location("LOC123", NAME, (Service.CARE_HOME,), beds=40, provider="Żółć Group", local_authority="Kent")]
    )
    workplace.backend.save_users([User("LOC123", "Zoë Żak", "zoe@example.org")])
    workplace.close()


def printed(encoding: str, *command: str, now: str = AFTER) -> bytes:
    environment = {**os.environ, "CT_NOW": now, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    ran = subprocess.run([PROGRAM, *command], env=environment, capture_output=True, check=False, timeout=60)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


@pytest.mark.parametrize(
    ("command", "held"),
    [
        (("report", "compliance", "--out", "-", "--format", "html", "--from", "2024-12"), "Żółć"),
        (("report", "compliance", "--out", "-", "--format", "csv", "--from", "2024-12"), NAME),
        (("report", "compliance", "--out", "-", "--format", "json", "--from", "2024-12"), NAME),
        (("evidence", "LOC123", "--out", "-", "--format", "html"), NAME),
        (("evidence", "LOC123", "--out", "-", "--format", "csv"), NAME),
        (("window", "--month", "2024-12", "--ics", "-"), "BEGIN:VCALENDAR"),
        (("window", "--month", "2024-12", "--publish", "html"), "<"),
        (("report", "windows", "--from", "2024-12", "--to", "2025-02"), "2024"),
        (("locations", "list", "--csv"), NAME),
        (("remind", "--channel", "stdout"), NAME),
        (("remind", "--print-cron"), "remind"),
    ],
)
def test_a_document_is_the_same_bytes_whatever_the_console_is_set_to(command: tuple[str, ...], held: str) -> None:
    now = INSIDE if command[0] == "remind" else AFTER
    if command[0] == "remind":  # each reminder goes out once
        documents = [printed("cp1252", *command, now=now)]
    else:
        documents = [printed(encoding, *command, now=now) for encoding in ("utf-8", "cp1252")]
    assert len(set(documents)) == 1
    assert held in documents[0].decode("utf-8")
    assert b"\r\r\n" not in documents[0]


def test_evidence_on_stdout_is_what_stands_in_its_file(tmp_path: Path) -> None:
    printed("utf-8", "submit", "LOC123", *sets(), now=INSIDE)
    printed("utf-8", "evidence", "LOC123", "--out", str(tmp_path / "e.html"))
    assert (tmp_path / "e.html").read_bytes() == printed(
        "ascii", "evidence", "LOC123", "--out", "-", "--format", "html"
    )


def test_json_loses_nothing_either() -> None:
    import json

    told = json.loads(printed("ascii", "locations", "list", "--json"))
    assert told["data"]["locations"][0]["location"]["name"] == NAME
