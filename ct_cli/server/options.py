"""How a server is to run: what `ct serve` was told, in a form that its worker processes can be given."""

import ipaddress
from dataclasses import dataclass
from functools import lru_cache

from ct_cli.backends import api_paths as paths
from ct_cli.errors import UsageError

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class NotANetwork(UsageError):
    """{given!r} is not a network: write it as 192.0.2.0/24 or 2001:db8::/32, or one address alone."""

    code = "not-a-network"


class TlsHalfGiven(UsageError):
    """--tls-cert and --tls-key go together: give both files, or neither."""

    code = "tls-half-given"


@dataclass(frozen=True)
class Limits:
    """What one request, and one key, may take up."""

    body: int = paths.MOST_JSON_BYTES
    """Bytes of an ordinary request's body."""
    question_body: int = 4 * 1024 * 1024
    """Bytes of a question's, which may name thousands of locations."""
    bulk_body: int = paths.MOST_BYTES
    """Bytes of a batch's body."""
    body_seconds: float = 20
    """For an ordinary body to arrive; a bulk body has ten times as long."""
    header_seconds: float = 10
    """For a request's head to arrive."""
    send_seconds: float = 60
    """For a client to take each part of an answer."""
    same_request_seconds: float = 10
    """For which a write waits for another under the same Idempotency-Key."""
    requests_a_second: float = 100
    """Of one key, at each worker, over a while; 0 for no limit."""
    burst: int = 1_000
    """So many of one key at once."""
    refused_a_minute: int = 60
    """Keys that are no good, from one address."""
    bulk_rows: int = paths.MOST_TOGETHER
    """Returns of one transaction of another ct's."""
    batch_rows: int = 200_000
    """Returns of one batch."""
    register_rows: int = paths.MOST_REGISTERED
    """Locations, or sightings, of one."""


@dataclass(frozen=True)
class ServerOptions:
    """All that a worker process needs to know."""

    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    readers: int = 8
    """Requests that each worker lets read from the store at once."""
    tls_certificate: str | None = None
    tls_key: str | None = None
    trusted_proxies: tuple[str, ...] = ()
    """Addresses or networks whose X-Forwarded-For and X-Forwarded-Proto are believed."""
    allowed_networks: tuple[str, ...] = ()
    """Networks from which the server may be used; empty for all."""
    accept_history: bool = False
    """Whether an admin's submissions are taken with the times and sources that they tell: for the day on which a
    register is moved to this server."""
    limits: Limits = Limits()

    def __post_init__(self) -> None:
        """Raises NotANetwork, TlsHalfGiven."""
        for given in (*self.allowed_networks, *self.trusted_proxies):
            network_of(given)
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise TlsHalfGiven

    def allows(self, address: str) -> bool:
        """Whether a client at an address may use the server."""
        return not self.allowed_networks or _is_in(address, self.allowed_networks)


def network_of(given: str) -> Network:
    """The network that was written. Raises NotANetwork."""
    try:
        return ipaddress.ip_network(given, strict=False)
    except ValueError:
        raise NotANetwork(given=given[:60]) from None


@lru_cache(maxsize=4096)
def _is_in(address: str, networks: tuple[str, ...]) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:  # a Unix socket has no address: it is in no network
        return False
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return any(found in network_of(network) for network in networks)
