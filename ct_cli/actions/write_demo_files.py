"""Writes the demo's sample files, so that a newcomer can run each step by hand."""

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from ct_cli.actions.answer import Answer
from ct_cli.actions.demo_data import STORE_NAME, sample_files
from ct_cli.errors import UsageError


class FileInTheWay(UsageError):
    """{path} is there already, and the demo writes over nothing. Name an empty or a new folder."""

    code = "file-in-the-way"


class FolderUnwritable(UsageError):
    """The demo's files cannot be written to {path}: {reason}. Name another folder."""

    code = "folder-unwritable"


@dataclass(frozen=True)
class DemoFilesWritten(Answer):
    """The files, in the order in which they are used."""

    folder: Path
    files: tuple[Path, ...]
    store: Path
    """Where the commands that are shown keep their returns: beside the files."""


def write_demo_files(folder: Path) -> DemoFilesWritten:
    """Write each sample file. Raises FileInTheWay before any is written, FolderUnwritable."""
    rows_of = {folder / name: rows for name, rows in sample_files().items()}
    for path in (*rows_of, folder / STORE_NAME):
        if path.exists():
            raise FileInTheWay(path=path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, rows in rows_of.items():
            text = io.StringIO(newline="")
            csv.writer(text).writerows(rows)
            path.write_text(text.getvalue(), encoding="utf-8", newline="")
    except OSError as error:
        raise FolderUnwritable(path=folder, reason=(error.strerror or str(error)).lower()) from None
    return DemoFilesWritten(folder, tuple(rows_of), folder / STORE_NAME)
