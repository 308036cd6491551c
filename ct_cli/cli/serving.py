"""What was typed after `ct serve`, as options and settings."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ct_cli.errors import UsageError
from ct_cli.settings import Settings, read_settings

if TYPE_CHECKING:
    from ct_cli.server.options import ServerOptions

MOST_WORKERS = 64


class NotANumber(UsageError):
    """{name} is {given!r}: it is a whole number from {least} to {most}."""

    code = "not-a-number"


class TlsFileMissing(UsageError):
    """{name} {given} cannot be read: {reason}."""

    code = "tls-file-missing"


def served_settings(database: str | None, read_database: str | None) -> Settings:
    """The settings, with the databases that were named in the place of theirs. Raises SettingsUnreadable."""
    flags = {"database": database, "read_database": read_database}
    given = {name: value for name, value in flags.items() if value}
    return read_settings({**given, **({"backend": "postgres"} if database else {})})


def read_options(
    host: str,
    port: str,
    workers: str,
    tls_cert: str | None,
    tls_key: str | None,
    trust_proxy: Sequence[str],
    allow_network: Sequence[str],
    rate: str,
    accept_history: bool,
) -> "ServerOptions":
    """The options. Raises NotANumber, NotANetwork, TlsHalfGiven, TlsFileMissing."""
    from ct_cli.server.options import Limits, ServerOptions

    for name, given in (("--tls-cert", tls_cert), ("--tls-key", tls_key)):
        _must_be_readable(name, given)
    return ServerOptions(
        host=host,
        port=_number("--port", port, 1, 65_535),
        workers=_number("--workers", workers, 1, MOST_WORKERS),
        tls_certificate=tls_cert,
        tls_key=tls_key,
        trusted_proxies=tuple(trust_proxy),
        allowed_networks=tuple(allow_network),
        accept_history=accept_history,
        limits=replace(Limits(), requests_a_second=_number("--rate", rate, 0, 1_000_000)),
    )


def _number(name: str, given: str, least: int, most: int) -> int:
    if given.isascii() and given.isdigit() and len(given) < 10 and least <= int(given) <= most:
        return int(given)
    raise NotANumber(name=name, given=given[:20], least=least, most=most)


def _must_be_readable(name: str, given: str | None) -> None:
    if given is None:
        return
    try:
        with Path(given).open("rb"):
            pass
    except OSError as error:
        raise TlsFileMissing(name=name, given=given, reason=(error.strerror or str(error)).lower()) from None
