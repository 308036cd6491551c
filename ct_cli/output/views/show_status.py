"""`ct status` as a page: the window, who owes what, the risk, and the one thing to do next."""

from collections.abc import Iterator, Sequence

from ct_cli.actions.show_status import StatusShown
from ct_cli.actions.status.rows import ENOUGH_USERS, ObligationShown, ReturnKnown
from ct_cli.compliance.obligation import ObligationStatus
from ct_cli.compliance.risk import RiskLevel
from ct_cli.output.as_text import day, duration, moment_in_words
from ct_cli.output.blocks import Block, Column, Table, Text, Tone, line
from ct_cli.output.views.status_matrix import matrix
from ct_cli.output.views.status_summary import summary
from ct_cli.output.views.status_words import LEVELS, few, months_in_words, return_in_words
from ct_cli.windows.window import WindowState

_RISK_TONES = {RiskLevel.NONE: Tone.PLAIN, RiskLevel.AT_RISK: Tone.WARNING, RiskLevel.NOTICE: Tone.BAD}
_STATUS_TONES = {
    ObligationStatus.FULFILLED: Tone.GOOD,
    ObligationStatus.OPEN: Tone.WARNING,
    ObligationStatus.MISSED: Tone.BAD,
    ObligationStatus.UPCOMING: Tone.PLAIN,
    ObligationStatus.NOT_REQUIRED: Tone.QUIET,
}


def view(answer: StatusShown) -> Iterator[Block]:
    """The page for a register with locations, or what to do where it has none; then what waits on this computer."""
    yield from _page(answer)
    if answer.queue:
        from ct_cli.output.views.queue_words import in_the_queue

        yield line()
        for words in in_the_queue(answer.queue):
            yield line(Text(words, Tone.BAD))


def _page(answer: StatusShown) -> Iterator[Block]:
    if not answer.locations:
        yield from _empty()
        return
    yield from _head(answer)
    if answer.summary is not None:
        yield line()
        yield from summary(answer.summary, answer.rates or ())
    elif answer.matrix is not None:
        yield line()
        yield from matrix(answer.matrix)
    elif answer.obligations:
        yield line()
        yield _table(answer.obligations)
    yield from _notes(answer)
    yield from _next(answer)


def _empty() -> Iterator[Block]:
    yield line("There are no locations yet, so nothing is owed. To begin:")
    yield line('ct locations add LOC123 --name "Rose House" --service care-home --beds 40', indent=2)
    yield line("ct locations import FILE     many at once, from a spreadsheet", indent=2)
    yield line("ct demo                      a tour on made-up locations", indent=2)


def _head(answer: StatusShown) -> Iterator[Block]:
    ends = {
        WindowState.OPEN: f"open until {moment_in_words(answer.closes_at)}, {duration(answer.seconds_left or 0)} left",
        WindowState.UPCOMING: f"opens on {day(answer.opens_at)}, in {duration(answer.seconds_left or 0)}",
        WindowState.CLOSED: f"closed since {moment_in_words(answer.closes_at)}",
    }[answer.state]
    yield line(Text(answer.month.in_words(), Tone.STRONG), f": {ends}.")
    if not answer.owed:
        yield line("Nothing is owed for this month.")
        return
    done = f"{answer.owed} owed, {answer.fulfilled} made"
    if answer.state is WindowState.UPCOMING:
        yield line(f"{done}.")
    elif answer.outstanding:
        word = "missed" if answer.state is WindowState.CLOSED else "outstanding"
        yield line(f"{done}, ", Text(f"{answer.outstanding} {word}", Tone.BAD), ".")
    else:
        yield line(f"{done}: ", Text("all done", Tone.GOOD), ".")


def _table(rows: Sequence[ObligationShown]) -> Table:
    coming = any(_worse_if_missed(row) for row in rows)
    titles = [
        "Location",
        "Name",
        "Service",
        "Return",
        "Risk of a penalty",
        *(["If this one is missed"] if coming else []),
    ]
    return Table(tuple(map(Column, titles)), [_row(row, coming) for row in rows])


def _row(row: ObligationShown, coming: bool) -> list[str | Text]:
    cells: list[str | Text] = [
        row.location_id,
        row.location_name,
        row.service.in_words,
        Text(_return(row), _STATUS_TONES[row.status]),
        _risk(row),
    ]
    if coming:
        cells.append(f"{LEVELS[row.if_missed]}: {row.if_missed_why}" if row.if_missed and _worse_if_missed(row) else "")
    return cells


def _risk(row: ObligationShown) -> Text:
    """By what ct knows: what it was never told of is no miss."""
    words, tone = LEVELS[row.known_risk], _RISK_TONES[row.known_risk]
    months = months_in_words(row.known_risk_months) if row.known_risk_months else ""
    if months:
        words += f": {row.known_risk_why} ({months})"
    if row.rests_on_no_record:
        since = f"nothing recorded here before {(row.recorded_from or row.month).in_words()}"
        words = f"{words}; {since}" if months else f"not known: {since}"
    if row.rests_on_unsaid:
        aside = "months that the monthly report has without the service are not counted (inferred)"
        words = f"{words}; {aside}" if words != LEVELS[row.known_risk] or months else f"not known: {aside}"
    if months and not row.liable:
        words += "; owed, but not liable (public body)"
    return Text(words, tone)


def _return(row: ObligationShown) -> str:
    status = {
        ObligationStatus.OPEN: "outstanding",
        ObligationStatus.MISSED: "missed",
        ObligationStatus.UPCOMING: "not yet open",
        ObligationStatus.NOT_REQUIRED: "not required",
    }
    if row.status is ObligationStatus.FULFILLED:
        said = "; ".join(_known(it) for it in row.returns)
        elsewhere = any(it.source.startswith("seen-in-capacity-tracker") for it in row.returns)
        return f"{said}; Capacity Tracker's monthly report: not done" if row.refuted and not elsewhere else said
    if row.one_of_several:
        unsaid = "Capacity Tracker's monthly report has a 1 for the location, and does not say for which service"
        return f"not known to be made: {unsaid}"
    return f"{status[row.status]}: {row.why}" if row.why else status[row.status]


def _known(it: ReturnKnown) -> str:
    return return_in_words(it) if it.counts else f"{return_in_words(it)} (does not count)"


def _worse_if_missed(row: ObligationShown) -> bool:
    return row.if_missed is not None and row.if_missed.severity > row.known_risk.severity and not row.receipt_id


def _notes(answer: StatusShown) -> Iterator[Block]:
    rows = answer.obligations
    notes = list(_about_risk(rows)) if answer.summary is None else []
    lonely = {row.location_id: row.users for row in rows if row.users < ENOUGH_USERS}
    if lonely:
        word = "has" if len(lonely) == 1 else "have"
        notes.append(
            f"{few(lonely)} {word} fewer than two people registered to update Capacity Tracker; two or more are"
            f" recommended: ct users add {next(iter(lonely))} --email …"
        )
    if answer.rehearsal:
        notes.append("A rehearsal: CT_NOW stands in for the present.")
    if notes:
        yield line()
    yield from (line(Text(note, Tone.QUIET)) for note in notes)


def _about_risk(rows: Sequence[ObligationShown]) -> Iterator[str]:
    unknown = dict.fromkeys(row.location_id for row in rows if row.rests_on_no_record)
    if unknown:
        yield (
            f"ct knows only what was recorded or imported here, and has nothing earlier of {few(unknown)}."
            " What was sent in Capacity Tracker itself counts all the same; `ct import capacity-tracker` brings"
            " it in."
        )
    pressing = [row for row in rows if row.known_risk is not RiskLevel.NONE or _worse_if_missed(row)]
    liable = [row for row in pressing if row.liable]
    if liable:
        amounts = dict.fromkeys(row.penalty for row in liable)
        if len(amounts) == 1:
            yield f"A penalty is {next(iter(amounts))}. `ct locations edit LOC --fee` keeps your own."
        else:
            yield "A penalty is the provider's CQC registration fee; `ct status LOC` says how much, where it is known."
    if pressing:
        yield (
            "Notice level: 3 missed in a row or any 4 in 12 (2022 Regulations). That they are counted for each"
            " service at each location, over twelve rolling windows, is inferred."
        )


def _next(answer: StatusShown) -> Iterator[Block]:
    waiting = [row for row in answer.obligations if row.status is ObligationStatus.OPEN and not row.returns]
    yield line()
    if waiting:
        first = waiting[0]
        which = f"{first.location_id} --service {first.service.value}"
        yield line(Text("Next: ", Tone.STRONG), f"ct submit {which}")
        yield line(f"nothing changed: ct submit {which} --unchanged", indent=6)
        yield line(f"nobody there:    ct nil-return {which} --reason …", indent=6)
    elif answer.state is WindowState.OPEN and answer.outstanding:
        yield line(Text("Next: ", Tone.STRONG), "ct status --outstanding")
    else:
        late = ""
        if answer.state is WindowState.CLOSED and answer.outstanding:
            late = f"What is sent now no longer counts for {answer.month.in_words()}. "
        yield line(f"{late}The next window opens on {day(answer.next_opens_at)}.")
