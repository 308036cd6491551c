"""Every test has a home of its own and a frozen clock if it wants one; no test touches a real home or the network."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ct_cli.cli.program import run


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """With `-n auto` half as many again as there are cores: the tests wait for processes and sockets a third of their
    time."""
    return max(1, (os.cpu_count() or 1) * 3 // 2)


_ASKED_OF_WINDOWS = ("WIN_PD_OVERRIDE_LOCAL_APPDATA", "WIN_PD_OVERRIDE_APPDATA")
"""What platformdirs takes instead of asking Windows for a user's folders, which no other variable changes."""


@dataclass(frozen=True)
class Ran:
    """What a run of `ct` ended with and put where."""

    status: int
    out: str
    err: str


@pytest.fixture(scope="session")
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache for the session: bank holidays do not differ between tests."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, shared_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home in place of the real one."""
    folder = tmp_path / "home"
    folder.mkdir()
    for name in [name for name in os.environ if name.startswith(("CT_", "XDG_"))]:
        monkeypatch.delenv(name)
    for name in ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", *_ASKED_OF_WINDOWS):
        monkeypatch.setenv(name, str(folder))
    monkeypatch.setenv("CT_CACHE", str(shared_cache))
    return folder


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Ctrl-C reaches what a test starts, as it does at a terminal: a run in the background, under nohup or in a CI,
    ignores it, and whatever it starts would inherit that."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def ct(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    """Run a command in this process: `ct("window", "--month", "2024-12", now="2024-12-10T12:00:00+00:00")`."""

    def run_here(*arguments: str, now: str | None = None) -> Ran:
        if now is not None:
            monkeypatch.setenv("CT_NOW", now)
        capsys.readouterr()
        status = run(list(arguments))
        captured = capsys.readouterr()
        return Ran(int(status), captured.out, captured.err)

    return run_here


@pytest.fixture
def installed_ct() -> Callable[..., Ran]:
    """Run the installed command in a process of its own."""
    program = Path(sys.executable).with_name("ct.exe" if os.name == "nt" else "ct")

    def run_there(*arguments: str, now: str | None = None, given: str = "", **environment: str) -> Ran:
        surroundings = {**os.environ, **({"CT_NOW": now} if now else {}), **environment}
        ended = subprocess.run(
            [program, *arguments],
            check=False,
            input=given,
            env=surroundings,
            capture_output=True,
            encoding="utf-8",
            timeout=60,
        )
        return Ran(ended.returncode, ended.stdout, ended.stderr)

    return run_there
