"""The names of the channels, as a command line gives them."""

from enum import StrEnum


class ChannelName(StrEnum):
    """A way out, as --channel names it."""

    SMTP = "smtp"
    NOTIFY = "notify"
    WEBHOOK = "webhook"
    """Only what goes to webhooks."""
    STDOUT = "stdout"
    """Everything, on standard output."""
