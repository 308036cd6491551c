"""`ct keys revoke` as a page."""

from collections.abc import Iterator

from ct_cli.actions.api_keys import KeyRevoked
from ct_cli.output.blocks import Block, Text, Tone, line


def view(answer: KeyRevoked) -> Iterator[Block]:
    """That it is done."""
    yield line(Text("Revoked ", Tone.GOOD), f"key {answer.id}. Servers that are running refuse it within seconds.")
