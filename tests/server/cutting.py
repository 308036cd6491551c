"""Clients that hang up in the middle of things, beside others that do not: for the suite, and for hours of it."""

import json
import random
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx

from ct_cli.backends.access import Role
from ct_cli.backends.contract import Submission
from ct_cli.backends.wire import plain, read
from ct_cli.register.location import Location
from ct_cli.returns.identity import Service
from tests.server.conftest import Running, a_return
from tests.server.test_roles import submission

NDJSON = "application/x-ndjson"
CHUNK = 1_000
ROWS = CHUNK + 100
"""Returns of one batch: a chunk, and a smaller one."""
RECORDED = 150
"""Returns of one call of another ct."""
PLACES = [f"CUT{number:05}" for number in range(ROWS)]
READINGS: list[tuple[str, str, bytes]] = [
    ("POST", f"/v1/query/{name}", json.dumps({"scope": {}, **more}).encode())
    for name, more in {
        "locations": {}, "users": {}, "sightings": {}, "latest": {}, "recent": {},
        "fulfilments": {"first": "2023-01", "last": "2024-12"},
        "months-fulfilled": {"first": "2023-01", "last": "2024-12",
                             "counting": {"must_be_seen": False, "rehearsals": True}},
    }.items()
] + [
    *[("POST", f"/v1/query/{name}", b"{}") for name in ("walk", "chain-ends", "verification")],
    ("POST", "/v1/query/history", b'{"location_id": "CUT00000"}'),
    ("GET", "/v1/obligations?limit=10000", b""), ("GET", "/v1/vacancies?limit=1000", b""),
    ("GET", "/v1/reports/compliance?every_row=true", b""),
]  # fmt: skip
"""Every reading whose answer can be long."""

_numbers = iter(range(1_000, 10_000_000))


def locations() -> Iterator[Location]:
    """Those that the batches are of."""
    for place in PLACES:
        yield Location(place, "Rose House", (Service.CARE_HOME,), "Rose Care", "1-101", "Kent", "South East", beds=40)


def batch(number: int) -> bytes:
    """A batch of which each return says its number."""
    return "\n".join(json.dumps(a_return(place, values={"hours_paid": number})) for place in PLACES).encode()


def record(number: int) -> bytes:
    """The first of them, as another ct sends them."""
    like: dict[str, Any] = plain(read(Submission, json.loads(submission("LOC123"))))
    values = {**like["checked"]["values"], "hours_paid": number}
    return "\n".join(
        json.dumps({**like, "checked": {**like["checked"], "location_id": place, "values": values}})
        for place in PLACES[:RECORDED]
    ).encode()


@dataclass
class Cutting:
    """What was done, and what came of it."""

    running: Running
    seed: int = 0
    cuts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    """Answers to honest requests that are not what they should be."""
    sent: dict[int, frozenset[int]] = field(default_factory=dict)
    """By its number, how many rows of what was sent may be kept: its transactions are done or not, each as a whole."""
    receipts: set[str] = field(default_factory=set)

    def run(self, cuts: int) -> None:
        """Hang up so often, beside others that go on meanwhile."""
        enough = threading.Event()
        left = iter(range(cuts))
        cutters = [threading.Thread(target=self._cut, args=(number, left)) for number in range(4)]
        writers = [threading.Thread(target=self._write, args=(enough,)) for _ in range(2)]
        for each in (*cutters, *writers):
            each.start()
        for cutter in cutters:
            cutter.join()
        enough.set()
        for writer in writers:
            writer.join()

    def _cut(self, number: int, left: Iterator[int]) -> None:
        chance = random.Random(self.seed * 100 + number)
        for _ in left:
            which = chance.random()
            if which < 0.15:
                self._hang_up_on(chance, *self._writing("/v1/returns/batch", batch), "batch")
            elif which < 0.3:
                self._hang_up_on(chance, *self._writing("/v1/ledger/record", record), "record")
            else:
                method, path, body = chance.choice(READINGS)
                self._hang_up_on(chance, method, path, body, "reading", "application/json")

    def _writing(self, path: str, make: Callable[[int], bytes]) -> tuple[str, str, bytes]:
        number = next(_numbers)
        self.sent[number] = frozenset({0, RECORDED} if make is record else {0, CHUNK, ROWS})
        return "POST", path, make(number)

    def _hang_up_on(
        self, chance: random.Random, method: str, path: str, body: bytes, name: str, kind: str = NDJSON
    ) -> None:
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: ct\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
            f"Authorization: Bearer {self.running.keys[Role.ADMIN]}\r\n\r\n"
        )
        address = urlsplit(self.running.url)
        with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
            connection.sendall(head.encode() + body)
            connection.settimeout(chance.expovariate(8))
            try:
                for _ in range(chance.randrange(3)):
                    connection.recv(65_536)
            except TimeoutError:
                pass
            if chance.random() < 0.5:  # with a reset, so that what it would still send is refused
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.cuts[name] += 1

    def _write(self, enough: threading.Event) -> None:
        with self.running.client(Role.ADMIN) as client:
            while not enough.is_set():
                number = next(_numbers)
                answers = [
                    client.post("/v1/returns", json=a_return(PLACES[number % ROWS], values={"hours_paid": number})),
                    client.put("/v1/users", json={"items": [
                        {"location_id": PLACES[number % ROWS], "email": "sam@example.org", "name": f"Sam {number}"}
                    ]}),
                    client.get(f"/v1/returns/{PLACES[number % ROWS]}/care-home/2024-12"),
                ]  # fmt: skip
                self.wrong += [
                    f"{it.status_code} {it.text[:200]}" for it in answers if it.status_code not in {200, 201}
                ]
                if answers[0].status_code == 201:
                    self.receipts.add(answers[0].json()["receipt"]["id"])


def last_returns_are_taken(client: httpx.Client) -> list[str]:
    """Send one more return of each place; the fates that are not as they should be."""
    number = next(_numbers)
    answer = client.post("/v1/returns/batch", content=batch(number), headers={"Content-Type": NDJSON}, timeout=120)
    rows = [json.loads(line) for line in answer.text.splitlines()][:-1]
    return [row for row in rows if row["fate"] not in {"accepted", "corrected"}]
