"""The ways in which ct can fail.

An *error* means that ct cannot go on, and is raised. (A *problem* says that a return is wrong, and is a value:
see `ct_cli.returns.problem`.) Each class's docstring is the sentence that a person reads, with the facts of the
case in braces; `code` is its stable name in JSON and over HTTP; `exit_status` is what the program ends with.
"""

from enum import IntEnum
from typing import ClassVar


class ExitStatus(IntEnum):
    """What `ct` ends with. The table in the README and `ct explain exit-status` say the same."""

    DONE = 0
    UNEXPECTED = 1
    USAGE = 2
    REFUSED = 3
    OUTSTANDING = 4
    NOT_ALLOWED = 5
    NETWORK = 6
    WINDOW_NOT_OPEN = 7
    INTERRUPTED = 130


class CtError(Exception):
    """ct could not go on."""

    code: ClassVar[str] = "unexpected"
    exit_status: ClassVar[ExitStatus] = ExitStatus.UNEXPECTED

    def __init__(self, **facts: object) -> None:
        self.facts = facts
        super().__init__(self.sentence)

    @property
    def sentence(self) -> str:
        """The docstring as one line, with this case's facts in it."""
        return " ".join((self.__doc__ or self.code).split()).format(**self.facts)


def after_some(error: CtError) -> CtError:
    """The same error where something was written before it: that nothing was is then not said."""
    remedy = error.facts.get("remedy")
    if not isinstance(remedy, str) or "othing was written" not in remedy:
        return error
    more = "What is shown as recorded is recorded. Run the same again: nothing is recorded twice."
    return type(error)(**{**error.facts, "remedy": more})


class UsageError(CtError):
    """{words}"""

    code = "usage"
    exit_status = ExitStatus.USAGE


class NotAMonth(UsageError):
    """{given!r} is not a month: write the year, a dash and two digits, as in 2024-12."""

    code = "not-a-month"


class NotADate(UsageError):
    """{given!r} is not a date: write year, month and day, as in 2024-12-08."""

    code = "not-a-date"


class NotAMoment(UsageError):
    """CT_NOW is {given!r}, which is not a moment: write it with its offset, as in 2024-12-08T09:00:00+00:00."""

    code = "not-a-moment"


class SettingsUnreadable(UsageError):
    """The settings file {path} cannot be used: {reason}. Mend it, move it away, or name another with CT_CONFIG."""

    code = "settings-unreadable"


class UnknownSetting(UsageError):
    """There is no setting {key!r}{where}{nearest}. `ct config list` shows them all."""

    code = "unknown-setting"


class SettingRefused(UsageError):
    """{key} cannot be {given!r} ({origin}): {reason}."""

    code = "setting-refused"


class StoreUnusable(CtError):
    """The store {path} cannot be used: {reason}. {remedy}"""

    code = "store-unusable"


class StoreDamaged(StoreUnusable):
    """The store {path} is damaged: {reason}. {remedy}"""

    code = "store-damaged"


class FiguresUnreadable(CtError):
    """The figures of {what} cannot be read: the store is damaged, or something other than ct altered it. `ct verify`
    names each entry that is. To go on, put a backup back with `ct restore FILE`; `ct backup` makes them."""

    code = "store-damaged"


class StoreFull(StoreUnusable):
    """The store {path} cannot be used: {reason}. {remedy}"""

    code = "store-full"
