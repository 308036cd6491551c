"""`ct status --collection` as a page: who has answered a voluntary survey."""

from collections.abc import Iterator

from ct_cli.actions.show_survey_status import SurveyRow, SurveyStatus, SurveyStatusShown
from ct_cli.clock import LONDON
from ct_cli.output.as_text import day
from ct_cli.output.blocks import Block, Column, Table, Text, Tone, line
from ct_cli.windows.window import WindowState


def view(answer: SurveyStatusShown) -> Iterator[Block]:
    """The survey, how many have answered, and a row for each location."""
    yield line(Text(answer.title, Tone.STRONG), f" ({answer.collection}), voluntary: {_dates(answer)}.")
    yield line(f"{answer.asked} asked, {answer.answered} answered. Nobody owes an answer, and no penalty follows.")
    if answer.answers:
        yield line()
        yield Table(
            tuple(map(Column, ("Location", "Name", "Service", "Answer"))), [_row(row) for row in answer.answers]
        )
    waiting = [row for row in answer.answers if row.status is SurveyStatus.NOT_ANSWERED]
    if waiting and answer.state is WindowState.OPEN:
        yield line()
        yield line(
            Text("To answer: ", Tone.STRONG), f"ct submit {waiting[0].location_id} --collection {answer.collection}"
        )


def _dates(answer: SurveyStatusShown) -> str:
    if answer.state is WindowState.UPCOMING and answer.opens is not None:
        return f"opens on {day(answer.opens)}"
    if answer.closes is None:
        return "open"
    closes = day(answer.closes)
    return f"closed since {closes}" if answer.state is WindowState.CLOSED else f"open until the end of {closes}"


def _row(row: SurveyRow) -> list[str | Text]:
    answer = Text("not answered", Tone.QUIET)
    if row.received_at is not None:
        on = row.received_at.astimezone(LONDON)
        version = f", version {row.version}" if row.version and row.version > 1 else ""
        rehearsal = " (rehearsal)" if row.rehearsal else ""
        answer = Text(f"answered on {on.day} {on:%B %Y}{version}{rehearsal}", Tone.GOOD)
    return [row.location_id, row.location_name, row.service.in_words, answer]
