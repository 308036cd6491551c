"""Who asks, whether they may, and how often: keys, roles and rates."""

import hmac
import re
import time
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from ct_cli import clock
from ct_cli.backends.access import ApiKey
from ct_cli.server.options import Limits
from ct_cli.server.pool import StorePool
from ct_cli.server.refusals import KeyNeeded, TooMany

REMEMBERED_SECONDS = 3.0
"""For so long a worker takes a key as it last read it: a revocation takes hold at each worker within this time."""

_NOBODY = sha256(b"").hexdigest()
_FORM = re.compile(r"ct_([0-9a-f]{8})_[A-Za-z0-9_-]{43}")
_MOST_REMEMBERED = 10_000


def digest_of(key: str) -> str:
    """What is kept of a key."""
    return sha256(key.encode()).hexdigest()


@dataclass(slots=True)
class _Bucket:
    """Lets so many through at once, and then so many a second."""

    left: float
    at: float

    def take(self, rate: float, most: float, now: float) -> float:
        """0 where one may go through; else the seconds until one may."""
        self.left = min(most, self.left + (now - self.at) * rate)
        self.at = now
        if self.left >= 1:
            self.left -= 1
            return 0
        return (1 - self.left) / rate


@dataclass
class Gate:
    """Knows keys. One for each worker process."""

    stores: StorePool
    limits: Limits
    last_uses: dict[str, datetime] = field(default_factory=dict)
    """Uses of keys, by id, that are still to be noted in the store."""

    def __post_init__(self) -> None:
        self._known: dict[str, tuple[ApiKey, float]] = {}
        self._rates: dict[str, _Bucket] = {}
        self._strangers: dict[str, _Bucket] = {}

    async def admit(self, authorisation: str, address: str) -> ApiKey:
        """The key of a request's `Authorization` header. Raises KeyNeeded, TooMany."""
        key = await self._find(authorisation)
        now = clock.now()
        if key is None or not key.usable(now):
            per_second = self.limits.refused_a_minute / 60
            self._go_slowly(self._strangers, address, per_second, self.limits.refused_a_minute)
            raise KeyNeeded
        if self.limits.requests_a_second:
            self._go_slowly(self._rates, key.id, self.limits.requests_a_second, self.limits.burst)
        self.last_uses[key.id] = now
        return key

    def take_last_uses(self) -> dict[str, datetime]:
        """The uses since this was asked last."""
        taken, self.last_uses = self.last_uses, {}
        return taken

    async def _find(self, authorisation: str) -> ApiKey | None:
        scheme, _, given = authorisation.partition(" ")
        form = _FORM.fullmatch(given.strip())
        if scheme.lower() != "bearer" or form is None:
            return None
        key_id = form.group(1)
        known, read_at = self._known.get(key_id, (None, 0.0))
        if known is None or time.monotonic() - read_at > REMEMBERED_SECONDS:
            known = await self.stores.run(lambda store: store.find_key(key_id))
            if known is not None:
                self._remember(known)
        # Compared in constant time, and also where there is no such key.
        same = hmac.compare_digest(digest_of(given.strip()), known.digest if known else _NOBODY)
        return known if same else None

    def _remember(self, key: ApiKey) -> None:
        if len(self._known) >= _MOST_REMEMBERED:
            self._known.clear()
        self._known[key.id] = (key, time.monotonic())

    def _go_slowly(self, buckets: dict[str, _Bucket], who: str, rate: float, most: float) -> None:
        now = time.monotonic()
        if len(buckets) >= _MOST_REMEMBERED:
            buckets.clear()
        bucket = buckets.get(who) or buckets.setdefault(who, _Bucket(most, now))
        wait = bucket.take(rate, most, now)
        if wait:
            raise TooMany(seconds=max(1, round(wait + 0.5)))
