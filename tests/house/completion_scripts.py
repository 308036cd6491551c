"""Writes completions/: run `python tests/house/completion_scripts.py` after an upgrade of Typer that changes them.

The scripts ask `ct` itself what can come next, so a new command or option needs no new script.
"""

from pathlib import Path

from typer.completion import get_completion_script

FOLDER = Path(__file__).parents[2] / "completions"
SHELLS = {"ct.bash": "bash", "_ct": "zsh", "ct.fish": "fish", "ct.ps1": "powershell"}


def script(file: str) -> str:
    """The completion script of a file in completions/."""
    return get_completion_script(prog_name="ct", complete_var="_CT_COMPLETE", shell=SHELLS[file]) + "\n"


if __name__ == "__main__":
    for name in SHELLS:
        (FOLDER / name).write_text(script(name), encoding="utf-8", newline="\n")
