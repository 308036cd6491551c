"""What README.md says, as the program says it: run `python tests/house/readme.py` to bring the page up to date.

The console blocks are run one after the other in the demo's folder, and the table of commands is made of their help.
"""

import contextlib
import io
import os
import re
import shlex
import time
from pathlib import Path

from ct_cli.cli.commands import COMMANDS
from ct_cli.cli.demo import _elsewhere
from ct_cli.cli.listing import _first_sentence
from ct_cli.cli.program import _Lazy, run

README = Path(__file__).parents[2] / "README.md"
_CONSOLE = re.compile(r"```console\n\$ (ct [^\n]*)\n.*?```\n", re.DOTALL)
_COMMANDS = re.compile(r"(?:<!-- commands -->|\| Command \| What it does \|\n(?:\|[^\n]*\n)*)")


def brought_up_to_date(page: str) -> str:
    """The page with what the commands print now."""
    with london(), _elsewhere():
        page = _CONSOLE.sub(lambda found: f"```console\n$ {found[1]}\n{_output(found[1])}```\n", page)
    return _COMMANDS.sub(lambda _: _table(), page)


@contextlib.contextmanager
def london():
    """By London's clock, as the page is written: elsewhere ct shows both."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = "Europe/London"
    if hasattr(time, "tzset"):
        time.tzset()
    try:
        yield
    finally:
        os.environ.pop("TZ") if before is None else os.environ.update(TZ=before)
        if hasattr(time, "tzset"):
            time.tzset()


def _output(typed: str) -> str:
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(out):
        run(shlex.split(typed)[1:])
    return out.getvalue()


def _table() -> str:
    made = _Lazy()
    rows = [f"| `ct {name}` | {_first_sentence(made[name].help)} |\n" for name in COMMANDS]
    return "| Command | What it does |\n|---|---|\n" + "".join(rows)


if __name__ == "__main__":
    README.write_text(brought_up_to_date(README.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
