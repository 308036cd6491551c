"""Another ct's submissions: read by the frame that they share, judged again, and told of as briefly as it likes."""

import io
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from ct_cli.actions.bulk.judged_again import plain_given
from ct_cli.backends.access import Role
from ct_cli.backends.contract import Submission
from ct_cli.backends.wire import plain, read
from ct_cli.errors import CtError
from ct_cli.server.sent_returns import read_returns
from tests.server.conftest import OTHERS, OWN, Running
from tests.server.test_batch import NDJSON, register
from tests.server.test_roles import submission

SENT: dict[str, Any] = plain(read(Submission, json.loads(submission(OWN))))


def sent(location_id: str = OWN, *, also: dict[str, Any] | None = None, **said: Any) -> bytes:
    """A line. What is named in `values` differs from the usual; `also` is beside what was checked."""
    values = SENT["checked"]["values"] | said.pop("values", {})
    checked = {**SENT["checked"], "location_id": location_id, **said, "values": values}
    return json.dumps({**SENT, "checked": checked, **(also or {})}).encode()


LINES = [
    sent(), sent("LOC124"), sent("LOC124", values={"occupied": 99}), sent("LOC124", values={"occupied": "7"}),
    sent("é"), sent('"\\'), sent(note="new"), sent(also={"received_at": "2024-12-09T10:00:00.000001+01:00"}),
    sent("LOC1"), sent(also={"rehearsal": False}), sent(month="2024-11"), sent("LOC124", month="2024-11"),
    sent(values={"colour": 1}), sent(values={"": 1}), sent(values={" ": 1}), sent().replace(b": ", b" :\t"),
    b"  " + sent() + b"  ", sent(kind="nil"), sent(values={"occupied": -3}), sent(values={"occupied": 10**18}),
]  # fmt: skip


def test_what_is_known_of_a_line_is_what_reading_it_in_full_tells(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    twice = [line for line in LINES for _ in range(2)]
    path.write_bytes(b"\n".join(twice) + b"\r\n")
    with path.open("rb") as file:
        found = read_returns(file, 1_000)
    assert len(found) == len(twice)
    alike = 0
    for each, line in zip(found, twice, strict=True):
        whole = read(Submission, json.loads(line), strict=True)
        assert each.submission() == whole
        assert each.given == plain_given(whole.checked)
        alike += each.like != whole
        unlike = each.like._replace(checked=whole.checked, received_at=whole.received_at)
        assert unlike == whole
    assert alike > 5


@pytest.mark.parametrize(
    "wrong",
    [
        sent(also={"received_at": "yesterday"}), sent(also={"colour": "red"}), sent()[:-1], sent() + b"x", b"\xff",
        sent(values={"occupied": None}), sent(values={"occupied": 1.5}), sent() + b" \x0b", sent("\x00"), b"[]",
        sent().replace(b'"occupied"', b'"occupied": 1, "occupied"'), sent(values={"occupied": 10**41}),
        sent("\x01").replace(b"\\u0001", b"\x01"),
    ],
)  # fmt: skip
def test_a_line_that_is_not_of_the_form_is_refused_wherever_it_stands(tmp_path: Path, wrong: bytes) -> None:
    for number, lines in ((1, [wrong]), (3, [sent(), sent("LOC124"), wrong])):
        path = tmp_path / str(number)
        path.write_bytes(b"\n".join(lines))
        with pytest.raises(CtError):
            read_returns(io.BytesIO(path.read_bytes()), 1_000)


def record(client: httpx.Client, body: bytes, key: str, **headers: str) -> list[dict[str, Any]]:
    given = {"Content-Type": NDJSON, "Idempotency-Key": key, **headers}
    answer = client.post("/v1/ledger/record", content=body, headers=given)
    assert answer.status_code == 200, answer.text
    *told, end = [json.loads(line) for line in answer.text.splitlines()]
    assert end == {"end": len(told)}
    return told


MINIMAL = {"Prefer": "respond-async, return=minimal"}


def test_who_prefers_it_is_told_no_more_of_a_new_entry_than_its_receipt(running: Running) -> None:
    good, again, wrong = sent("LOC124"), sent("LOC124", note="again"), sent("LOC124", values={"occupied": 99})
    body = b"\n".join((good, again, wrong))
    with running.client() as client:
        told = record(client, body, "k-1", **MINIMAL)
        assert [it["kind"] for it in told] == ["accepted", "corrected", "refused"]
        assert told[0].keys() == {"kind", "receipt_id"}
        assert told[1]["entry"]["version"] == 2
        assert record(client, body, "k-1", **MINIMAL) == told
        whole = record(client, body, "k-1")
    assert whole[0]["entry"] == told[1]["previous"]
    assert whole[0]["entry"]["receipt_id"] == told[0]["receipt_id"]
    assert whole[0].keys() == told[1].keys()
    assert whole[1:] == told[1:]


def test_who_does_not_is_told_the_whole_entry(running: Running) -> None:
    with running.client() as client:
        told = record(client, sent(), "k-1")
        assert told[0]["entry"]["location_id"] == OWN
        assert record(client, sent(), "k-1", **MINIMAL) == told


def test_what_becomes_a_rehearsal_here_alone_is_told_of_whole(running: Running) -> None:
    with running.client() as client:
        told = record(client, sent(also={"rehearsal": False}), "k-1", **MINIMAL)
    assert told[0]["entry"]["rehearsal"] is True


def test_thousands_are_recorded_as_they_would_be_alone(running: Running) -> None:
    ids = register(running, 1_500)
    body = b"\n".join(
        sent(id, values={"occupied": 99 if at % 100 == 7 else 36}, collection=str(at % 3)) for at, id in enumerate(ids)
    )
    with running.client(Role.ADMIN) as admin:
        brief = record(admin, body, "k-1", **MINIMAL)
        whole = record(admin, body, "k-1")
        again = record(admin, body, "k-2", **MINIMAL)
    kinds = ["refused" if at % 100 == 7 else "accepted" for at in range(1_500)]
    assert [it["kind"] for it in brief] == [it["kind"] for it in whole] == kinds
    assert all(it.keys() == {"kind", "receipt_id"} for it in brief if it["kind"] == "accepted")
    good = [it for it in whole if it["kind"] == "accepted"]
    assert [it["entry"] for it in good] == [it["entry"] for it in again if it["kind"] != "refused"]
    assert {it["kind"] for it in again} == {"already-recorded", "refused"}
    with running.opened() as store:
        trail = [it for it in store.audit_trail() if it.action == "accepted"]
        assert [it.receipt_id for it in sorted(trail, key=lambda it: it.location_id)] == [
            it["receipt_id"] for it in brief if it["kind"] == "accepted"
        ]
        assert len(list(store.walk())) == len(good)


def test_anothers_location_is_refused_by_its_frame_as_in_full(running: Running) -> None:
    with running.client() as client:
        told = record(client, b"\n".join((sent(), sent(OTHERS), sent("LOC124"))), "k-1", **MINIMAL)
    assert [it["kind"] for it in told] == ["accepted", "refused", "accepted"]
    assert {it["code"] for it in told[1]["problems"]} == {"location-unknown"}


def test_another_cts_returns_that_leave_figures_out_are_refused_until_their_sender_has_agreed(running: Running) -> None:
    def record(*lines: bytes) -> list[dict[str, Any]]:
        answer = client.post("/v1/ledger/record", content=b"\n".join(lines), headers={"Content-Type": NDJSON})
        assert answer.status_code == 200, answer.text
        return [json.loads(line) for line in answer.text.splitlines()][:-1]

    nil = {"kind": "nil", "reason": "no-staff"}
    agreed = {"replaces_figures": True}
    with running.client() as client:
        assert [it["kind"] for it in record(sent(values={"nurses_absent": 1}), sent("LOC124"))] == ["accepted"] * 2
        without = json.loads(sent("LOC124", **nil))
        without["checked"]["values"] = {}
        refused = record(sent(), json.dumps(without).encode())
        assert [it["kind"] for it in refused] == ["refused"] * 2
        assert [[problem["code"] for problem in it["problems"]] for it in refused] == [["replaces-figures"]] * 2
        without["checked"].update(agreed)
        told = record(sent(**agreed), json.dumps(without).encode())
        assert [(it["kind"], it["entry"]["version"], it["entry"]["confirmed"]) for it in told] == [
            ("corrected", 2, [])
        ] * 2
