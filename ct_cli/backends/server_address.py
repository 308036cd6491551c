"""The server's address: what of it is safe to use, and to print."""

import ipaddress
import re
from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from ct_cli.backends.server_refusals import AddressRefused, NoServer
from ct_cli.settings import Settings

KEY_FORM: Final = re.compile(r"ct_[0-9a-f]{8}_\S+")
"""How a key of `ct keys create` looks: nothing that does is repeated to whoever typed it in the wrong place."""


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """Where a server is. Holds no secret, so it may be printed."""

    url: str
    """Scheme, host, port and path, with no / at its end."""
    scheme: str
    host: str
    port: int

    @classmethod
    def parse(cls, given: str, *, plain_allowed: bool = False) -> Self:
        """The address that was written. http:// is refused, but for this computer itself or where `plain_allowed`.

        Raises AddressRefused.
        """
        text = given.strip()
        if KEY_FORM.search(text):
            reason = "there is a key in it, which is now in the shell's history: have it revoked, and a new one made"
            raise AddressRefused(given="(hidden)", reason=reason)
        try:
            parts = urlsplit(text)
            port = parts.port
        except ValueError:
            raise AddressRefused(given=repr(text[:80]), reason="it is not an address") from None
        if parts.username is not None or parts.password is not None:
            # Not shown: what stands there is a secret.
            reason = "a name or a key does not belong in it; `ct login` keeps keys"
            raise AddressRefused(given="(hidden)", reason=reason)
        shown = repr(text[:80])
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise AddressRefused(given=shown, reason="it does not begin with https:// and a name")
        if parts.query or parts.fragment:
            raise AddressRefused(given=shown, reason="nothing with ? or # belongs in it")
        if parts.scheme == "http" and not plain_allowed and not is_loopback(parts.hostname):
            reason = "over http:// anyone on the way can read the key (server.plain_http allows it, for a test)"
            raise AddressRefused(given=shown, reason=reason)
        url = f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"
        return cls(url, parts.scheme, parts.hostname, port or (443 if parts.scheme == "https" else 80))

    @property
    def loopback(self) -> bool:
        """Whether it is this computer itself."""
        return is_loopback(self.host)


def is_loopback(host: str) -> bool:
    """Whether a host is this computer itself."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def proxy_on_the_way(address: ServerAddress) -> str | None:
    """The address of the proxy that this computer's settings, or HTTPS_PROXY and its kind, put on the way to a server.

    It may hold a name and a password: `without_secrets` is for showing it. None on the way to this computer itself,
    where no proxy is of use, and to what NO_PROXY or the system excepts.
    """
    if address.loopback or proxy_bypass(address.host):
        return None
    found = getproxies()
    proxy = found.get(address.scheme) or found.get("all")
    return proxy if not proxy or "://" in proxy else f"http://{proxy}"


def without_secrets(proxy: str) -> str:
    """A proxy's address without any name or password in it."""
    scheme, _, rest = proxy.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"


def address_of(settings: Settings) -> ServerAddress:
    """The server that the settings name. Raises NoServer, AddressRefused, SettingRefused."""
    given = settings.text("server.url")
    if not given:
        raise NoServer
    return ServerAddress.parse(given, plain_allowed=settings.yes("server.plain_http"))
