"""Lines that have reminders sent by themselves."""

from dataclasses import dataclass

from ct_cli.actions.answer import Answer
from ct_cli.reminders.schedules import Scheduler, lines_for


@dataclass(frozen=True)
class ScheduleShown(Answer):
    """What to paste."""

    scheduler: Scheduler
    text: str


def show_schedule(scheduler: Scheduler) -> ScheduleShown:
    """The lines for this installation."""
    return ScheduleShown(scheduler, lines_for(scheduler))
