"""`ct report compliance` as a page: where it was put, and what it begins with."""

from collections.abc import Iterator

from ct_cli.actions.write_compliance import ComplianceWritten
from ct_cli.output.blocks import Block, Text, Tone, line


def view(answer: ComplianceWritten) -> Iterator[Block]:
    """A few lines about the file."""
    months = answer.first.in_words()
    if answer.last != answer.first:
        months += f" to {answer.last.in_words()}"
    yield line(f"Report on {answer.area}, {months}: ", str(answer.file))
    if answer.public:
        yield line("For the public: nobody is named, and counts under 6 are left out.", indent=2)
    else:
        yield line(f"{answer.last.in_words()}: {answer.made} of {answer.owed} made.", indent=2)
        yield line(f"At present {answer.at_risk} at risk, {answer.notice_level} at notice level.", indent=2)
        yield line("It names locations; --public makes one that may be published.", indent=2)
    if answer.rehearsal:
        yield line(Text("Made in a rehearsal (CT_NOW is set), and marked so.", Tone.WARNING), indent=2)
