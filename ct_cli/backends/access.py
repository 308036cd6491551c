"""What a store keeps besides, so that a server can stand before it: keys, the audit trail, answers kept for a day.

The promises, which the suite in tests/backends/ holds each store to:

1. A key is kept as its SHA-256 only. It is never changed but for its last use and, once, its revocation.
2. The audit trail is append-only: no operation changes or removes a line. It holds no personal data and no key.
3. What is recorded, its audit lines and the answers kept for it are one transaction: all, or none.
4. Of two writes at once under one idempotency key, in whatever processes, the second begins its work only once the
   first has ended, and knows what was kept for it.
"""

from abc import abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from ct_cli.backends.contract import Backend, NewEntry, Outcome, PlainReturn, Submission
from ct_cli.register.location import Location

T = TypeVar("T")

AnswerKey = tuple[str, str, int]
"""Key id, idempotency key, part."""


class KeyHeld(Exception):
    """Another transaction, or another run of a batch, is at work under the same idempotency key. Nothing was written.
    Only between a store and the server that it is behind."""


class Role(StrEnum):
    """What the holder of a key may do."""

    PROVIDER = "provider"
    """Reads its own locations and makes their returns."""
    LOCAL_AUTHORITY = "local_authority"
    """Reads its area."""
    ADMIN = "admin"
    """Reads and writes everything."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key to the API, without the key itself."""

    id: str
    """8 hexadecimal digits: part of the key, not secret; names it in lists, logs and the audit trail."""
    name: str
    """What it is for, in its maker's words."""
    role: Role
    belongs_to: str
    """The provider's name or id, or the council's name, compared without regard to case; empty for admin."""
    digest: str
    """SHA-256 of the whole key, in hexadecimal."""
    created_at: datetime
    expires_at: datetime | None = None
    """The first moment at which it is of no use any more; None for never."""
    last_used_at: datetime | None = None
    """To the minute or so: a server notes it now and then."""
    revoked_at: datetime | None = None

    def usable(self, now: datetime) -> bool:
        """Whether it is neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    def reaches(self, location: Location) -> bool:
        """Whether a location is one that its holder may know of."""
        own = self.belongs_to.lower()
        match self.role:
            case Role.ADMIN:
                return True
            case Role.PROVIDER:
                return own in {location.provider.lower(), location.provider_id.lower()}
            case Role.LOCAL_AUTHORITY:
                return own == location.local_authority.lower()


@dataclass(frozen=True, slots=True)
class AuditLine:
    """Who did what to which return, when, from which key."""

    id: str
    """32 hexadecimal digits, made by whoever writes the line."""
    at: datetime
    key_id: str
    """Empty for what was done at the server itself."""
    action: str
    """What became of it: accepted, corrected, refused …; location-saved, users-saved, user-removed, key-created …"""
    location_id: str = ""
    """Empty where it was not about one location."""
    service: str = ""
    month: str = ""
    """As 2024-12; empty where it was not about a month."""
    receipt_id: str = ""
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """The answer to a write, kept so that the same request sent again is answered the same."""

    key_id: str
    idempotency_key: str
    """What the client chose, 1 to 128 characters."""
    part: int
    """0, or for a batch the number of the chunk, from 0; -1 for what reserves a batch of several."""
    request_hash: str
    """SHA-256 of the method, the path, the query and the body."""
    status: int
    headers: str
    """The headers that belong to the answer, as JSON in ASCII."""
    body: str
    kept_at: datetime


@dataclass(frozen=True, slots=True)
class Beside:
    """What is written in the same transaction as some submissions."""

    audit: tuple[AuditLine, ...] = ()


NOTHING_BESIDE = Beside()


class AccessBackend(Backend):
    """A store that a server can stand before."""

    @abstractmethod
    def record_beside(
        self, submissions: Sequence[Submission], beside: Callable[[Sequence[Outcome]], Beside], *, atomic: bool = False
    ) -> Sequence[Outcome]:
        """`record`, with what `beside` makes of the outcomes in the same transaction.

        `beside` may be asked more than once, where the transaction has to be tried again. Without submissions, only
        what it gives is written.
        """

    @abstractmethod
    def record_rows_beside(
        self,
        rows: Sequence[Submission | PlainReturn],
        beside: Callable[[Sequence[Outcome | NewEntry]], Beside],
        *,
        atomic: bool = False,
    ) -> Sequence[Outcome | NewEntry]:
        """`record_rows`, likewise."""

    def start(self, work: Callable[[], T]) -> Callable[[], T]:
        """Do some work that writes here, perhaps on another thread while the caller goes on reading; what it answers,
        once it is done, the same each time that it is called. Until then the caller writes nothing else."""
        done = work()
        return lambda: done

    @abstractmethod
    def in_one(self, work: Callable[[], T]) -> T:
        """Do some work, of which all that it writes here is one transaction: all of it, or none where it raises.

        It may be done more than once, where the transaction has to be tried again. Within another such work it is a
        part of that.
        """

    @abstractmethod
    def once(
        self,
        reserved: Sequence[KeptAnswer],
        work: Callable[[Mapping[AnswerKey, KeptAnswer]], tuple[T, Iterable[KeptAnswer]]],
    ) -> T:
        """Do some work under idempotency keys, as one transaction: reserve the keys, work, keep the answers.

        The first statement puts each of `reserved` in its place, where nothing is kept under its key and part. `work`
        is told what was kept there instead, which nobody changes until the transaction ends; it gives its result, and
        the answers that take their places. It may be done more than once, as in `in_one`.

        Raises KeyHeld where another transaction holds a key for longer than a moment; what `work` raises, too, leaves
        nothing behind.
        """

    @abstractmethod
    def try_writing(self, at: datetime) -> None:
        """Write about as much as a return takes up, and take it away again, as durably as anything else. Raises
        StoreUnusable where that cannot be done, as where the disk is full."""

    @abstractmethod
    def add_key(self, key: ApiKey) -> None:
        """Keep a new key."""

    @abstractmethod
    def keys(self) -> Sequence[ApiKey]:
        """Every key, revoked ones too, in the order in which they were made."""

    @abstractmethod
    def find_key(self, key_id: str) -> ApiKey | None:
        """The key of an id; None where there is none."""

    @abstractmethod
    def revoke_key(self, key_id: str, at: datetime) -> bool:
        """Make a key useless from now on; whether there was one that was not revoked."""

    @abstractmethod
    def note_keys_used(self, last_uses: Mapping[str, datetime]) -> None:
        """Note when keys, by id, were last used; an earlier moment than the one noted changes nothing."""

    @abstractmethod
    def add_audit_lines(self, lines: Iterable[AuditLine]) -> None:
        """Append lines to the audit trail."""

    @abstractmethod
    def audit_trail(self, location_id: str | None = None, since: datetime | None = None) -> Sequence[AuditLine]:
        """The lines about one location, or about all, since a moment (included), the oldest first."""

    @abstractmethod
    def kept_answers(self, wanted: Collection[AnswerKey]) -> Mapping[AnswerKey, KeptAnswer]:
        """The answers kept for (key id, idempotency key, part); those of which none is kept are left out."""

    @abstractmethod
    def forget_answers(self, before: datetime) -> int:
        """Let go of the answers that were kept before a moment; how many."""
