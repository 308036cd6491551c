"""`ct demo --files` as a page."""

import os
from collections.abc import Iterator, Sequence

from ct_cli.actions.answer import Answer
from ct_cli.actions.demo_data import DEMO_NOW
from ct_cli.actions.write_demo_files import DemoFilesWritten
from ct_cli.output.blocks import Block, Text, Tone, line


def view(answer: DemoFilesWritten, typed: Sequence[str]) -> Iterator[Block]:
    """The files, the lines that keep the user's own returns out of it, and the steps."""
    yield line("Written:")
    for path in answer.files:
        yield line(str(path), indent=2)
    yield line(f"{answer.store} (a year of made-up returns)", indent=2)
    yield line()
    yield line(Text("First, in a terminal for this alone,", Tone.STRONG), " so that your own returns stay out:")
    for words in _surroundings(answer):
        yield line(words, indent=2)
    yield line()
    yield line(Text("Then, one by one:", Tone.STRONG))
    for words in typed:
        yield line(words, indent=2)
    yield line()
    yield line("Close that terminal when you are done; delete the folder, and nothing is left.")


def nothing(_: Answer) -> Iterator[Block]:
    """No page: what is answered only in JSON."""
    return iter(())


def _surroundings(answer: DemoFilesWritten) -> list[str]:
    given = {
        "CT_STORE": str(answer.store),
        "CT_NOW": DEMO_NOW.isoformat(),
        "CT_CONFIG": str(answer.folder / "none.toml"),
    }
    if os.name == "nt":
        return [f"cd '{answer.folder}'", *(f"$env:{name} = '{value}'" for name, value in given.items())]
    return [f"cd '{answer.folder}'", *(f"export {name}='{value}'" for name, value in given.items())]
