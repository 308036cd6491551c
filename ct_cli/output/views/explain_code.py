"""`ct explain` as a page."""

from collections.abc import Iterator

from ct_cli.actions.explain_code import CodesExplained, Explanation, Sort
from ct_cli.output.blocks import Block, Column, Table, Text, Tone, line
from ct_cli.returns.collection import Basis
from ct_cli.returns.problem import Severity
from ct_cli.returns.the_return import REPLACES_FIGURES

_EFFECT = {
    Severity.ERROR: "error: what it is about is refused",
    Severity.QUERY: "query: taken once confirmed with a note (--confirm CODE --note …)",
    Severity.INFO: "info: taken all the same",
}
_WITHOUT_NOTE = "query: taken once confirmed, without a note (--confirm CODE)"
_BASIS = {
    Basis.NOTICE: "read in the formal notice or its guidance",
    Basis.EXPORT: "seen in public code, exports or tables",
    Basis.INFERRED: "inferred: ct's own reading, in no source",
    Basis.USER: "your own file",
}
_TITLES = {
    Sort.PROBLEM: "What can be said of data",
    Sort.FAILURE: "How ct can fail",
    Sort.EXIT_STATUS: "What ct ends with (exit status)",
}


def view(answer: CodesExplained) -> Iterator[Block]:
    """One code in full, or all as tables."""
    if not answer.listing:
        for explanation in answer.explanations:
            yield from _one(explanation)
        return
    for sort, title in _TITLES.items():
        rows = [_row(one) for one in answer.explanations if one.sort is sort]
        if rows:
            yield line(Text(title, Tone.STRONG))
            yield Table((Column("Code"), Column("Kind"), Column("Meaning")), rows)
            yield line()
    if any(one.sort is Sort.FAILURE for one in answer.explanations):
        yield line("Words in capitals stand for what a case is about.")
    yield line("`ct explain CODE` says what to do.")


def _row(one: Explanation) -> tuple[str, ...]:
    kind = one.severity or (f"status {int(one.exit_status)}" if one.exit_status is not None else "")
    return one.code, "" if one.sort is Sort.EXIT_STATUS else str(kind), one.meaning


def _one(one: Explanation) -> Iterator[Block]:
    yield line(Text(one.code, Tone.STRONG))
    if one.severity:
        effect = _WITHOUT_NOTE if one.code == REPLACES_FIGURES else _EFFECT[one.severity]
        yield line(effect.replace("CODE", one.code), indent=2)
    elif one.sort is Sort.FAILURE and one.exit_status is not None:
        yield line(f"ct could not go on, and ends with status {int(one.exit_status)}", indent=2)
    else:
        yield line("an exit status of ct", indent=2)
    yield line(f"{'What it says' if one.sort is Sort.FAILURE else 'What it means'}: {one.meaning}", indent=2)
    if one.remedy:
        yield line(f"What to do: {one.remedy}", indent=2)
    if one.services:
        yield line(f"Holds for: {', '.join(service.in_words for service in one.services)}", indent=2)
    if one.source:
        yield line(f"Source: {one.source}", indent=2)
    if one.basis:
        yield line(f"How well known: {_BASIS[one.basis]}", indent=2)
