"""Keys to the API: make one, list them, revoke one. Only where the store is; a key cannot make keys."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from ct_cli.actions.answer import Answer
from ct_cli.actions.workplace import Workplace
from ct_cli.backends.access import AccessBackend, ApiKey, AuditLine, Role
from ct_cli.errors import ExitStatus, UsageError
from ct_cli.register.location import Scope

MOST_DAYS = 3_650


class KeysElsewhere(UsageError):
    """The keys of this register are kept where its server is: run `ct keys` there."""

    code = "keys-elsewhere"


class BelongsToWhom(UsageError):
    """A key with the role {role} needs --for {what}: it reaches that one's locations only."""

    code = "belongs-to-whom"


class BelongsToNobody(UsageError):
    """A key with the role admin reaches every location: leave --for out, or choose another --role."""

    code = "belongs-to-nobody"


class NotADuration(UsageError):
    """A key is good for 1 to 3650 days, not for {given}: say how many with --days."""

    code = "not-a-duration"


class NotARole(UsageError):
    """{given!r} is not a role: it is provider, local_authority or admin."""

    code = "not-a-role"


class UnknownKey(UsageError):
    """There is no key {key_id} that can still be used{revoked}. `ct keys list` shows them all."""

    code = "unknown-key"
    exit_status = ExitStatus.REFUSED


@dataclass(frozen=True)
class KeyMade(Answer):
    """A new key. It is told this once; only its digest is kept."""

    key: str
    id: str
    name: str
    role: Role
    belongs_to: str
    expires_at: datetime | None
    locations: int
    """How many locations of the register it reaches now."""


@dataclass(frozen=True)
class KeyShown:
    """A key, as a list shows it."""

    id: str
    name: str
    role: Role
    belongs_to: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None
    usable: bool


@dataclass(frozen=True)
class KeysListed(Answer):
    """Every key, in the order in which they were made."""

    keys: tuple[KeyShown, ...]


@dataclass(frozen=True)
class KeyRevoked(Answer):
    """The key that is of no use any more."""

    id: str
    revoked_at: datetime


def parse_role(given: str) -> Role:
    """The role of a name. Raises NotARole."""
    text = given.strip().lower().replace("-", "_").replace(" ", "_")
    if text not in set(Role):
        raise NotARole(given=given[:40])
    return Role(text)


def parse_days(given: str | None) -> int | None:
    """How many days a key is good; None for any number. Raises NotADuration."""
    if given is None:
        return None
    if not (given.isascii() and given.isdigit() and 1 <= int(given[:6]) <= MOST_DAYS):
        raise NotADuration(given=given[:20])
    return int(given)


def make_key(workplace: Workplace, name: str, role: Role, belongs_to: str = "", days: int | None = None) -> KeyMade:
    """Make a key. Raises BelongsToWhom, BelongsToNobody, KeysElsewhere, StoreUnusable."""
    belongs_to = belongs_to.strip()
    if role is Role.ADMIN and belongs_to:
        raise BelongsToNobody
    if role is not Role.ADMIN and not belongs_to:
        raise BelongsToWhom(role=role.value, what="PROVIDER (its name or id)" if role is Role.PROVIDER else "COUNCIL")
    store, now = key_store(workplace), workplace.now
    key_id = secrets.token_hex(4)
    # 256 random bits. It begins with ct_, so that scanners for leaked secrets can know it.
    secret = f"ct_{key_id}_{secrets.token_urlsafe(32)}"
    digest = sha256(secret.encode()).hexdigest()
    expires_at = None if days is None else now + timedelta(days=days)
    key = ApiKey(key_id, name.strip(), role, belongs_to, digest, now, expires_at)
    store.add_key(key)
    store.add_audit_lines([_audit("key-created", key_id, now)])
    reached = sum(map(key.reaches, store.locations(Scope(include_closed=True))))
    return KeyMade(secret, key_id, key.name, role, belongs_to, expires_at, reached)


def list_keys(workplace: Workplace) -> KeysListed:
    """Every key, revoked ones too. Raises KeysElsewhere, StoreUnusable."""
    now, every = workplace.now, key_store(workplace).keys()
    return KeysListed(
        tuple(
            KeyShown(
                it.id, it.name, it.role, it.belongs_to, it.created_at, it.expires_at, it.last_used_at, it.revoked_at,
                it.usable(now),
            )
            for it in every
        )
    )  # fmt: skip


def revoke_key(workplace: Workplace, key_id: str) -> KeyRevoked:
    """Make a key useless, for good. Raises UnknownKey, KeysElsewhere, StoreUnusable."""
    store, now, key_id = key_store(workplace), workplace.now, key_id.strip().lower()
    if not store.revoke_key(key_id, now):
        known = store.find_key(key_id)
        raise UnknownKey(key_id=key_id[:20], revoked=": it was revoked before" if known else "")
    store.add_audit_lines([_audit("key-revoked", key_id, now)])
    return KeyRevoked(key_id, now)


def key_store(workplace: Workplace) -> AccessBackend:
    """The store that keeps the keys and the audit trail. Raises KeysElsewhere."""
    backend = workplace.backend
    if not isinstance(backend, AccessBackend):
        raise KeysElsewhere
    return backend


def _audit(action: str, key_id: str, now: datetime) -> AuditLine:
    return AuditLine(secrets.token_hex(16), now, key_id, action)
