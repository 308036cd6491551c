"""Lines that have reminders sent by themselves: for cron, systemd, and the Task Scheduler of Windows.

Each runs every quarter of an hour: `ct` itself knows what is due and when it is quiet, and a rung that was missed, or a
message that is to be tried again, is then not long in coming.
"""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path

MINUTES = 15
_KEPT = ("CT_CONFIG", "CT_STORE", "CT_CACHE")
"""Variables without which a run by itself would look elsewhere than one by hand."""


class Scheduler(StrEnum):
    """Who runs it."""

    CRON = "cron"
    SYSTEMD = "systemd"
    TASK_SCHEDULER = "task-scheduler"


def lines_for(scheduler: Scheduler) -> str:
    """What to paste, for this installation of ct and the settings that it uses now."""
    command, kept = _command(), {name: _whole(os.environ[name]) for name in _KEPT if os.environ.get(name)}
    match scheduler:
        case Scheduler.CRON:
            return _cron(command, kept)
        case Scheduler.SYSTEMD:
            return _systemd(command, kept)
        case Scheduler.TASK_SCHEDULER:
            return _task(command, kept)


def _command() -> list[str]:
    """This very program, by its whole path: a scheduler's search path is shorter than a person's."""
    beside = Path(sys.executable).with_name("ct.exe" if os.name == "nt" else "ct")
    found = str(beside) if beside.exists() else shutil.which("ct")
    return [found, "remind"] if found else [sys.executable, "-m", "ct_cli", "remind"]


def _whole(path: str) -> str:
    return str(Path(path).expanduser().absolute())


def _cron(command: Sequence[str], kept: Mapping[str, str]) -> str:
    # A per cent sign is a line end to cron.
    words = [*(f"{name}={shlex.quote(value)}" for name, value in kept.items()), shlex.join(command)]
    line = " ".join(words).replace("%", "\\%")
    return (
        "# Reminders of Capacity Tracker's monthly return. Paste into `crontab -e`.\n"
        "# Cron mails what it prints, which is nothing while all is well.\n"
        f"*/{MINUTES} * * * * {line}\n"
    )


def _systemd(command: Sequence[str], kept: Mapping[str, str]) -> str:
    environment = "".join(f"Environment={_unit_quoted(f'{name}={value}')}\n" for name, value in kept.items())
    exec_start = " ".join(map(_unit_quoted, command))
    return f"""\
# Paste into a shell. `systemctl --user status ct-remind` then shows the last run.
mkdir -p ~/.config/systemd/user
cat > ~/.config/systemd/user/ct-remind.service <<'END'
[Unit]
Description=Reminders of Capacity Tracker's monthly return

[Service]
Type=oneshot
{environment}ExecStart={exec_start}
END
cat > ~/.config/systemd/user/ct-remind.timer <<'END'
[Unit]
Description=Reminders of Capacity Tracker's monthly return, every {MINUTES} minutes

[Timer]
OnCalendar=*:0/{MINUTES}
Persistent=true

[Install]
WantedBy=timers.target
END
systemctl --user daemon-reload
systemctl --user enable --now ct-remind.timer
loginctl enable-linger
"""


def _unit_quoted(word: str) -> str:
    """As systemd reads it: % and $ are special there."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"' if escaped != word or " " in word else word


def _task(command: Sequence[str], kept: Mapping[str, str]) -> str:
    if kept:
        # A task has no variables of its own, so a shell sets them.
        settings = "".join(f'set "{name}={value}"&& ' for name, value in kept.items())
        command = ["cmd", "/c", settings + subprocess.list2cmdline(command)]
    quoted = subprocess.list2cmdline(command).replace('"', '\\"')
    return (
        "rem Paste into a Command Prompt (not PowerShell). It runs while you are signed in.\n"
        f'schtasks /Create /F /SC MINUTE /MO {MINUTES} /TN "ct remind" /TR "{quoted}"\n'
    )
