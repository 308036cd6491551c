"""Lines that have the Task Scheduler of Windows send reminders, as a task in its own XML.

The form: [MS-TSCH] 2.5, https://learn.microsoft.com/openspecs/windows_protocols/ms-tsch. A task made by one line of
schtasks would not run on battery, would not make up for a run that was missed, and would open a window every time.
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from xml.sax.saxutils import escape

_RUN = "import os, runpy; os.environ.update({}); runpy.run_module('ct_cli', run_name='__main__')"


def task_lines(kept: Mapping[str, str], comment: str, minutes: int) -> str:
    """What to paste into PowerShell. `kept` are variables for the run, `comment` lines to put before it."""
    program, *arguments = _command(kept)
    user = "\\".join(filter(None, (os.environ.get("USERDOMAIN"), os.environ.get("USERNAME"))))
    user_id = f"<UserId>{escape(user)}</UserId>\n      " if user else ""
    # A string in PowerShell is UTF-16, and has to say so. A day of repetitions begins anew each day, for the form says
    # of one without an end both that it has none and that it may be a day.
    return f"""\
# Paste into PowerShell. It runs every {minutes} minutes while you are signed in, and opens no window.
# Get-ScheduledTaskInfo 'ct remind' tells how the last run ended (0 is well), and ct remind log what was sent.
{comment}$task = @'
<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Description>Reminders of Capacity Tracker's monthly return</Description>
  </RegistrationInfo>
  <Triggers>
    <CalendarTrigger>
      <Enabled>true</Enabled>
      <StartBoundary>2024-01-01T00:00:00</StartBoundary>
      <Repetition><Interval>PT{minutes}M</Interval><Duration>P1D</Duration></Repetition>
      <ScheduleByDay><DaysInterval>1</DaysInterval></ScheduleByDay>
    </CalendarTrigger>
  </Triggers>
  <Principals>
    <Principal id="Author">
      {user_id}<LogonType>InteractiveToken</LogonType>
      <RunLevel>LeastPrivilege</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <StartWhenAvailable>true</StartWhenAvailable>
    <ExecutionTimeLimit>PT12H</ExecutionTimeLimit>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>{escape(program)}</Command>
      <Arguments>{escape(subprocess.list2cmdline(arguments))}</Arguments>
    </Exec>
  </Actions>
</Task>
'@
Register-ScheduledTask -TaskName 'ct remind' -Xml $task -Force | Out-Null
"""


def _command(kept: Mapping[str, str]) -> list[str]:
    """Python without a window. A task has no variables of its own, so the program sets them."""
    windowless = Path(sys.executable).with_name("pythonw.exe")
    program = str(windowless if windowless.exists() else sys.executable)
    return [program, "-c", _RUN.format(dict(kept)), "remind"] if kept else [program, "-m", "ct_cli", "remind"]
