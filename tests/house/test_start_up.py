"""What a command may load before it answers: start-up is felt on every one of them."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

SLOW = {
    "rich",
    "httpx",
    "holidays",
    "icalendar",
    "openpyxl",
    "python_calamine",
    "fastapi",
    "uvicorn",
    "psycopg",
    "pydantic",
}
"""Third-party packages that take long to load, whoever asks for them."""
UNNEEDED = {"sqlite3", "tomllib", "csv", "email", "difflib", "tempfile", "tomli_w"}
"""Lighter ones, which Typer may load for itself: no store, settings file, file, message, misspelling or writing."""
PROGRAM = """
import json, sys
before = set(sys.modules)
from ct_cli.cli.program import run
status = run(sys.argv[2:])
open(sys.argv[1], "w", encoding="utf-8").write(json.dumps(sorted(set(sys.modules) - before)))
sys.exit(status)
"""
FLOOR = """
import json, sys
before = set(sys.modules)
import typer
app = typer.Typer(add_completion=False)
@app.command()
def main() -> None: ...
try:
    app([])
except SystemExit:
    pass
open(sys.argv[1], "w", encoding="utf-8").write(json.dumps(sorted(set(sys.modules) - before)))
"""


def _loaded(program: str, report: Path, *arguments: str) -> set[str]:
    subprocess.run(
        [sys.executable, "-c", program, report, *arguments], check=True, env=os.environ, stdout=subprocess.DEVNULL
    )
    return set(json.loads(report.read_text(encoding="utf-8")))


@pytest.fixture
def loaded(tmp_path: Path, ct: Callable[..., object]) -> set[str]:
    """What `ct window` loads once the cache is warm."""
    ct("window", "--month", "2024-12")
    return _loaded(PROGRAM, tmp_path / "ours.json", "window", "--month", "2024-12")


@pytest.mark.parametrize(
    "arguments",
    [
        ("--version",),
        (),
        ("--help",),
        ("window", "--month", "2024-12"),
        ("window", "--month", "2024-12", "--json"),
        ("config", "list"),
    ],
)
def test_a_quick_command_loads_nothing_slow(
    ct: Callable[..., object], tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    ct("window", "--month", "2024-12")  # The bank holidays are in the cache from here on.
    ct()

    loaded = _loaded(PROGRAM, tmp_path / "ours.json", *arguments)

    assert not {name.partition(".")[0] for name in loaded} & SLOW


def test_window_loads_nothing_it_does_not_need(loaded: set[str], tmp_path: Path) -> None:
    # What Typer itself loads differs between its releases, and is in the floor that start-up is measured against.
    ours = {name.partition(".")[0] for name in loaded - _loaded(FLOOR, tmp_path / "floor.json")}

    assert not ours & (SLOW | UNNEEDED)


def test_window_loads_only_the_rooms_it_walks_through(loaded: set[str]) -> None:
    rooms = {name.split(".")[1] for name in loaded if name.startswith("ct_cli.")}

    assert not rooms & {"backends", "compliance", "register", "reminders", "reports", "server"}
    assert not {name for name in loaded if name.startswith("ct_cli.returns.")} - {"ct_cli.returns.problem"}
    assert "ct_cli.output.as_table" not in loaded
    assert "ct_cli.output.as_json" not in loaded


def test_window_loads_no_third_party_package_beyond_typers_own_but_platformdirs(
    loaded: set[str], tmp_path: Path
) -> None:
    beyond = {name.partition(".")[0] for name in loaded - _loaded(FLOOR, tmp_path / "floor.json")}

    assert {name for name in beyond if name not in sys.stdlib_module_names} <= {"ct_cli", "platformdirs"}


def test_a_cold_cache_is_what_loads_holidays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Shows that the watch sees what it is there to see."""
    monkeypatch.setenv("CT_CACHE", str(tmp_path / "cold"))

    assert "holidays" in _loaded(PROGRAM, tmp_path / "cold.json", "window", "--month", "2024-12")
