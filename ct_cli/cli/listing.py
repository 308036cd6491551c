"""A list of commands whose lines are whole: Typer cuts them at a width of its own."""

from typing import Any

from typer.core import TyperGroup


class Listing(TyperGroup):
    """A group that lists its commands in their own order, each with the first sentence of its help."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands and their sentences, folded where they are long."""
        made = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        rows = [(name, _first_sentence(found.help)) for name, found in made if found is not None and not found.hidden]
        if rows:
            with formatter.section("Commands"):
                formatter.write_dl(rows)


def _first_sentence(words: str | None) -> str:
    first = " ".join((words or "").partition("\n\n")[0].split())
    return first.partition(". ")[0].rstrip(".") + "."
