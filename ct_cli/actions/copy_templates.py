"""Copy the wording of reminders into a folder, to be changed there."""

from dataclasses import dataclass
from pathlib import Path

from ct_cli.actions.answer import Answer
from ct_cli.errors import UsageError
from ct_cli.reminders.templates import own_texts


class TemplatesNotCopied(UsageError):
    """The templates cannot be copied to {folder}: {reason}."""

    code = "templates-not-copied"


@dataclass(frozen=True)
class TemplatesCopied(Answer):
    """What was copied."""

    folder: Path
    copied: tuple[str, ...]
    kept: tuple[str, ...]
    """Those that were there, and were left as they are."""


def copy_templates(folder: Path) -> TemplatesCopied:
    """Copy each template that the folder does not have. Raises TemplatesNotCopied."""
    copied, kept = [], []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in own_texts().items():
            if (folder / name).exists():
                kept.append(name)
            else:
                (folder / name).write_text(text, encoding="utf-8", newline="\n")
                copied.append(name)
    except OSError as error:
        raise TemplatesNotCopied(folder=folder, reason=(error.strerror or str(error)).lower()) from None
    return TemplatesCopied(folder, tuple(copied), tuple(kept))
