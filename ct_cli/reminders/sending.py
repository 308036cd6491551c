"""Sends the letters of the outbox, each once, and writes down what became of each before it goes on to the next.

The order is what makes it safe to die at any instant:

1. A letter is PENDING in the outbox, durably, before anything is sent.
2. A few are CLAIMED together (by whom, when), durably, before the first of them goes out.
3. Each is SENDING before its first byte goes out, and what the channel said of it is written down before the next.

So a letter found SENDING, by a program that is gone, may or may not have gone out: it is held as UNKNOWN. One found
CLAIMED was not begun with. To wait for the disk for each message would take longer than to send it (4 ms, measured), so
step 3 is written without: that outlives the program, but not a power cut. Who claims therefore names the machine's boot
too, and what was CLAIMED before another boot is UNKNOWN as well. Where the system does not tell one boot from another,
each step waits for the disk.
"""

import os
import platform
import secrets
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from ct_cli.backends.outbox import Change, Letter, LetterState, Outbox, Owing
from ct_cli.reminders.channel import Channel, Fate, Sending
from ct_cli.reminders.deciding import Reminder
from ct_cli.reminders.message import Message
from ct_cli.reminders.writing import Writer

AT_A_TIME = 50
"""Letters that are claimed together; before each so many it is looked again what is still owed."""
FIRST_PAUSE = timedelta(minutes=5)
LONGEST_PAUSE = timedelta(hours=1)
"""The pause before a letter is tried again: the first, doubled each time, and at most this."""
CLAIM_HOLDS = timedelta(minutes=15)
"""After so long a claim by another machine is taken for dead: far longer than any channel waits for one message."""
_STATES = {
    Fate.SENT: LetterState.SENT,
    Fate.LATER: LetterState.PENDING,
    Fate.REFUSED: LetterState.FAILED,
    Fate.UNKNOWN: LetterState.UNKNOWN,
}
DIED = "the run that was sending it ended before it could write down what became of it"


_NO_BOOT = "-"


def claimant() -> str:
    """This run, as it claims letters: machine, boot, process, and a number that no other run has."""
    return f"{platform.node() or 'here'}:{_boot()}:{os.getpid()}:{secrets.token_hex(4)}"


def _boot() -> str:
    """What tells this boot of the machine from another; "-" where the system does not say."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip().replace(":", "")
    except (OSError, UnicodeDecodeError):
        return _NO_BOOT  # Not Linux: then every step waits for the disk.


@dataclass
class Sender:
    """One run's sending."""

    outbox: Outbox
    writer: Writer
    channel_for: Callable[[str], Channel]
    """The channel for a recipient."""
    now: Callable[[], datetime]
    still_owed: Callable[[Collection[Owing]], Collection[Owing]]
    """Those returns that are still to be made; asked shortly before they are named."""
    until: datetime | None = None
    """When what is said would no longer hold: a tighter rung, or the close."""
    who: str = field(default_factory=claimant)
    down: dict[str, str] = field(default_factory=dict)
    """Channels that let nothing through, and why."""
    _written: tuple[Letter, Message] | None = field(default=None, init=False)
    """The message that was written last."""

    def send(self, work: Sequence[tuple[Letter, Reminder]]) -> Iterator[Letter]:
        """Send the letters that are PENDING, each with its reminder; each letter as it stands then, in turn."""
        for start in range(0, len(work), AT_A_TIME):
            if self.until is not None and self.now() >= self.until:
                return
            yield from self._send_some(work[start : start + AT_A_TIME])

    def _send_some(self, work: Sequence[tuple[Letter, Reminder]]) -> Iterator[Letter]:
        owed = self.still_owed({key for _, reminder in work for key in reminder.about})
        left = [(letter, _left(reminder, owed)) for letter, reminder in work]
        yield from self._let_go([letter for letter, reminder in left if reminder is None])
        mine = self._claim([(letter, reminder) for letter, reminder in left if reminder is not None])
        settling: list[Change] = []
        try:
            while mine:
                letter, reminder = mine[0]
                channel = self.channel_for(letter.recipient)
                if channel.name in self.down:
                    mine.pop(0)
                    settling.append(Change(letter, replace(letter, state=LetterState.PENDING)))
                    continue
                settling = self._wait(channel, settling)
                message = self._message(letter, reminder)
                begun = replace(letter, state=LetterState.SENDING, channel=channel.name, changed_at=self.now())
                had = self.outbox.change([*settling, Change(letter, begun)], durable=self._durable)[-1]
                settling = []
                mine.pop(0)
                if had:
                    told = channel.send(message, partial(self._write_ahead, mine, channel))
                    settled = self._settled(begun, told, channel)
                    settling = [Change(begun, settled)]
                    yield settled
        finally:
            # Durably, and with what was not come to: after Ctrl-C that is not left claimed.
            back = [Change(letter, replace(letter, state=LetterState.PENDING)) for letter, _ in mine]
            self.outbox.change([*settling, *back])

    @property
    def _durable(self) -> bool:
        """Whether each step has to wait for the disk."""
        return self.who.split(":")[1] == _NO_BOOT

    def _let_go(self, letters: Sequence[Letter]) -> list[Letter]:
        reason = "everything in it was made before it was sent"
        changes = [Change(letter, superseded(letter, reason, self.now())) for letter in letters]
        made = self.outbox.change(changes)
        return [change.after for change, done in zip(changes, made, strict=True) if done]

    def _claim(self, ready: Sequence[tuple[Letter, Reminder]]) -> list[tuple[Letter, Reminder]]:
        """Those of the letters that no other program had before."""
        now = self.now()
        changes = [
            Change(letter, replace(letter, state=LetterState.CLAIMED, claimed_by=self.who, changed_at=now))
            for letter, _ in ready
        ]
        made = self.outbox.change(changes)
        return [
            (change.after, reminder) for change, (_, reminder), done in zip(changes, ready, made, strict=True) if done
        ]

    def _message(self, letter: Letter, reminder: Reminder) -> Message:
        """The letter's message, if need be written now."""
        if self._written is None or self._written[0] is not letter:
            self._written = letter, self.writer.write(reminder, letter)
        return self._written[1]

    def _write_ahead(self, coming: Sequence[tuple[Letter, Reminder]], channel: Channel) -> None:
        """Write what comes next, while the channel waits: a server takes longer over a message than that (measured)."""
        if coming and self.channel_for(coming[0][0].recipient) is channel:
            channel.prepare(self._message(*coming[0]))

    def _wait(self, channel: Channel, settling: list[Change]) -> list[Change]:
        """Let the rate limit pass; what is known already is written down before a wait."""
        if settling and channel.waits:
            self.outbox.change(settling, durable=self._durable)
            settling = []
        channel.ready()
        return settling

    def _settled(self, letter: Letter, sending: Sending, channel: Channel) -> Letter:
        if sending.channel_down:
            self.down[channel.name] = sending.words
        now = self.now()
        attempts = letter.attempts + 1
        pause = min(FIRST_PAUSE * 2 ** min(attempts - 1, 10), LONGEST_PAUSE)
        return replace(
            letter,
            state=_STATES[sending.fate],
            reason=sending.words,
            attempts=attempts,
            not_before=now + pause if sending.fate is Fate.LATER else None,
            changed_at=now,
        )


def _left(reminder: Reminder, owed: Collection[Owing]) -> Reminder | None:
    """The reminder with what is still owed; None where all that it would name has been made."""
    if reminder.areas:
        return reminder
    left = tuple(it for it in reminder.owed if it.key in owed)
    if len(left) == len(reminder.owed) and (left or reminder.instead):
        return reminder
    return replace(reminder, owed=left) if left else None


def superseded(letter: Letter, reason: str, now: datetime) -> Letter:
    """A letter that is of no use any more."""
    return replace(letter, state=LetterState.SUPERSEDED, reason=reason, changed_at=now)


def hold_dead_claims(outbox: Outbox, now: datetime, who: str) -> list[Letter]:
    """Settle what a program that is gone had claimed; the letters that are held as UNKNOWN by that.

    Only for who has this machine's run lock: whatever else was claimed here was claimed by a program that is gone.
    """
    machine, boot, *_ = who.split(":")
    changes = []
    for letter in outbox.letters(states={LetterState.CLAIMED, LetterState.SENDING}):
        whose, its_boot, *_ = [*letter.claimed_by.split(":"), ""]
        old = letter.changed_at is None or now - letter.changed_at >= CLAIM_HOLDS
        if not (whose == machine or old):
            continue
        if letter.state is LetterState.CLAIMED and (whose, its_boot) == (machine, boot):
            changes.append(Change(letter, replace(letter, state=LetterState.PENDING)))
        else:
            held = replace(letter, state=LetterState.UNKNOWN, reason=DIED, changed_at=now)
            changes.append(Change(letter, held))
    made = outbox.change(changes)
    done = [change.after for change, was in zip(changes, made, strict=True) if was]
    return [letter for letter in done if letter.state is LetterState.UNKNOWN]


def by_recipient(reminders: Sequence[Reminder]) -> Mapping[str, Reminder]:
    """Reminders by whom they are for."""
    return {reminder.recipient: reminder for reminder in reminders}
