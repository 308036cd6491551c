"""The lines that have reminders sent by themselves work when they are pasted: run here as their scheduler would."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from ct_cli.reminders.run_lock import run_lock
from tests.conftest import Ran
from tests.reminders.conftest import OPENING, World
from tests.reminders.http_stand import HttpStand, Reply

Ct = Callable[..., Ran]
SAM = "sam@example.org"
MAIL = '[smtp]\nhost = "127.0.0.1"\nport = 9\nsecurity = "none"\n[reminders]\nfrom = "office@example.org"\n'
posix = pytest.mark.skipif(os.name == "nt", reason="cron and systemd are not of Windows")


@pytest.fixture
def odd_place(world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> World:
    """A register, settings and an installation in folders whose names have all that a shell or scheduler minds."""
    if os.name == "nt":
        pytest.skip("a folder of Windows has no such name, and a link needs a privilege")
    place = tmp_path / "Rose & Sons 100% $HOME it's «ŵ»"
    place.mkdir()
    (place / "venv").symlink_to(sys.prefix, target_is_directory=True)
    inside = Path(sys.executable).relative_to(sys.prefix)
    monkeypatch.setattr(sys, "executable", str(place / "venv" / inside))
    odd = World(world.home, place / "ct.sqlite3", place / "config.toml")
    monkeypatch.setenv("CT_STORE", str(odd.store))
    monkeypatch.setenv("CT_CONFIG", str(odd.settings))
    odd.fill({"LOC123": [SAM]})
    odd.set(MAIL)
    return odd


def bare(world: World, **more: str) -> dict[str, str]:
    """What cron gives a program (crontab(5)), and no more."""
    return {"HOME": str(world.home), "LOGNAME": "office", "SHELL": "/bin/sh", "PATH": "/usr/bin:/bin", **more}


def cron_command(crontab: str) -> str:
    """The command of the one line, as cron reads it: after five fields, to the first % that no backslash is before."""
    [line] = [line for line in crontab.splitlines() if line and not line.startswith("#")]
    found = re.fullmatch(r"(\*/15 \* \* \* \*) (.*)", line)
    assert found is not None, line
    command = re.split(r"(?<!\\)%", found[2])[0]
    return command.replace("\\%", "%")


@posix
def test_the_line_for_cron_runs_in_crons_bare_surroundings(ct: Ct, odd_place: World) -> None:
    command = cron_command(ct("remind", "--print-cron").out)
    dry = subprocess.run(
        ["/bin/sh", "-c", command + " --dry-run"],
        env=bare(odd_place, CT_NOW=OPENING), cwd="/", capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert (dry.returncode, dry.stderr) == (0, "")
    assert SAM in dry.stdout, "it looks into the store that is set here"
    odd_place.store.unlink()
    shutil.rmtree(odd_place.settings.parent / "stores")  # as on a computer that has not used it before
    ran = subprocess.run(
        ["/bin/sh", "-c", command],
        env=bare(odd_place), cwd="/", capture_output=True, encoding="utf-8", check=False, timeout=60,
    )  # fmt: skip
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", ""), "and says nothing while all is well"


def test_what_a_run_by_itself_will_not_know_is_named_and_not_shown(
    ct: Ct, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CT_SMTP_PASSWORD", "s3cret")
    for flag in ("--print-cron", "--print-systemd", "--print-task-scheduler"):
        text = ct("remind", flag).out
        assert "CT_SMTP_PASSWORD" in text
        assert "s3cret" not in text
        assert all(line.startswith("#") for line in text.splitlines() if "CT_SMTP_PASSWORD" in line)


@pytest.fixture
def units(ct: Ct, odd_place: World, tmp_path: Path) -> Path:
    """The folder of units, after the text was pasted into a shell."""
    called = tmp_path / "called"
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("systemctl", "loginctl"):
        (tools / name).write_text(f'#!/bin/sh\necho {name} "$@" >> "{called}"\n', encoding="utf-8")
        (tools / name).chmod(0o700)
    environment = bare(odd_place) | {"PATH": f"{tools}:/usr/bin:/bin"}
    text = ct("remind", "--print-systemd").out
    subprocess.run(["/bin/sh", "-e"], input=text, env=environment, encoding="utf-8", check=True)
    assert called.read_text(encoding="utf-8").splitlines() == [
        "systemctl --user daemon-reload",
        "systemctl --user enable --now ct-remind.timer",
        "loginctl enable-linger",
    ]
    return odd_place.home / ".config" / "systemd" / "user"


@posix
@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not here")
def test_systemd_finds_nothing_wrong_with_the_units(units: Path) -> None:
    checked = subprocess.run(
        ["systemd-analyze", "verify", "--user", "--man=no", *map(str, sorted(units.iterdir()))],
        capture_output=True, encoding="utf-8", check=False,
        env={**os.environ, "XDG_RUNTIME_DIR": tempfile.gettempdir()},
    )  # fmt: skip
    said = [line for line in checked.stderr.splitlines() if "ct-remind" in line]
    assert (checked.returncode, said) == (0, []), checked.stderr
    calendar = read_unit(units / "ct-remind.timer")["Timer"]["OnCalendar"][0]
    found = subprocess.run(["systemd-analyze", "calendar", calendar], capture_output=True, encoding="utf-8", check=True)
    assert "*-*-* *:00/15:00" in found.stdout


def read_unit(path: Path) -> dict[str, dict[str, list[str]]]:
    """A unit's sections and what they say, strictly: nothing but sections, assignments and empty lines."""
    found: dict[str, dict[str, list[str]]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if match := re.fullmatch(r"\[([A-Z][a-z]+)\]", line):
            section = found.setdefault(match[1], {})
        elif line:
            key, value = re.fullmatch(r"([A-Z][A-Za-z]+)=(.*)", line).groups()  # type: ignore[union-attr]
            section.setdefault(key, []).append(value)
    return found


def systemd_words(value: str) -> list[str]:
    """The words of a value (systemd.service(5), "Command lines"; systemd.unit(5), "Specifiers")."""
    words = []
    for quoted, plain in re.findall(r'"((?:[^"\\]|\\.)*)"|(\S+)', value):
        word = re.sub(r"\\(.)", r"\1", quoted) if quoted else plain
        assert quoted or not re.search(r"""["'\\]""", plain), value
        assert not re.search(r"(?<!%)(?:%%)*%(?!%)", word), "a specifier"
        words.append(word.replace("%%", "%"))
    return words


@posix
def test_what_systemd_would_run_runs_with_what_the_unit_gives_it(units: Path, odd_place: World) -> None:
    assert sorted(path.name for path in units.iterdir()) == ["ct-remind.service", "ct-remind.timer"]
    service, timer = read_unit(units / "ct-remind.service"), read_unit(units / "ct-remind.timer")
    assert service["Service"]["Type"] == ["oneshot"]
    assert timer["Timer"] == {"OnCalendar": ["*:0/15"], "Persistent": ["true"]}
    assert timer["Install"] == {"WantedBy": ["timers.target"]}
    given = [systemd_words(value) for value in service["Service"]["Environment"]]
    environment = dict(word.split("=", 1) for words in given for word in words)
    program, *arguments = systemd_words(service["Service"]["ExecStart"][0])
    assert not any(re.search(r"(?<!\$)(?:\$\$)*\$(?!\$)", word) for word in arguments), "a variable"
    ran = subprocess.run(
        [program, *(word.replace("$$", "$") for word in arguments), "--dry-run"],
        env=bare(odd_place, CT_NOW=OPENING) | environment, cwd="/", capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert (ran.returncode, ran.stderr) == (0, "")
    assert SAM in ran.stdout


TASK = {
    "Task": ["RegistrationInfo", "Triggers", "Principals", "Settings", "Actions"],
    "RegistrationInfo": ["Description"],
    "Triggers": ["CalendarTrigger"],
    "CalendarTrigger": ["Enabled", "StartBoundary", "Repetition", "ScheduleByDay"],
    "Repetition": ["Interval", "Duration"],
    "ScheduleByDay": ["DaysInterval"],
    "Principals": ["Principal"],
    "Principal": ["UserId", "LogonType", "RunLevel"],
    "Settings": ["MultipleInstancesPolicy", "DisallowStartIfOnBatteries", "StopIfGoingOnBatteries",
                 "StartWhenAvailable", "ExecutionTimeLimit"],
    "Actions": ["Exec"],
    "Exec": ["Command", "Arguments"],
}  # fmt: skip
"""The parts that are used of [MS-TSCH] 2.5, which wants a trigger's in this order and lets the others stand in any."""
VALUES = {
    "Enabled": "true|false",
    "StartBoundary": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d",
    "Interval": "PT15M",
    "Duration": "P1D",
    "DaysInterval": "1",
    "LogonType": "S4U|Password|InteractiveToken",
    "RunLevel": "LeastPrivilege|HighestAvailable",
    "MultipleInstancesPolicy": "Parallel|Queue|IgnoreNew|StopExisting",
    "DisallowStartIfOnBatteries": "false",
    "StopIfGoingOnBatteries": "false",
    "StartWhenAvailable": "true",
    "ExecutionTimeLimit": r"PT\d+H",
}


def task_of(text: str) -> ElementTree.Element:
    """The task in what is pasted into PowerShell, checked against the form."""
    before, xml, after = re.fullmatch(r"(.*)\$task = @'\n(.*)\n'@\n(.*)", text, re.DOTALL).groups()  # type: ignore[union-attr]
    assert all(line.startswith("# ") for line in before.splitlines())
    assert after == "Register-ScheduledTask -TaskName 'ct remind' -Xml $task -Force | Out-Null\n"
    assert "\n'@" not in xml, "which would end the text"
    assert xml.startswith('<?xml version="1.0" encoding="UTF-16"?>\n<Task ')
    task = ElementTree.fromstring(xml.encode("utf-16"))
    space = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
    for element in task.iter():
        assert element.tag.startswith(space)
        element.tag = element.tag.removeprefix(space)
        assert [child.tag.removeprefix(space) for child in element] == TASK.get(element.tag, []), element.tag
        if element.tag in VALUES:
            assert re.fullmatch(VALUES[element.tag], element.text or ""), element.tag
    assert task.attrib == {"version": "1.2"}
    [principal], [actions] = task.iter("Principal"), task.iter("Actions")
    assert principal.attrib["id"] == actions.attrib["Context"]
    return task


def windows_words(line: str) -> list[str]:
    """The words of a command line, as a Windows program's start-up code parts them."""
    words, word, quoted, begun, slashes = [], "", False, False, 0
    for letter in [*line, " "]:
        if letter == "\\":
            slashes, begun = slashes + 1, True
            continue
        if letter == '"':
            word += "\\" * (slashes // 2)
            if slashes % 2:
                word += '"'
            else:
                quoted = not quoted
            begun = True
        else:
            word += "\\" * slashes
            if letter in " \t" and not quoted:
                if begun:
                    words.append(word)
                word, begun = "", False
            else:
                word, begun = word + letter, True
        slashes = 0
    assert not quoted
    return words


def test_the_task_for_windows_has_the_form_that_is_documented_and_its_command_runs(
    ct: Ct, odd_place: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("USERDOMAIN", "ROSE & SONS")
    monkeypatch.setenv("USERNAME", "Siân O'Neill")
    task = task_of(ct("remind", "--print-task-scheduler").out)
    assert task.findtext("Principals/Principal/UserId") == "ROSE & SONS\\Siân O'Neill"
    command, arguments = (task.findtext(f"Actions/Exec/{name}") or "" for name in ("Command", "Arguments"))
    assert command == sys.executable
    ran = subprocess.run(
        [command, *windows_words(arguments), "--dry-run"],
        env=bare(odd_place, CT_NOW=OPENING), cwd="/", capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert (ran.returncode, ran.stderr) == (0, "")
    assert SAM in ran.stdout


def test_on_windows_the_task_opens_no_window_and_needs_no_variables(
    ct: Ct, home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    scripts = tmp_path / "Program Files" / "Scripts"
    scripts.mkdir(parents=True)
    (scripts / "pythonw.exe").touch()
    monkeypatch.setattr(sys, "executable", str(scripts / "python.exe"))
    for name in ("CT_CACHE", "USERDOMAIN", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    text = ct("remind", "--print-task-scheduler").out
    assert f"<Command>{scripts / 'pythonw.exe'}</Command>" in text
    assert "<Arguments>-m ct_cli remind</Arguments>" in text
    assert "<UserId>" not in text


def test_a_run_that_finds_another_at_work_does_nothing_and_is_silent(ct: Ct, world: World) -> None:
    world.fill({"LOC123": [SAM]})
    world.set(MAIL)
    with run_lock(world.store) as mine:
        assert mine
        ran = ct("remind", "--channel", "stdout", now=OPENING)
        assert (ran.status, ran.out, ran.err) == (0, "", "")
        assert "Another `ct remind` is at work" in ct("remind", "--channel", "stdout", "-v", now=OPENING).out
    assert SAM in ct("remind", "--channel", "stdout", now=OPENING).out


@pytest.fixture
def watcher() -> Iterator[HttpStand]:
    stand = HttpStand(lambda request: Reply(500 if "ill" in request.path else 200))
    yield stand
    stand.stop()


def test_the_heartbeat_is_fetched_once_after_a_run_that_went_well(ct: Ct, world: World, watcher: HttpStand) -> None:
    world.set(MAIL + f'heartbeat = "{watcher.url}/s3cret"\n')
    ran = ct("remind")
    assert (ran.status, ran.out) == (0, "")
    assert [(it.method, it.path) for it in watcher.requests] == [("GET", "/s3cret")]
    ct("remind", "--dry-run")
    ct("remind", "--channel", "stdout", now=OPENING)
    assert len(watcher.requests) == 1, "what sends nothing, or is a rehearsal, is no run"


def test_a_heartbeat_that_fails_is_told_without_its_address(ct: Ct, world: World, watcher: HttpStand) -> None:
    world.set(MAIL + f'heartbeat = "{watcher.url}/ill/s3cret"\n')
    ran = ct("remind")
    assert ran.status == 6
    assert "The run went well, but the heartbeat's page did not answer (500)." in ran.out
    watcher.stop()
    world.set(MAIL + f'heartbeat = "{watcher.url}/s3cret"\n')
    gone = ct("remind")
    assert (gone.status, "did not answer" in gone.out) == (6, True)
    assert "s3cret" not in ran.out + ran.err + gone.out + gone.err


def test_there_is_no_heartbeat_where_nothing_gets_through(
    ct: Ct, world: World, watcher: HttpStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import datetime

    from ct_cli import clock

    world.fill({"LOC123": [SAM]})
    world.set(MAIL + f'quiet = "off"\nworking_days_only = false\nheartbeat = "{watcher.url}/s3cret"\n')
    monkeypatch.setattr(clock, "now", lambda: datetime.fromisoformat(OPENING))
    ran = ct("remind")
    assert ran.status == 6, ran.err
    assert "Nothing gets through by smtp" in ran.out
    assert watcher.requests == []
