"""`ct vacancies` as a page: who has a bed or hours to offer, and how old that word is."""

from collections.abc import Iterator

from ct_cli.actions.find_vacancies import VacanciesFound, Vacancy
from ct_cli.output.as_text import duration
from ct_cli.output.blocks import Block, Column, Table, Text, Tone, line
from ct_cli.output.views.location_words import count
from ct_cli.returns.identity import Service

_OLD = 7 * 86_400
"""Seconds after which a word on a vacancy is marked: much may have changed in a week."""


def view(answer: VacanciesFound) -> Iterator[Block]:
    """The table, then what was left out and how distances are known."""
    found = answer.vacancies
    kind = f"{answer.bed_type.replace('_', ' ')} " if answer.bed_type else ""
    if found:
        yield line(Text(f"{count(len(found), 'service')} with {kind}capacity to offer.", Tone.STRONG))
        yield line()
        yield _table(answer)
    else:
        yield line(
            f"Nobody is known to have {answer.least:,} or more {kind}{'beds' if kind else 'beds or hours'} free."
        )
    yield line()
    yield from (line(Text(note, Tone.QUIET)) for note in _notes(answer))


def _table(answer: VacanciesFound) -> Table:
    near = answer.near is not None
    columns = [
        Column("Location"), Column("Name"), Column("Free", numeric=True), Column("Of these"), Column("Admissions"),
        Column("Updated"), Column("Source"), *([Column("Miles", numeric=True)] if near else []),
        Column("Council"), Column("Postcode"),
    ]  # fmt: skip
    rows: list[list[str | Text]] = []
    for it in answer.vacancies:
        age = int((answer.now - it.updated_at).total_seconds())
        rows.append(
            [
                it.location_id,
                it.name,
                f"{it.spare:,} {it.unit}",
                _kinds(it),
                _admissions(it),
                Text(f"{duration(max(age, 0))} ago", Tone.WARNING if age > _OLD else Tone.PLAIN),
                it.source.in_words,
                *(["" if it.miles is None else f"{it.miles:.1f}"] if near else []),
                it.local_authority,
                it.postcode,
            ]
        )
    return Table(tuple(columns), rows)


def _kinds(it: Vacancy) -> str:
    if it.service is Service.HOME_CARE:
        return "home care"
    return ", ".join(f"{spare} {name.replace('_', ' ')}" for name, spare in it.by_type.items()) or "types not said"


def _admissions(it: Vacancy) -> Text:
    if it.open is None:
        return Text(it.admission_status or "not said")
    words = "open" if it.open else "closed"
    more = it.admission_status and it.admission_status.lower() != words
    return Text(f"{words} ({it.admission_status})" if more else words, Tone.GOOD if it.open else Tone.BAD)


def _notes(answer: VacanciesFound) -> Iterator[str]:
    if answer.older:
        yield f"{answer.older:,} more would fit but were updated longer ago."
    if answer.closed:
        yield f"{answer.closed:,} more would fit but are closed to admissions."
    if answer.silent:
        yield (
            f"Of {count(answer.silent, 'service')} in scope nothing of the kind is known here."
            " `ct import capacity-tracker` brings in what Capacity Tracker has."
        )
    if answer.near and not answer.near_exact:
        yield (
            f"Where {answer.near} is was inferred: the middle of the locations in {answer.near_known_by}. Miles are as"
            " the crow flies."
        )
    elif answer.near:
        yield "Miles are as the crow flies."
    yield "A vacancy is what was last said of it: telephone before anybody is sent."
