"""`ct remind --copy-templates` as a page."""

from collections.abc import Iterator

from ct_cli.actions.copy_templates import TemplatesCopied
from ct_cli.output.blocks import Block, line
from ct_cli.output.views.location_words import count


def view(answer: TemplatesCopied) -> Iterator[Block]:
    """What was copied, and what to do next."""
    kept = f"; {count(len(answer.kept), 'was', 'were')} there and left alone" if answer.kept else ""
    yield line(f"Copied {count(len(answer.copied), 'template')} to {answer.folder}{kept}.")
    yield line(f'Change them, then: ct config set reminders.templates "{answer.folder.absolute()}"')
    yield line("and look at what they make: ct remind --preview")
