"""Requests that mean harm, or are broken: refused early and quietly, and the server goes on."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from ct_cli.backends.access import Role
from ct_cli.server.options import NotANetwork, ServerOptions
from tests.server.conftest import OTHERS, OWN, UNLIMITED, Running, a_return

JSON = {"Content-Type": "application/json"}


def raw(running: Running, sent: bytes, seconds: float = 10) -> bytes:
    """What the server answers to bytes."""
    address = urlsplit(running.url)
    with socket.create_connection((address.hostname, address.port), timeout=seconds) as connection:
        connection.sendall(sent)
        answered = b""
        while part := connection.recv(65_536):
            answered += part
        return answered


def test_a_gigabyte_is_refused_before_it_is_sent(running: Running) -> None:
    sent = 0

    def lazily() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(16_384):
            sent += 65_536
            yield b" " * 65_536

    for path, most in (("/v1/returns", 1 << 20), ("/v1/query/locations", 8 << 20), ("/v1/returns/batch", 80 << 20)):
        for announced in ({}, {"Content-Length": str(1 << 30)}):
            sent = 0
            with running.client() as client:
                try:
                    answer = client.post(path, content=lazily(), headers={**JSON, **announced})
                    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")
                except (httpx.WriteError, httpx.ReadError, httpx.RemoteProtocolError):
                    pass  # It hung up on what was still being sent; to wait in vain for it would be another error.
            assert sent <= most + (16 << 20)


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 60_000, b'{"a":' * 10_000, b'{"values": {"a": ' + b"[" * 20_000, b"\xff", b"", b"nul", b"1" * 60_000,
        b'{"location_id": 1e999}', b"NaN", b'{"location_id": "LOC123", "location_id": "LOC124"}', b'"\\ud800"',
        b'{"location_id": "LOC\\u0000123"}', b'{"values": {"occupied": 1' + b"0" * 5_000 + b"}}", b"null", b"[]", b"{}",
    ],
    ids=lambda body: repr(body[:24]),
)  # fmt: skip
def test_what_is_no_return_is_refused_in_words(running: Running, body: bytes) -> None:
    with running.client() as client:
        for path in ("/v1/returns", "/v1/query/latest"):
            answer = client.post(path, content=body, headers=JSON)
            assert answer.status_code in {400, 422}, answer.text
            assert answer.json()["code"] in {"not-json", "not-the-form"}


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "", "application/x-www-form-urlencoded", "json"])
def test_other_types_of_body_are_not_taken(running: Running, kind: str) -> None:
    with running.client() as client:
        for path in ("/v1/returns", "/v1/returns/batch", "/v1/query/users", "/v1/ledger/record"):
            answer = client.post(path, content=json.dumps(a_return()), headers={"Content-Type": kind})
            assert answer.status_code == 415, (path, answer.text)


def test_values_that_no_store_can_keep_are_problems_not_failures(running: Running) -> None:
    odd: list[Any] = [10**19, -(10**19), 1.5, 1e300, True, "", " ", "１", "1_000", "=1+1", "'; DROP TABLE entries; --"]
    with running.client() as client:
        for value in odd:
            answer = client.post("/v1/returns", json=a_return(values={"occupied": value}))
            assert answer.status_code == 422, (value, answer.text)
        for field, value in (
            ("location_id", "LOC123'--"),
            ("month", "9999-12"),
            ("month", "0001-01"),
            ("note", "x" * 5_000),
        ):
            assert client.post("/v1/returns", json=a_return() | {field: value}).status_code in {409, 422}, field


@pytest.mark.parametrize(
    "path",
    [
        "/v1/locations/..%2f..%2fetc%2fpasswd", "/v1//locations", "/v1/locations/%00",
        "/v1/locations/LOC123/", "/v1/locations/%2e%2e", "/V1/locations", "/v1/receipts/%25", "/v1/receipts/______",
        "/v1/returns/LOC123/care-home/2024-13", "/v1/returns/LOC123/hotel/2024-12", "/v1/locations/" + "A" * 20_000,
        "/v1/windows/2024-1%32%00", "/v1/windows/９９９９-１２", "/docs", "/redoc", "/.env",
    ],
    ids=lambda path: path[:40],
)  # fmt: skip
def test_tricks_with_the_path_find_nothing(running: Running, path: str) -> None:
    with running.client(Role.ADMIN) as client:
        answer = client.send(client.build_request("GET", running.url + path))
        assert answer.status_code in {404, 422}, answer.text
        assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=1001", "limit=x", "limit=1&limit=2", "cursor=x", "cursor=WyJcdTAwMDAiXQ", "misspelt=1",
              "closed=maybe", "cursor=%F0%9F%92%A9", "service=hotel"],
)  # fmt: skip
def test_a_query_that_is_not_understood_is_never_passed_over(running: Running, query: str) -> None:
    with running.client() as client:
        answer = client.get(f"/v1/locations?{query}")
        assert (answer.status_code, answer.json()["code"]) == (400, "query-refused")


def test_tricks_with_headers_change_nobody(running: Running) -> None:
    key = running.keys[Role.PROVIDER]
    with httpx.Client(base_url=running.url, trust_env=False) as client:
        for headers in (
            {"Authorization": f"Bearer {key}x"}, {"Authorization": f"Bearer {key[:-1]}"}, {"Authorization": key},
            {"X-Api-Key": key}, {"Cookie": f"key={key}"},
            {"Authorization": f"Bearer {key[:12]}{running.keys[Role.ADMIN][12:]}"},
        ):  # fmt: skip
            assert client.get("/v1/about", headers=headers).status_code == 401, headers
        assert client.get(f"/v1/about?key={key}").status_code == 401
        lower = client.get("/v1/about", headers={"authorization": f"bEARER  {key}", "X-Forwarded-For": "203.0.113.9"})
        assert (lower.status_code, lower.json()["role"]) == (200, "provider")
        spoof = client.get(
            "/v1/about", headers={"X-Request-Id": 'x"}\n{'.replace("\n", ""), "X-HTTP-Method-Override": "PUT"}
        )
        assert '"' not in spoof.headers["X-Request-Id"]
        assert client.get("/healthz", headers={"X-Request-Id": "mine-1"}).headers["X-Request-Id"] == "mine-1"


@pytest.mark.parametrize("given", ["", "é", "a" * 129, "a\x01"])
def test_an_idempotency_key_is_short_and_plain(running: Running, given: str) -> None:
    with running.client() as client:
        headers = [(b"Idempotency-Key", given.encode())]
        try:
            answer = client.post("/v1/returns", json=a_return(), headers=headers)
        except (httpx.LocalProtocolError, httpx.RemoteProtocolError):
            return  # It is no header at all, and was refused as such.
        assert answer.status_code == 400, answer.text


def test_two_lengths_and_other_smuggling_are_no_requests(running: Running) -> None:
    head = b"POST /v1/returns HTTP/1.1\r\nHost: x\r\n"
    for more in (
        b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", b"Content-Length: -1\r\n\r\n",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
        b"Content-Length: 5x\r\n\r\nhello", b"Bad Header: 1\r\n\r\n", b"X: " + b"a" * 100_000 + b"\r\n\r\n",
    ):  # fmt: skip
        answered = raw(running, head + more)
        assert answered == b"" or answered.split()[1] in {b"400", b"401", b"501"}, answered
    assert httpx.get(running.url + "/healthz", trust_env=False).status_code == 200


def test_a_client_that_never_ends_is_hung_up_on(serving: Callable[..., Any]) -> None:
    with serving(header_seconds=0.5, body_seconds=0.5) as running:
        began = time.monotonic()
        assert raw(running, b"GET /v1/about HTTP/1.1\r\nHost: x\r\nX-Slow: ") == b""
        assert raw(running, b"") == b""
        assert raw(running, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /hea").startswith(b"HTTP/1.1 200")
        key = running.keys[Role.PROVIDER].encode()
        answered = raw(
            running,
            b"POST /v1/returns HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer " + key
            + b"\r\nConnection: close\r\nContent-Length: 100\r\n\r\n{",
        )  # fmt: skip
        assert answered.startswith(b"HTTP/1.1 408") and b"body-too-slow" in answered
        assert time.monotonic() - began < 8


def test_a_key_that_asks_too_often_is_told_when_to_come_again(serving: Callable[..., Any]) -> None:
    with serving(requests_a_second=1, burst=3) as running, running.client() as client:
        statuses = [client.get("/v1/about").status_code for _ in range(5)]
        assert statuses == [200, 200, 200, 429, 429]
        refused = client.get("/v1/about")
        assert refused.json()["code"] == "too-many-requests" and 1 <= int(refused.headers["Retry-After"]) <= 2
        with running.client(Role.ADMIN) as admin:
            assert admin.get("/v1/about").status_code == 200


def test_who_guesses_keys_is_slowed_down(serving: Callable[..., Any]) -> None:
    with serving(refused_a_minute=5) as running, running.client(None) as client:
        guess = {"Authorization": "Bearer ct_00000000_" + "a" * 43}
        statuses = [client.get("/v1/about", headers=guess).status_code for _ in range(7)]
        assert statuses == [401] * 5 + [429] * 2


def test_a_revoked_or_expired_key_is_of_no_use(running: Running, ct: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from ct_cli.server import gate

    monkeypatch.setattr(gate, "REMEMBERED_SECONDS", 0)
    with running.client() as client:
        assert client.get("/v1/about").status_code == 200
        made = json.loads(ct("keys", "create", "short", "--role", "admin", "--days", "1", "--json").out)["data"]["key"]
        short = {"Authorization": f"Bearer {made}"}
        assert client.get("/v1/about", headers=short).status_code == 200
        assert ct("keys", "revoke", running.keys[Role.PROVIDER].split("_")[1]).status == 0
        assert client.get("/v1/about").status_code == 401
        monkeypatch.setenv("CT_NOW", "2024-12-10T10:00:00+00:00")
        assert client.get("/v1/about", headers=short).status_code == 401


def test_only_the_networks_that_are_listed_may_use_it(serving: Callable[..., Any]) -> None:
    elsewhere = ServerOptions(allowed_networks=("192.0.2.0/24",), limits=UNLIMITED)
    with serving(elsewhere) as running, running.client() as client:
        for forwarded in ({}, {"X-Forwarded-For": "192.0.2.7"}):
            assert client.get("/v1/about", headers=forwarded).json()["code"] == "network-not-allowed"
    behind = replace(elsewhere, trusted_proxies=("127.0.0.1",))
    with serving(behind) as running, running.client() as client:
        assert client.get("/v1/about", headers={"X-Forwarded-For": "192.0.2.7"}).status_code == 200
        assert client.get("/v1/about", headers={"X-Forwarded-For": "203.0.113.7"}).status_code == 403
    with pytest.raises(NotANetwork):
        ServerOptions(allowed_networks=("UK",))


def test_the_log_holds_no_key_and_nothing_of_people(running: Running) -> None:
    with running.client() as client:
        client.put("/v1/users", json={"items": [{"location_id": OWN, "email": "kim@example.org", "name": "Kim"}]})
        client.post("/v1/users/removal", json={"email": "kim@example.org"})
        client.get("/v1/users?location_id=kim@example.org")
        client.get("/kim@example.org")
        client.get(f"/v1/locations/{OTHERS}")
    until = time.monotonic() + 20
    while (logged := running.logged.getvalue()).count("\n") < 5 and time.monotonic() < until:
        time.sleep(0.01)
    lines = [json.loads(line) for line in logged.splitlines()]
    assert [line["status"] for line in lines] == [200, 200, 400, 404, 404]
    assert all(line["request_id"] and line["ms"] >= 0 for line in lines)
    assert "kim" not in logged.lower() and OTHERS not in logged and "ct_" not in logged


def test_a_client_that_hangs_up_in_the_middle_is_no_fault_of_the_servers(
    running: Running, capfd: pytest.CaptureFixture[str]
) -> None:
    address = urlsplit(running.url)
    for kind in ("json", "x-ndjson"):
        path = "/v1/returns" if kind == "json" else "/v1/returns/batch"
        head = f"POST {path} HTTP/1.1\r\nHost: ct\r\nContent-Type: application/{kind}\r\nContent-Length: 900\r\n"
        with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
            connection.sendall(f"{head}Authorization: Bearer {running.keys[Role.ADMIN]}\r\n\r\n{{".encode())
    until = time.monotonic() + 10
    while (logged := running.logged.getvalue()).count('"event": "request"') < 2:
        assert time.monotonic() < until, logged
        time.sleep(0.02)
    assert "unexpected" not in logged and capfd.readouterr().err == ""
    with running.opened() as store:
        assert list(store.walk()) == []


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        (b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", 400, b"header-refused"),
        (b"Transfer-Encoding: chunked\r\nContent-Length: 0\r\n", 400, b"header-refused"),
        (b"Authorization: Bearer x\r\nContent-Length: 0\r\n", 400, b"header-refused"),
        (b"Content-Encoding: gzip\r\nContent-Length: 0\r\n", 415, b"content-encoding-not-taken"),
        (b"Content-Encoding: identity, br\r\nContent-Length: 0\r\n", 415, b"content-encoding-not-taken"),
    ],
)
def test_what_another_may_have_read_otherwise_is_refused_and_its_connection_closed(
    running: Running, headers: bytes, status: int, code: bytes
) -> None:
    key = running.keys[Role.PROVIDER].encode()
    sent = b"POST /v1/returns HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer " + key
    answered = raw(running, sent + b"\r\n" + headers + b"\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    assert int(answered.split()[1]) == status and code in answered
    assert b"connection: close" in answered.lower() and answered.count(b"HTTP/1.1") == 1


def test_a_body_that_says_that_it_is_as_it_is_is_taken(running: Running) -> None:
    with running.client() as client:
        assert client.post("/v1/returns", json=a_return(), headers={"Content-Encoding": "Identity"}).status_code == 201


HALVES = [
    b'{"\\ud800": 1}',
    b'{"location_id": "\\udfff"}',
    b'{"values": {"\\ud800": 1}}',
    b'{"values": {"a": ["\\ud800"]}}',
]


@pytest.mark.parametrize("half", HALVES, ids=lambda half: half.decode())
def test_half_a_character_is_refused_wherever_it_stands(running: Running, half: bytes) -> None:
    with running.client(Role.ADMIN) as client:
        for path in (
            "/v1/returns", "/v1/returns/batch", "/v1/ledger/record", "/v1/ledger/locations", "/v1/ledger/sightings",
            "/v1/query/latest",
        ):  # fmt: skip
            for kind, body in (("json", half), ("json", b"[" + half + b"]"), ("x-ndjson", half + b"\n")):
                answer = client.post(path, content=body, headers={"Content-Type": f"application/{kind}"})
                assert answer.status_code in {400, 415, 422}, (path, answer.text)
                assert answer.json()["code"] not in {"unexpected", "text-refused"}, (path, answer.text)
    assert '"unexpected"' not in running.logged.getvalue()


@pytest.mark.parametrize("number", [10**30, -(10**30), 2**63, 2**31, -(2**31) - 1, 1e300, "1e999"])
@pytest.mark.parametrize("field", ["fee_pence", "beds", "latitude"])
def test_a_number_that_no_store_has_room_for_is_refused(running: Running, field: str, number: Any) -> None:
    location = {"id": OWN, "name": "Rose House", "services": ["care-home"]}
    body = json.dumps({**location, field: "NUMBER"}).replace('"NUMBER"', str(number)).encode()
    with running.client(Role.ADMIN) as client:
        for answer in (
            client.put(f"/v1/locations/{OWN}", content=body, headers=JSON),
            client.post("/v1/ledger/locations", content=body, headers={"Content-Type": "application/x-ndjson"}),
        ):
            fits = field == "latitude" and number != "1e999"
            assert answer.status_code in ({200, 422} if fits else {400, 422}), answer.text
        listed = client.get(f"/v1/locations/{OWN}")
        assert listed.status_code == 200 and json.loads(listed.text, parse_constant=pytest.fail)
    assert '"unexpected"' not in running.logged.getvalue()
