"""The way to a server elsewhere: `ct serve` with a certificate, a council's proxy, and what stands in between."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ct_cli.backends.sqlite import SqliteBackend
from ct_cli.register.location import Location
from ct_cli.returns.identity import Service
from tests.backends.forward_proxy import ForwardProxy
from tests.backends.serving import BY_ITS_OWN_CLOCK, SECRET, add_key, quay

pytestmark = [
    pytest.mark.skipif(not shutil.which("openssl"), reason="openssl makes the certificates"),
    pytest.mark.skipif(sys.platform != "linux", reason="only there does SSL_CERT_FILE stand for the system's store"),
]
NAME = "ct.invalid"
"""A name that no network knows: only the proxy leads there."""


@dataclass(frozen=True)
class Site:
    """A server with a certificate that an authority of its own has signed."""

    port: int
    authority: Path


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """`ct serve --tls-cert --tls-key`, as it is installed."""
    folder = tmp_path_factory.mktemp("site")
    authority, certificate, key = certify(folder)
    store = folder / "ct.sqlite3"
    add_key(lambda: SqliteBackend(store))
    with SqliteBackend(store) as opened:
        opened.save_locations([Location("LOC123", "Rose House", (Service.CARE_HOME,), beds=40)])
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    served = [Path(sys.executable).with_name("ct"), "serve", "--port", str(port)]
    tls = ["--tls-cert", certificate, "--tls-key", key]
    surroundings = {**os.environ, "HOME": str(folder), "CT_STORE": str(store)}
    with subprocess.Popen([*served, *tls], env=surroundings, stderr=subprocess.DEVNULL) as server:
        wait_for(port)
        yield Site(port, authority)
        server.terminate()


def certify(folder: Path) -> tuple[Path, Path, Path]:
    """An authority's certificate, the server's, and the server's key."""
    paths = {name: folder / f"{name}.pem" for name in ("authority", "authority-key", "server", "server-key")}
    new = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    root = ["-subj", "/CN=Exampleshire", "-keyout", paths["authority-key"], "-out", paths["authority"]]
    leaf = ["-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME},IP:127.0.0.1", "-addext",
            "basicConstraints=critical,CA:FALSE", "-CA", paths["authority"], "-CAkey", paths["authority-key"],
            "-keyout", paths["server-key"], "-out", paths["server"]]  # fmt: skip
    for more in (root, leaf):
        subprocess.run([*new, *more], check=True, capture_output=True)
    return paths["authority"], paths["server"], paths["server-key"]


def wait_for(port: int) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise AssertionError("the server never came up")


@pytest.fixture
def proxy(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[ForwardProxy]:
    """The proxy that the environment names; over it leads the way to the server, which is trusted and knows the key."""
    made = ForwardProxy(site.port)
    given = {
        "HTTPS_PROXY": made.url, "SSL_CERT_FILE": str(site.authority), "CT_BACKEND": "http",
        "CT_SERVER_URL": f"https://{NAME}", "CT_SERVER_KEY": SECRET,
    }  # fmt: skip
    for name in ("NO_PROXY", "no_proxy", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("ct_cli.backends.http_connection.ATTEMPTS", 1)
    yield made
    made.close()


@pytest.fixture
def told(ct) -> Callable[[], dict[str, tuple[str, str]]]:
    """What `ct doctor` finds, by the check's name: verdict and words. A later check of a name stands."""

    def examine() -> dict[str, tuple[str, str]]:
        checks = json.loads(ct("doctor", "--json").out)["data"]["checks"]
        return {check["name"]: (check["verdict"], check["found"]) for check in checks}

    return examine


def test_the_way_leads_over_the_proxy_that_the_environment_names(ct, proxy: ForwardProxy, told) -> None:
    assert "LOC123" in ct("locations", "list").out
    assert proxy.seen == [f"CONNECT {NAME}:443 HTTP/1.1"], "one connection, for all that the command asks"
    found = told()
    assert found["proxy"] == ("ok", f"the way leads over {proxy.url}")
    assert {found[name][0] for name in ("server", "key", "certificate", "clocks", "version")} == {"ok"}


def test_a_server_that_no_proxy_names_is_gone_to_directly(ct, proxy: ForwardProxy, told, monkeypatch) -> None:
    monkeypatch.setenv("NO_PROXY", f"example.org,{NAME}")
    ran = ct("status")
    assert ran.status == 6 and f"the name {NAME} is not known here" in ran.err
    assert told()["name"][0] == "bad"
    assert proxy.seen == []


def test_this_computer_is_never_gone_to_over_a_proxy(ct, proxy: ForwardProxy, site: Site, monkeypatch) -> None:
    monkeypatch.setenv("CT_SERVER_URL", f"https://127.0.0.1:{site.port}")
    assert ct("status").status in {0, 4}
    assert proxy.seen == []


def test_plain_http_goes_over_a_proxy_too_where_a_setting_allows_it(ct, proxy, monkeypatch, tmp_path) -> None:
    def store() -> SqliteBackend:
        return SqliteBackend(tmp_path / "plain.sqlite3")

    add_key(store)
    proxy.to = quay().port
    served = quay().moor(store, BY_ITS_OWN_CLOCK).replace(f"127.0.0.1:{quay().port}", NAME)
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    monkeypatch.setenv("CT_SERVER_URL", served)
    assert ct("status").status == 2 and proxy.seen == []
    monkeypatch.setenv("CT_SERVER_PLAIN_HTTP", "true")
    ran = ct("locations", "list")
    assert ran.status == 0, ran.err
    assert proxy.seen and all(line.startswith(f"POST http://{NAME}/") for line in proxy.seen)


def test_a_proxy_that_wants_a_password_is_told_it_and_nobody_else(ct, proxy: ForwardProxy, told, monkeypatch) -> None:
    proxy.password = "sam:p%40ss"
    assert told()["proxy"] == ("bad", "the proxy on the way says no (407 proxy authentication required)")
    proxy.password = "sam:secret"
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    assert ct("status").status in {0, 4}
    assert "secret" not in ct("doctor").out and told()["proxy"][0] == "ok"


def test_a_proxy_that_lets_nobody_through_or_is_not_there_is_what_is_named(ct, proxy, told, monkeypatch) -> None:
    proxy.forbids = True
    assert told()["proxy"] == ("bad", "the proxy on the way says no (403 forbidden)")
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        monkeypatch.setenv("HTTPS_PROXY", f"http://sam:secret@127.0.0.1:{nobody.getsockname()[1]}")
        verdict, words = told()["proxy"]
        assert verdict == "bad" and "nothing listens at its port" in words and "secret" not in words
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.invalid:3128")
    assert "has a name that is not known here" in told()["proxy"][1]
    monkeypatch.setenv("HTTPS_PROXY", "gopher://sam:secret@127.0.0.1:70")
    ran = ct("status")
    assert ran.status == 6 and "of a kind that ct cannot use" in ran.err and "secret" not in ran.err


def test_a_certificate_of_an_unknown_authority_is_refused_with_what_to_do(ct, proxy, told, monkeypatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    ran = ct("status")
    assert ran.status == 6 and "not one that this computer trusts" in ran.err
    assert "belongs in this computer's own trust store" in ran.err
    assert told()["certificate"][0] == "bad"


def test_a_certificate_of_another_name_is_refused(ct, proxy: ForwardProxy, told, monkeypatch) -> None:
    monkeypatch.setenv("CT_SERVER_URL", "https://other.invalid")
    verdict, words = told()["certificate"]
    assert verdict == "bad" and "other.invalid" in words


def test_a_return_waits_where_the_certificate_is_refused(ct, proxy: ForwardProxy, monkeypatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    ran = ct("nil-return", "LOC123", "--service", "care-home", "--reason", "no-staff", now="2026-12-10T10:00:00+00:00")
    assert ran.status == 6 and "NOT YET SENT" in ran.out


def test_the_key_the_clocks_and_the_versions_are_told_apart(proxy: ForwardProxy, told, monkeypatch) -> None:
    monkeypatch.setenv("CT_NOW", (datetime.now(UTC) + timedelta(minutes=10)).isoformat())
    found = told()
    assert found["clocks"][0] == "warning" and "seconds ahead of the server's" in found["clocks"][1]
    monkeypatch.delenv("CT_NOW")
    monkeypatch.setattr("ct_cli.backends.about.API", "0")  # as an older ct here has it
    found = told()
    assert found["version"][0] == "bad" and found["certificate"][0] == "ok"


def test_a_key_that_the_server_does_not_know_is_told_from_all_else(proxy: ForwardProxy, told, monkeypatch) -> None:
    monkeypatch.setenv("CT_SERVER_KEY", "ct_22222222_" + "b" * 43)
    found = told()
    assert found["key"][0] == "bad" and found["certificate"][0] == found["proxy"][0] == "ok"


def test_logging_in_over_the_proxy_by_the_installed_command(installed_ct, proxy: ForwardProxy, home: Path) -> None:
    ran = installed_ct("login", f"https://{NAME}", given=SECRET + "\n", CT_SERVER_KEY="")
    assert ran.status == 0, ran.err
    assert json.loads(next(home.rglob("server-keys.json")).read_text(encoding="utf-8")) == {f"https://{NAME}": SECRET}
    assert proxy.seen == [f"CONNECT {NAME}:443 HTTP/1.1"]
