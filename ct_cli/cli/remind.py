"""`ct remind …`: reminders of what is still owed."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from ct_cli.backends.outbox import LetterState
from ct_cli.cli.command import command, group_command, new_app
from ct_cli.cli.desk import Desk
from ct_cli.reminders.channel_name import ChannelName

app = new_app("Send the reminders that are due, each once; silent unless something is wrong.")


@group_command(app, "remind")
def remind(
    desk: Desk,
    dry_run: Annotated[
        bool, Option("--dry-run", help="Say who would get what, and who would not; send nothing.")
    ] = False,
    preview: Annotated[bool, Option("--preview", help="Show the messages; send nothing.")] = False,
    out: Annotated[Path | None, Option(metavar="DIR", help="With --preview, write each one's HTML here.")] = None,
    channel: Annotated[ChannelName | None, Option(help="How to send, whatever the settings say.")] = None,
    retry_unknown: Annotated[
        bool, Option("--retry-unknown", help="Send again what may have gone out: someone may get it twice.")
    ] = False,
    verbose: Annotated[bool, Option("-v", "--verbose", help="Say what was done even if all is well.")] = False,
    print_cron: Annotated[bool, Option("--print-cron", help="A line for cron.")] = False,
    print_systemd: Annotated[bool, Option("--print-systemd", help="A timer for systemd.")] = False,
    print_task_scheduler: Annotated[
        bool, Option("--print-task-scheduler", help="A task for the Task Scheduler of Windows.")
    ] = False,
    copy_templates: Annotated[
        Path | None, Option(metavar="DIR", help="Copy the wording here, to be changed: see reminders.templates.")
    ] = None,
) -> None:
    """Send the reminders that are due, each once; silent unless something is wrong."""
    if print_cron or print_systemd or print_task_scheduler:
        _show_schedule(desk, systemd=print_systemd, task=print_task_scheduler)
    elif copy_templates is not None:
        _copy_templates(desk, copy_templates)
    elif preview:
        _preview(desk, out)
    elif dry_run:
        from ct_cli.actions.plan_reminders import plan_reminders
        from ct_cli.output.views.plan_reminders import view as plan_view

        desk.show(plan_reminders(desk.workplace), plan_view)
    else:
        from ct_cli.actions.send_reminders import send_reminders
        from ct_cli.output.views.send_reminders import quiet_view, view

        sent = send_reminders(desk.workplace, desk.terminal.carry, channel=channel, retry_unknown=retry_unknown)
        desk.show(sent, view if verbose or desk.terminal.shows else quiet_view)


def _show_schedule(desk: Desk, *, systemd: bool, task: bool) -> None:
    from ct_cli.actions.show_schedule import show_schedule
    from ct_cli.output.views.show_schedule import view
    from ct_cli.reminders.schedules import Scheduler

    which = Scheduler.SYSTEMD if systemd else Scheduler.TASK_SCHEDULER if task else Scheduler.CRON
    answer = show_schedule(which)
    if desk.json or desk.terminal.shows or task:  # what is pasted into PowerShell comes by way of its console
        desk.show(answer, view)
    else:
        desk.terminal.document(answer.text)


def _copy_templates(desk: Desk, folder: Path) -> None:
    from ct_cli.actions.copy_templates import copy_templates
    from ct_cli.output.views.copy_templates import view

    desk.show(copy_templates(folder), view)


def _preview(desk: Desk, out: Path | None) -> None:
    from ct_cli.actions.preview_reminders import preview_reminders
    from ct_cli.output.views.preview_reminders import view

    desk.show(preview_reminders(desk.workplace, out), view)


@command(app, "remind log")
def log(
    desk: Desk,
    month: Annotated[str | None, Option(metavar="YYYY-MM", help="Only this month's.")] = None,
    state: Annotated[list[LetterState] | None, Option(help="Only in this state; may be given more than once.")] = None,
    to: Annotated[str | None, Option(metavar="EMAIL", help="Only to this address.")] = None,
) -> None:
    """Show every reminder, its state and the reason."""
    from ct_cli.actions.show_reminder_log import show_reminder_log
    from ct_cli.output.views.show_reminder_log import view
    from ct_cli.windows.month import Month

    desk.show(show_reminder_log(desk.workplace, Month.parse(month) if month else None, state or (), to), view)


@command(app, "remind resume")
def resume(desk: Desk) -> None:
    """Send reminders again after a restore, which holds them: see `ct remind --dry-run` first."""
    from ct_cli.actions.resume_reminders import resume_reminders
    from ct_cli.output.views.resume_reminders import view

    desk.show(resume_reminders(desk.workplace), view)


@command(app, "remind away")
def away(
    desk: Desk,
    email: Annotated[str, Argument(metavar="EMAIL", help="Who is away.")],
    from_: Annotated[str | None, Option("--from", metavar="DATE", help="The first day; else today.")] = None,
    to: Annotated[str | None, Option(metavar="DATE", help="The last day; else until `ct remind back`.")] = None,
) -> None:
    """Note that a person is away; whoever is next is told in their place."""
    from ct_cli.actions.note_contact import note_away
    from ct_cli.output.views.note_contact import view
    from ct_cli.register.details import parse_email, parse_given_day

    days = [parse_given_day(day) if day else None for day in (from_, to)]
    desk.show(note_away(desk.workplace, parse_email(email), *days), view)


@command(app, "remind back")
def back(desk: Desk, email: Annotated[str, Argument(metavar="EMAIL", help="Who is here again.")]) -> None:
    """Note that a person is here again."""
    from ct_cli.actions.note_contact import note_back
    from ct_cli.output.views.note_contact import view
    from ct_cli.register.details import parse_email

    desk.show(note_back(desk.workplace, parse_email(email)), view)


@command(app, "remind opt-out")
def opt_out(
    desk: Desk,
    email: Annotated[str, Argument(metavar="EMAIL", help="Who wants no reminders.")],
    undo: Annotated[bool, Option("--undo", help="Who wants them again.")] = False,
) -> None:
    """Note that a person wants no reminders any more."""
    from ct_cli.actions.note_contact import note_opted_out
    from ct_cli.output.views.note_contact import view
    from ct_cli.register.details import parse_email

    desk.show(note_opted_out(desk.workplace, parse_email(email), opted_out=not undo), view)
