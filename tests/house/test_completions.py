"""The shells' completions: as Typer makes them, and at work."""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ct_cli.cli.commands import COMMANDS

SPEC = importlib.util.spec_from_file_location("completion_scripts", Path(__file__).with_name("completion_scripts.py"))
SCRIPTS = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(SCRIPTS)


@pytest.mark.parametrize("name", SCRIPTS.SHELLS)
def test_a_script_is_as_typer_makes_it(name):
    written = (SCRIPTS.FOLDER / name).read_text(encoding="utf-8")
    assert written == SCRIPTS.script(name), "run: python tests/house/completion_scripts.py"


def test_there_is_no_other_script():
    assert {path.name for path in SCRIPTS.FOLDER.iterdir()} == set(SCRIPTS.SHELLS)


@pytest.mark.skipif(os.name == "nt" or shutil.which("bash") is None, reason="bash")
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["ct", ""], set(COMMANDS)),
        (["ct", "wi"], {"window"}),
        (["ct", "config", ""], {"list", "get", "set", "unset", "path"}),
        (["ct", "window", "--mo"], {"--month"}),
    ],
)
def test_bash_is_offered_what_can_come_next(words, offered):
    typed = " ".join(f"'{word}'" for word in words)
    line = (
        f"source '{SCRIPTS.FOLDER / 'ct.bash'}'; COMP_WORDS=({typed}); COMP_CWORD={len(words) - 1}; "
        '_ct_completion ct; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    ran = subprocess.run(
        ["bash", "-c", line], env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
    )
    assert (set(ran.stdout.split()), ran.stderr) == (offered, "")
