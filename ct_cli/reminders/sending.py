"""Sends the letters of the outbox, each once, and writes down what became of each before it goes on to the next.

The order is what makes it safe to die at any instant:

1. A letter is PENDING in the outbox, durably, before anything is sent.
2. It is claimed (SENDING, by whom, when), durably, before the first byte goes out.
3. What the channel said is written down, durably, with the claim of the next letter.

So a letter that is found SENDING, by a program that is gone, may or may not have gone out: it is held as UNKNOWN.
Messages are written before they are claimed, some at a time, so that little time lies between 2 and 3.
"""

import os
import platform
import secrets
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from ct_cli.backends.outbox import Change, Letter, LetterState, Outbox, Owing
from ct_cli.reminders.channel import Channel, Fate, Sending
from ct_cli.reminders.deciding import Reminder
from ct_cli.reminders.message import Message
from ct_cli.reminders.writing import Writer

AT_A_TIME = 50
"""Messages that are written ahead; after so many it is looked again what is still owed."""
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


def claimant() -> str:
    """This run, as it claims letters: machine, process, and a number that no other run has."""
    return f"{platform.node() or 'here'}:{os.getpid()}:{secrets.token_hex(4)}"


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

    def send(self, work: Sequence[tuple[Letter, Reminder]]) -> Iterator[Letter]:
        """Send the letters that are PENDING, each with its reminder; each letter as it stands then, in turn."""
        for start in range(0, len(work), AT_A_TIME):
            if self.until is not None and self.now() >= self.until:
                return
            yield from self._send_some(work[start : start + AT_A_TIME])

    def _send_some(self, work: Sequence[tuple[Letter, Reminder]]) -> Iterator[Letter]:
        owed = self.still_owed({key for _, reminder in work for key in reminder.about})
        settling: list[Change] = []
        try:
            for letter, message in list(self._written(work, owed)):
                if message is None:
                    gone = superseded(letter, "everything in it was made before it was sent", self.now())
                    if self.outbox.change([Change(letter, gone)])[0]:
                        yield gone
                    continue
                channel = self.channel_for(letter.recipient)
                if channel.name in self.down:
                    continue
                settling = self._wait(channel, settling)
                claimed = replace(
                    letter, state=LetterState.SENDING, claimed_by=self.who, channel=channel.name, changed_at=self.now()
                )
                had = self.outbox.change([*settling, Change(letter, claimed)])[-1]
                settling = []
                if had:
                    settled = self._settled(claimed, channel.send(message), channel)
                    settling = [Change(claimed, settled)]
                    yield settled
        finally:
            self.outbox.change(settling)

    def _written(
        self, work: Sequence[tuple[Letter, Reminder]], owed: Collection[Owing]
    ) -> Iterator[tuple[Letter, Message | None]]:
        """Each letter with its message; None where all that it would name has been made."""
        for letter, reminder in work:
            left = tuple(it for it in reminder.owed if it.key in owed)
            if reminder.areas or left:
                yield letter, self.writer.write(reminder if reminder.areas else replace(reminder, owed=left), letter)
            else:
                yield letter, None

    def _wait(self, channel: Channel, settling: list[Change]) -> list[Change]:
        """Let the rate limit pass; what is known already is written down before a wait."""
        if settling and channel.waits:
            self.outbox.change(settling)
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


def superseded(letter: Letter, reason: str, now: datetime) -> Letter:
    """A letter that is of no use any more."""
    return replace(letter, state=LetterState.SUPERSEDED, reason=reason, changed_at=now)


def hold_dead_claims(outbox: Outbox, now: datetime, who: str) -> list[Letter]:
    """Hold as UNKNOWN what a program that is gone had claimed; the letters that were so held.

    Only for who has this machine's run lock: whatever else was claimed here was claimed by a program that is gone.
    """
    machine = who.rpartition(":")[0].rpartition(":")[0] + ":"
    changes = []
    for letter in outbox.letters(states={LetterState.SENDING}):
        here = letter.claimed_by.startswith(machine)
        old = letter.changed_at is None or now - letter.changed_at >= CLAIM_HOLDS
        if here or old:
            held = replace(letter, state=LetterState.UNKNOWN, reason=DIED, changed_at=now)
            changes.append(Change(letter, held))
    made = outbox.change(changes)
    return [change.after for change, done in zip(changes, made, strict=True) if done]


def by_recipient(reminders: Sequence[Reminder]) -> Mapping[str, Reminder]:
    """Reminders by whom they are for."""
    return {reminder.recipient: reminder for reminder in reminders}
