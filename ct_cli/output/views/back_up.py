"""`ct backup` as a page."""

from collections.abc import Iterator

from ct_cli.actions.back_up import BackedUp
from ct_cli.output.blocks import Block, Text, Tone, line


def view(answer: BackedUp) -> Iterator[Block]:
    """What is in the backup and what is not, and which earlier ones went."""
    made = answer.backup
    size = f"{made.bytes / 1_000_000:,.1f} MB"
    yield line(Text("Backed up", Tone.GOOD), f" to {made.file} ({size})")
    checked = "each checked" if not made.breaks and not made.misnoted else "the ledger was ALTERED: see `ct verify`"
    yield line(f"{made.entries:,} ledger entries in {made.chains:,} chains, {checked}", indent=2)
    yield line(f"{made.locations:,} locations, {made.users:,} users, reminders, keys' fingerprints", indent=2)
    if made.waiting:
        yield line(f"{made.waiting:,} returns that wait for a server", indent=2)
    yield line("your settings" if made.settings else "no settings: you have no settings file", indent=2)
    yield line("Passwords and keys are not in it. Keep those apart.")
    if made.left_out:
        yield line(f"Left out for that reason: {', '.join(made.left_out)}.")
    yield line("It holds users' names and addresses: keep it where only you can read it.")
    for old in made.removed:
        yield line(f"Removed: {old}")
    for old in made.not_removed:
        yield line(Text(f"Could not be removed: {old}", Tone.WARNING))
