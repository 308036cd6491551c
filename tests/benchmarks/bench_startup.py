"""How long `ct window` takes from nothing to its answer, against the least that a Typer program takes."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from ratio import Row, compare

CT = Path(sys.executable).with_name("ct.exe" if os.name == "nt" else "ct")
EMPTY = Path(__file__).with_name("empty_typer.py")


def rows(rounds: int, *, small: bool) -> list[Row]:
    """`ct window --month 2024-12` with a warm cache, in an empty home."""
    with tempfile.TemporaryDirectory() as home:
        surroundings = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("CT_", "XDG_", "PYTHON"))},
            **dict.fromkeys(("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"), home),
        }

        def run(*command: str | Path) -> None:
            subprocess.run(command, env=surroundings, check=True, stdout=subprocess.DEVNULL)

        return [
            compare(
                "ct window --month 2024-12",
                "an empty Typer program",
                lambda: run(sys.executable, EMPTY),
                lambda: run(CT, "window", "--month", "2024-12"),
                1.25,
                rounds=rounds,
            )
        ]
