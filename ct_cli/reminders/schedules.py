"""Lines that have reminders sent by themselves: for cron, systemd, and the Task Scheduler of Windows.

Each runs every quarter of an hour: `ct` itself knows what is due and when it is quiet, and a rung that was missed, or a
message that is to be tried again, is then not long in coming.
"""

import os
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path

from ct_cli.reminders.task_scheduler import task_lines

MINUTES = 15
_FOLDERS = ("CT_CONFIG", "CT_STORE", "CT_CACHE", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME")
"""Variables without which a run by itself would look elsewhere than one by hand. They are paths."""
_PASSING = ("CT_NOW", "CT_DEBUG")
"""Variables that are meant for a moment."""


class Scheduler(StrEnum):
    """Who runs it."""

    CRON = "cron"
    SYSTEMD = "systemd"
    TASK_SCHEDULER = "task-scheduler"


def lines_for(scheduler: Scheduler) -> str:
    """What to paste, for this installation of ct and the settings that it uses now."""
    kept = {name: str(Path(os.environ[name]).expanduser().absolute()) for name in _FOLDERS if os.environ.get(name)}
    match scheduler:
        case Scheduler.CRON:
            return _cron(_command(), kept)
        case Scheduler.SYSTEMD:
            return _systemd(_command(), kept)
        case Scheduler.TASK_SCHEDULER:
            return task_lines(kept, _left_behind(), MINUTES)


def _command() -> list[str]:
    """This very program, by its whole path: a scheduler's search path is shorter than a person's."""
    beside = Path(sys.executable).with_name("ct.exe" if os.name == "nt" else "ct")
    found = str(beside) if beside.exists() else shutil.which("ct")
    return [found, "remind"] if found else [sys.executable, "-m", "ct_cli", "remind"]


def _left_behind() -> str:
    """A comment that names the variables which a run by itself will not have; never what they hold."""
    names = sorted(name for name in os.environ if name.startswith("CT_") and name not in {*_FOLDERS, *_PASSING})
    if not names:
        return ""
    return (
        f"# Set here, and not known to a run by itself: {', '.join(names)}.\n"
        "# Keep each in the settings or, if it is a secret, in a file that the settings name (see ct config list).\n"
    )


def _cron(command: Sequence[str], kept: Mapping[str, str]) -> str:
    words = [*(f"{name}={shlex.quote(value)}" for name, value in kept.items()), shlex.join(command)]
    line = " ".join(words).replace("%", "\\%")  # A per cent sign is a line end to cron.
    return (
        "# Reminders of Capacity Tracker's monthly return. Paste into `crontab -e`.\n"
        "# Cron mails what it prints, which is nothing while all is well.\n"
        f"{_left_behind()}"
        f"*/{MINUTES} * * * * {line}\n"
    )


def _systemd(command: Sequence[str], kept: Mapping[str, str]) -> str:
    environment = "".join(f"Environment={_unit_quoted(f'{name}={value}')}\n" for name, value in kept.items())
    if set(command[0]) & set("\\\"'"):  # systemd starts no program with such a name; env does.
        command = ["/usr/bin/env", *command]
    # In what follows the program a $ begins a variable; in the program's own path, and in Environment=, it does not.
    words = [_unit_quoted(command[0]), *(_unit_quoted(word).replace("$", "$$") for word in command[1:])]
    return f"""\
# Paste into a shell. `systemctl --user status ct-remind` then shows the last run.
{_left_behind()}mkdir -p ~/.config/systemd/user
cat > ~/.config/systemd/user/ct-remind.service <<'END'
[Unit]
Description=Reminders of Capacity Tracker's monthly return

[Service]
Type=oneshot
{environment}ExecStart={" ".join(words)}
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
    """As systemd reads it: % begins a specifier, also in quotes."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return word if shlex.quote(word) == word and escaped == word else f'"{escaped}"'
