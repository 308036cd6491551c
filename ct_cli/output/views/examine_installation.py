"""`ct doctor` as a page."""

from collections.abc import Iterator

from ct_cli.actions.examine_installation import InstallationExamined
from ct_cli.actions.examining.check import Check, Verdict
from ct_cli.output.blocks import Block, Text, Tone, line

_TONES = {Verdict.OK: Tone.GOOD, Verdict.WARNING: Tone.WARNING, Verdict.BAD: Tone.BAD}


def view(answer: InstallationExamined) -> Iterator[Block]:
    """Each check with its verdict, the remedies under what they mend, and the sum of it."""
    for check in answer.checks:
        yield line(Text(f"{check.verdict.value:<8}", _TONES[check.verdict]), Text(f"{check.name}: "), check.found)
        if check.remedy:
            yield line(check.remedy, indent=10)
    yield line()
    yield line(_sum(answer.checks))


def _sum(checks: tuple[Check, ...]) -> Text:
    bad = sum(check.verdict is Verdict.BAD for check in checks)
    warnings = sum(check.verdict is Verdict.WARNING for check in checks)
    if bad:
        return Text(f"{bad} to mend before ct works as it should.", Tone.BAD)
    if warnings:
        return Text(f"ct works; {warnings} to know of.", Tone.WARNING)
    return Text("All is well.", Tone.GOOD)
