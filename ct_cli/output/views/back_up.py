"""`ct backup` as a page."""

from collections.abc import Iterator

from ct_cli.actions.back_up import BackedUp
from ct_cli.output.blocks import Block, Text, Tone, line
from ct_cli.output.views.location_words import count


def view(answer: BackedUp) -> Iterator[Block]:
    """What is in the backup and what is not, and which earlier ones went."""
    made = answer.backup
    size = f"{made.bytes / 1_000_000:,.1f} MB"
    yield line(Text("Backed up", Tone.GOOD), f" to {made.file} ({size})")
    checked = "each checked" if not made.breaks and not made.misnoted else "the ledger was ALTERED: see `ct verify`"
    entries = count(made.entries, "ledger entry", "ledger entries")
    yield line(f"{entries} in {count(made.chains, 'chain')}, {checked}", indent=2)
    yield line(
        f"{count(made.locations, 'location')}, {count(made.users, 'user')}, reminders, keys' fingerprints", indent=2
    )
    if made.waiting:
        yield line(f"{count(made.waiting, 'return')} not yet sent to a server", indent=2)
    yield line("your settings" if made.settings else "no settings: you have no settings file", indent=2)
    yield line("Passwords and keys are not in it. Keep those apart.")
    if made.left_out:
        yield line(f"Left out for that reason: {', '.join(made.left_out)}.")
    yield line("It holds users' names and addresses: keep it where only you can read it.")
    for old in made.removed:
        yield line(f"Removed: {old}")
    for old in made.not_removed:
        yield line(Text(f"Could not be removed: {old}", Tone.WARNING))
