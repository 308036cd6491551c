"""No command opens or closes a store's file, its -wal or its -shm but through SQLite.

On POSIX, closing any descriptor of a file drops every lock that the process has on it, SQLite's too: another program
then deletes the -wal that this one goes on writing to, and receipts are lost. So every command is run here in one
process that is told of each file that Python opens, and each command there is has to be among them.
"""

import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from typer.main import get_command

from ct_cli.cli.commands import COMMANDS
from ct_cli.server.examples import RETURN

_VALUES = {**RETURN["values"], "occupied": 35}
_RETURNS = "\n".join(
    [",".join(["location_id", "month", *_VALUES]), ",".join(["LOC124", "2024-12", *map(str, _VALUES.values())])]
)
FILES = {
    "locations.csv": "id,name,service,provider\nLOC124,Lily House,care-home,Rose Care\nLOC125,Oak,care-home,Oak Care\n",
    "returns.csv": _RETURNS,
}
AT_HOME: list[str] = [
    "demo",
    "locations list",
    "locations add LOC123 --name Rose --service care-home --provider Rose",
    "locations edit LOC123 --beds 40",
    "locations show LOC123",
    "locations import locations.csv --apply",
    "locations sync",
    "locations close LOC125 --on 2024-11-01",
    "users add LOC123 sam@example.org --name Sam",
    "users list",
    "submit LOC123 " + " ".join(f"--{key.replace('_', '-')} {value}" for key, value in RETURN["values"].items()),
    "submit --file returns.csv --report back.csv",
    "nil-return LOC123 --reason closing --no-input",
    "template --out template.xlsx",
    "status",
    "status --months 12",
    "vacancies",
    "receipt abcdef",
    "history LOC123",
    "evidence LOC123 --out evidence.html",
    "report compliance --out compliance.html",
    "report chase --out chase.csv",
    "report windows",
    "import capacity-tracker returns.csv",
    "verify",
    "backup backup-{date}.sqlite3 --keep 3",
    "verify --against backup-2024-12-09.sqlite3",
    "restore backup-2024-12-09.sqlite3",
    "keys create desk --role admin",
    "keys list",
    "keys trail",
    "keys revoke 0000000000000000",
    "remind --channel stdout",
    "remind log",
    "remind away sam@example.org",
    "remind back sam@example.org",
    "remind resume",
    "remind opt-out sam@example.org",
    "users remove sam@example.org",
    "config set recorded_by desk",
    "config get recorded_by",
    "config list",
    "config unset recorded_by",
    "config path",
    "doctor",
    "window --month 2024-12",
    "fields care-home",
    "explain exit-status",
    "support",
    "login http://127.0.0.1:9 --no-input",
    "logout",
]
"""Each with the embedded store, in this order."""
AWAY: list[str] = [
    "nil-return LOC123 --service care-home --reason closing --no-input",
    "queue list",
    "queue send",
    "queue drop --all",
    "status",
    "doctor",
    "remind log",
]
"""Each with a server that cannot be reached, and this machine's queue and outbox."""
ELSEWHERE = {"serve"}
"""Run by the program itself."""

PROGRAM = """
import contextlib, io, json, os, shlex, sys, traceback

watched, opened = {os.path.realpath(path + end) for path in sys.argv[1:3] for end in ("", "-wal", "-shm")}, []

def heard(event, args):
    if event not in ("open", "os.rename", "os.remove", "os.truncate", "shutil.copyfile"):
        return
    for given in args[:2] if event != "open" else args[:1]:
        if isinstance(given, (str, bytes, os.PathLike)) and os.path.realpath(os.fsdecode(given)) in watched:
            if event == "open" and args[2] & os.O_CREAT and args[2] & os.O_EXCL:
                continue  # made, where there was none
            frames = [f"{it.filename}:{it.lineno}" for it in traceback.extract_stack() if "ct_cli" in it.filename]
            opened.append([event, os.fsdecode(given), running, frames[-1:]])

sys.addaudithook(heard)
from ct_cli.cli.program import run
told = []
for running in json.loads(sys.stdin.read()):
    if running == "AWAY":
        os.environ.update(CT_BACKEND="http", CT_SERVER_URL="http://127.0.0.1:9", CT_SERVER_KEY="ct_0_0")
        os.environ.pop("CT_NOW")
        continue
    if running == "serve":
        import httpx
        from tests.server.conftest import Role, a_return, serving_here
        with serving_here() as server, server.client(Role.ADMIN) as client:
            for path in ("/readyz", "/v1/locations", "/v1/status"):
                client.get(path)
            assert client.post("/v1/returns", json=a_return()).status_code == 201
        told.append([running, 0, ""])
        continue
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = int(run(shlex.split(running)))
    err.flush()
    told.append([running, status, err.buffer.getvalue().decode("utf-8")[-300:]])
json.dump([opened, told], sys.__stdout__)
"""


def _leaves(command: Any, words: tuple[str, ...]) -> set[str]:
    below = getattr(command, "commands", None)
    if below is None:
        return {" ".join(words)}
    return {leaf for name, one in below.items() for leaf in _leaves(one, (*words, name))}


def test_every_command_there_is_is_run_here() -> None:
    there = {leaf for name, room in COMMANDS.items() for leaf in _leaves(get_command(import_module(room).app), (name,))}
    typed = [*AT_HOME, *AWAY, *ELSEWHERE]
    assert {leaf for leaf in there if not any(f"{line} ".startswith(f"{leaf} ") for line in typed)} == set()


def test_no_command_opens_a_store_but_through_sqlite(tmp_path: Path, home: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    store, queue = tmp_path / "data" / "ct.sqlite3", tmp_path / "data" / "queue.sqlite3"
    given = {"CT_STORE": str(store), "CT_QUEUE": str(queue), "CT_NOW": "2024-12-09T10:00:00+00:00"}
    given |= {"PYTHONPATH": str(Path(__file__).parents[2]), "CT_CONFIG": str(tmp_path / "config.toml")}
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, store, queue], input=json.dumps([*AT_HOME, "serve", "AWAY", *AWAY]),
        env={**os.environ, **given}, cwd=tmp_path, capture_output=True, encoding="utf-8", check=False, timeout=60,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    opened, told = json.loads(ran.stdout)
    assert opened == []
    assert [line for line in told if line[1] == 1] == [], "a fault in ct"
    assert store.exists() and queue.exists()
    done = {line[0] for line in told if line[1] in {0, 4, 6}}
    assert {"submit --file returns.csv --report back.csv", "remind --channel stdout", "serve", "verify"} <= done, told
