"""The way that reminders go out. What every channel promises; the suite in tests/reminders/ holds each to it.

1. `send` says what became of the message, and never that it failed where it may have gone out: that is UNKNOWN.
2. What fails before the message was given over is known not to have gone out, so it can be tried again.
3. A recipient who is refused does not keep the next one from being sent to.
4. Nothing secret, and nothing of the message, stands in `words`.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from ct_cli.errors import UsageError
from ct_cli.reminders.message import Message


class Fate(StrEnum):
    """What became of a message."""

    SENT = "sent"
    """Whoever carries it further has it, and said so."""
    LATER = "later"
    """Not sent; to be tried again."""
    REFUSED = "refused"
    """Not sent; the same again would be refused as well."""
    UNKNOWN = "unknown"
    """It was given over, and the answer was lost."""


@dataclass(frozen=True, slots=True)
class Sending:
    """What became of one message."""

    fate: Fate
    words: str = ""
    """Why, for `ct remind log`; empty where it was sent."""
    channel_down: bool = False
    """Whether the next message would fare no better: nobody answers, or the sender is not let in."""


SENT = Sending(Fate.SENT)


def nothing() -> None:
    """What is done meanwhile where there is nothing to do."""


class ChannelNotSet(UsageError):
    """Reminders cannot go out by {channel}: {missing} is not set. {remedy}"""

    code = "channel-not-set"


class Channel(ABC):
    """One way out. Closed by `close`, or by leaving `with`."""

    name: str
    tells_later = False
    """Whether `came_back` may know of something."""

    @property
    def waits(self) -> bool:
        """Whether `ready` may wait."""
        return False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ready(self) -> None:  # noqa: B027 - most have no limit
        """Wait until a rate limit lets the next message go, and make way for it: nothing of it goes out by that."""

    def prepare(self, message: Message) -> None:  # noqa: B027 - most have no form of their own that takes long to make
        """Put the message that is sent next into this channel's own form. It only saves time, and may be left out."""

    @abstractmethod
    def send(self, message: Message, meanwhile: Callable[[], None] = nothing) -> Sending:
        """Send one message. Raises nothing but what no message could mend (a setting that is wrong).

        `meanwhile` is other work, done while an answer is waited for: once at most, and not by every channel.
        """

    def came_back(self) -> Mapping[str, str]:
        """What was taken lately, and then could not be delivered: a message's reference, and why. Raises nothing."""
        return {}

    def close(self) -> None:  # noqa: B027 - most hold nothing open
        """Let go of connections. May be called twice."""
