"""`ct restore` as a page."""

from collections.abc import Iterator

from ct_cli import clock
from ct_cli.actions.restore_store import FilesTakenOut, StoreRestored
from ct_cli.output.blocks import Block, Column, Table, Text, Tone, line
from ct_cli.output.views.location_words import count
from ct_cli.shell import shell_word
from ct_cli.stores.restore import Present, Restored

MOST_SHOWN = 20
"""Receipts that would be lost, of which a person sees the newest; --json has them all."""


def view(answer: StoreRestored) -> Iterator[Block]:
    """What was restored, what was lost by it, and what is left to do."""
    found = answer.restored
    made = f" of {clock.local(found.made_at):%Y-%m-%d %H:%M}" if found.made_at else ""
    if found.done:
        yield line(Text("Restored", Tone.GOOD), f" {found.store} from the backup{made}: {found.file}")
    elif answer.dry_run:
        yield line(f"Dry run: nothing is changed. The backup{made}: {found.file}")
    else:
        yield line(Text("Nothing was restored.", Tone.BAD))
    yield line(f"{count(found.entries, 'ledger entry', 'ledger entries')} in it, each checked", indent=2)
    if found.present is Present.READABLE and found.entries:
        had = "were" if found.done else "are"
        few = ("was" if found.done else "is") if found.gained == 1 else had
        known = f"{found.gained:,} of them {few} not in the present store" if found.gained else ""
        yield line(known or f"all of them {had} in the present store", indent=2)
    yield from _lost(answer)
    yield from _better_known(found)
    if found.done:
        yield from _what_next(found)
    yield from _reminders(found)


def _lost(answer: StoreRestored) -> Iterator[Block]:
    found = answer.restored
    if found.lost:
        many = count(len(found.lost), "receipt")
        tense = "lost" if found.done else "would be lost"
        yield line(Text(f"{many} {tense}", Tone.BAD), ": in the present store and not in the backup.")
        shown = found.lost[:MOST_SHOWN]
        columns = (Column("Receipt"), Column("Location"), Column("Service"), Column("Month"), Column("Received (UTC)"))
        rows = [
            (it.receipt_id, it.location_id, it.service.replace("-", " "), it.month, it.received_at[:16]) for it in shown
        ]
        yield Table(columns, rows)
        if len(found.lost) > len(shown):
            yield line(f"and {len(found.lost) - len(shown):,} older ones: --json lists them all.")
        if not found.done:
            command = f"ct restore {shell_word(str(found.file))} --discard-newer"
            yield line(f"If you want to give them up, type: {command}")
    for number, what in ((found.lost_locations, "location"), (found.lost_users, "user")):
        if number:
            yield line(f"Not in the backup, but in the present store: {count(number, what)}.")


def _better_known(found: Restored) -> Iterator[Block]:
    if found.keys_revoked:
        yield line(f"Revoked since the backup, and still revoked: {count(found.keys_revoked, 'key')}.")
    if found.users_left_out:
        yield line(
            f"Not put back from the backup: {count(found.users_left_out, 'user')} that the present store does not have,"
            " who may have been erased since. If one was not, type: ct users add"
        )


def _what_next(found: Restored) -> Iterator[Block]:
    if found.kept:
        yield line(f"What was there before is kept in {found.kept}")
    beside = found.beside
    if beside.settings:
        yield line(f"Your settings are back in {beside.settings}, without passwords and keys: set those again.")
    elif beside.settings_left:
        folder = "ct restore FILE --files DIR"
        yield line(f"Your settings stay as they are. To see those of the backup, type: {folder}")
    for made in beside.folders:
        yield line(f"Put back: {made}")
    if beside.queue:
        yield line("The returns that were not yet sent wait again: see `ct queue list`.")
    elif beside.queue_left:
        yield line("The returns that wait here to be sent stay as they are: see `ct queue list`.")
    if found.keys:
        yield line(
            Text("Check these keys.", Tone.WARNING),
            " ct cannot tell whether one was revoked since the backup. Type `ct keys revoke ID` for each that"
            " should not work.",
        )
        columns = (Column("ID"), Column("Name"), Column("Role"), Column("For"), Column("State"))
        rows = [
            (key.id, key.name, key.role.value, key.belongs_to, "revoked" if key.revoked else "works")
            for key in found.keys
        ]
        yield Table(columns, rows)
    yield line("To see whether receipts are missing, type: ct verify --against FILE")


def _reminders(found: Restored) -> Iterator[Block]:
    if found.reminders_held:
        tense = "sends" if found.done else "would send"
        yield line(
            Text(f"`ct remind` {tense} nothing", Tone.WARNING),
            " until you type `ct remind resume`: nothing here tells which reminders went out since the backup.",
        )


def files_view(answer: FilesTakenOut) -> Iterator[Block]:
    """The files that were written."""
    for file in answer.files:
        yield line(str(file))
