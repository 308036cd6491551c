"""The part of `ct doctor` that looks at the way to a server, a step at a time, so that it is seen which one fails."""

import socket
from collections.abc import Iterator

from ct_cli import __version__
from ct_cli.actions.examining.check import Check, bad, ok, warning
from ct_cli.actions.examining.clocks import examine_clocks
from ct_cli.backends.about import ask_about, which_to_upgrade
from ct_cli.backends.http_connection import Connection
from ct_cli.backends.return_queue import QueueState
from ct_cli.backends.server_address import ServerAddress, address_of, proxy_on_the_way, without_secrets
from ct_cli.backends.server_key import KeyOrigin, find_key, origin_of
from ct_cli.backends.server_refusals import (
    CertificateRefused,
    KeyRefused,
    ProxyFailed,
    ServerUnreachable,
    VersionsDiffer,
)
from ct_cli.errors import CtError
from ct_cli.settings import Settings

_PLACES = {
    KeyOrigin.ENVIRONMENT: "CT_SERVER_KEY",
    KeyOrigin.COMMAND: "server.key_command",
    KeyOrigin.KEYRING: "the system's keyring",
    KeyOrigin.FILE: "the file that `ct login` keeps",
}
_STATES = {
    QueueState.NOT_YET_SENT: "not yet sent",
    QueueState.REFUSED: "refused",
    QueueState.CONFLICT: "in conflict",
    QueueState.HELD_BACK: "held back",
}


def examine_server(settings: Settings) -> Iterator[Check]:
    """Address, key, name, proxy, certificate, clock and version, as far as one can get; then the queue."""
    yield from _way(settings)
    yield _queue(settings)


def _way(settings: Settings) -> Iterator[Check]:
    try:
        address = address_of(settings)
    except CtError as error:
        yield bad("server", error.sentence, "Type: ct login URL")
        return
    yield ok("server", address.url)
    key, check = _key(settings, address)
    yield check
    proxy = proxy_on_the_way(address)
    yield ok("proxy", f"the way leads over {without_secrets(proxy)}" if proxy else "none on the way")
    if not proxy:  # A proxy looks the name up by itself.
        name = _name(address)
        yield name
        if name.remedy:
            return
    yield from _answers(address, key, max(1, settings.number("server.timeout")))


def _key(settings: Settings, address: ServerAddress) -> tuple[str, Check]:
    try:
        key = find_key(settings, address.url)
        origin = origin_of(settings, address.url)
    except CtError as error:
        return "", bad("key", error.sentence, "Type: ct login")
    return key, ok("key", f"from {_PLACES[origin]}" if origin else "found")


def _name(address: ServerAddress) -> Check:
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except OSError:
        remedy = "Is the network there, and server.url spelt right? Inside a council, a VPN may be needed."
        return bad("name", f"{address.host} is not known here", remedy)
    addresses = sorted({str(entry[4][0]) for entry in found})
    return ok("name", f"{address.host} is {', '.join(addresses[:3])}")


def _answers(address: ServerAddress, key: str, seconds: float) -> Iterator[Check]:
    connection = Connection(address, lambda: key or "none", seconds)
    try:
        about = ask_about(connection)
    except ServerUnreachable as error:
        what = {CertificateRefused: "certificate", ProxyFailed: "proxy"}.get(type(error), "connection")
        yield bad(what, f"{error.facts['reason']}", str(error.facts["remedy"]))
    except KeyRefused:
        yield _certificate(address)
        if key:
            yield bad("key", "the server does not know it, or it was revoked, or it has expired", "Type: ct login")
    except VersionsDiffer as error:
        yield _certificate(address)
        yield bad("version", error.sentence, "Install the newer ct here.")
    except CtError as error:
        yield bad("connection", error.sentence, "Ask whoever runs the server.")
    else:
        yield _certificate(address)
        yield ok("key", f"{about.key_id} ({about.key_name}), role {about.role}")
        remedy = "Set this computer's clock, or take CT_NOW away."
        yield examine_clocks(about.now, "the server's", remedy, role=", which decides when a return was made")
        words, differ = (
            f"ct {about.version} there, {__version__} here; API {about.api}",
            which_to_upgrade(about.version),
        )
        yield warning("version", words, differ) if differ else ok("version", words)
    finally:
        connection.close()


def _certificate(address: ServerAddress) -> Check:
    if address.scheme == "http":
        return ok("certificate", "none is needed on this computer" if address.loopback else "none: http:// is in use")
    return ok("certificate", "trusted by this computer's own trust store")


def _queue(settings: Settings) -> Check:
    from ct_cli.backends.registry import open_queue

    if not settings.queue_path.exists():
        return ok("queue", "nothing waits to be sent")
    try:
        with open_queue(settings) as queue:
            counts = queue.counts()
    except CtError as error:
        return bad("queue", error.sentence, "Move that file away; what waits in it has to be submitted again.")
    if not counts:
        return ok("queue", "nothing waits to be sent")
    words = ", ".join(f"{count} {_STATES[state]}" for state, count in counts.items())
    return warning("queue", words, "See `ct queue list`, then type: ct queue send")
