"""Thousands of returns at once: an outcome a line, good rows kept, done once however often they are sent."""

import json
from typing import Any

import httpx
import pytest

from ct_cli.actions import receive_batch
from ct_cli.actions.receive_batch import RowTold
from ct_cli.actions.taking.submitted import Fate
from ct_cli.backends.access import Role
from ct_cli.backends.wire import plain
from ct_cli.register.location import Location
from ct_cli.returns.identity import Service
from ct_cli.server.batch_route import row_text
from ct_cli.server.pages import line
from ct_cli.windows.month import Month
from tests.server.conftest import OTHERS, OWN, Running, a_return

NDJSON = "application/x-ndjson"


def send(client: httpx.Client, *given: Any, key: str | None = None, kind: str = NDJSON, **query: Any) -> Any:
    body = "\n".join(json.dumps(one) for one in given) if kind == NDJSON else json.dumps(given)
    headers = {"Content-Type": kind, **({"Idempotency-Key": key} if key else {})}
    return client.post("/v1/returns/batch", content=body.encode(), headers=headers, params=query)


def told(answer: httpx.Response) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].startswith(NDJSON)
    *rows, last = [json.loads(line) for line in answer.text.splitlines()]
    return rows, last["summary"]


@pytest.fixture
def client(running: Running) -> Any:
    with running.client() as made:
        yield made


@pytest.mark.parametrize("kind", [NDJSON, "application/json"])
def test_good_rows_are_kept_when_others_fail(client: httpx.Client, kind: str) -> None:
    good, bad, anothers = a_return(), a_return("LOC124", values={"occupied": 99}), a_return(OTHERS)
    rows, summary = told(send(client, good, bad, anothers, kind=kind))
    assert [row["fate"] for row in rows] == ["accepted", "refused", "refused"]
    assert summary == {"total": 3, "counts": {"accepted": 1, "refused": 2}}
    assert client.get(f"/v1/receipts/{rows[0]['receipt_id']}").json()["location_id"] == OWN
    assert {problem["code"] for problem in rows[2]["problems"]} == {"location-unknown"}
    assert rows[1]["problems"][0]["place"]["row"] == 2
    assert rows[1]["problems"][0]["place"]["file"] is None


def test_all_or_none(client: httpx.Client) -> None:
    rows, _ = told(send(client, a_return(), a_return("LOC124", values={"occupied": 99}), atomic="true"))
    assert [row["fate"] for row in rows] == ["held-back", "refused"]
    assert client.get(f"/v1/returns/{OWN}/care-home/2024-12").status_code == 404


def test_a_dry_run_of_a_batch_writes_nothing(client: httpx.Client) -> None:
    rows, _ = told(send(client, a_return(), dry_run="true", key="k-1"))
    assert (rows[0]["fate"], rows[0]["receipt_id"]) == ("accepted", None)
    assert client.get(f"/v1/returns/{OWN}/care-home/2024-12").status_code == 404


@pytest.mark.parametrize(
    "body", [b"", b"[", b'{"a":', b"nothing", b"\xff\xfe\x00", b"[[1]]", b'[{"location_id": "LOC1']
)
def test_a_batch_that_cannot_be_read_is_refused_whole(client: httpx.Client, body: bytes) -> None:
    for kind in (NDJSON, "application/json"):
        answer = client.post("/v1/returns/batch", content=body, headers={"Content-Type": kind})
        assert answer.status_code == 422, answer.text
        assert "/tmp" not in answer.text and "ct-" not in answer.json()["detail"]


def register(running: Running, count: int) -> list[str]:
    with running.opened() as store:
        ids = [f"1-{number:06}" for number in range(count)]
        store.save_locations([Location(id, "Home", (Service.CARE_HOME,), "Rose Care", beds=40) for id in ids])
    return ids


def test_a_batch_sent_again_is_answered_the_same_and_goes_on_where_it_was_cut(
    running: Running, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receive_batch, "CHUNK", 4)
    given = [a_return(id) for id in register(running, 10)]
    rows, summary = told(send(client, *given, key="k-1"))
    assert summary == {"total": 10, "counts": {"accepted": 10}}
    assert told(send(client, *given, key="k-1")) == (rows, summary)
    with running.opened() as store:
        store._connection.execute("DELETE FROM kept_answers WHERE part > 0")  # As if it had been cut off then.
    again, _ = told(send(client, *given, key="k-1"))
    assert [row["receipt_id"] for row in again] == [row["receipt_id"] for row in rows]
    assert [row["fate"] for row in again] == ["accepted"] * 4 + ["already-recorded"] * 6
    other = send(client, *given[:-1], key="k-1")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")


def test_thousands_are_answered_row_by_row(running: Running) -> None:
    ids = register(running, 2_500)
    with running.client(Role.ADMIN) as admin:
        rows, summary = told(send(admin, *(a_return(id) for id in ids)))
    assert summary == {"total": 2_500, "counts": {"accepted": 2_500}}
    assert [row["location_id"] for row in rows] == ids
    with running.opened() as store:
        assert len(store.audit_trail()) == 2_500 + 3  # and the three keys


def test_another_cts_submissions_go_through_the_rules(running: Running) -> None:
    from tests.server.test_roles import submission

    good, bad = submission(OWN), submission("LOC124").replace(b'"occupied": 36', b'"occupied": 99')
    with running.client() as client:
        headers = {"Content-Type": NDJSON, "Idempotency-Key": "k-1"}
        first = client.post("/v1/ledger/record", content=good + b"\n" + bad, headers=headers)
        outcomes = [json.loads(line) for line in first.text.splitlines()]
        assert [it.get("kind") for it in outcomes] == ["accepted", "refused", None]
        assert outcomes[0]["entry"]["source"] == "received-by-api"
        assert "occupied" in json.dumps(outcomes[1]["problems"])
        assert outcomes[2] == {"end": 2}
        assert client.post("/v1/ledger/record", content=good + b"\n" + bad, headers=headers).text == first.text


@pytest.mark.parametrize("fate", Fate)
def test_a_row_without_problems_is_spelt_as_every_other_value_on_the_wire(fate: Fate) -> None:
    row = RowTold(7, "LOC123", Service.CARE_HOME, Month(2024, 12), fate, fate.recorded, None, None, ())
    told = row._replace(version=2, receipt_id="0123456789abcdef")

    for one in (row, told, row._replace(location_id=None), row._replace(service=None)):
        assert row_text(one) == line(plain(one)).decode()


def test_rows_that_would_leave_figures_out_are_to_be_confirmed(client: httpx.Client) -> None:
    full = [a_return(id, values={"nurses_absent": 1}) for id in (OWN, "LOC124")]
    assert told(send(client, *full))[1]["counts"] == {"accepted": 2}
    nil = {"location_id": "LOC124", "service": "care-home", "month": "2024-12", "nil_reason": "no-staff"}
    for dry_run in ("true", "false"):
        rows, _ = told(send(client, a_return(), nil, dry_run=dry_run))
        assert [row["fate"] for row in rows] == ["needs-confirming"] * 2
        assert [[problem["code"] for problem in row["problems"]] for row in rows] == [["replaces-figures"]] * 2
    agreed = {"confirm": "replaces-figures"}
    rows, _ = told(send(client, {**a_return(), **agreed}, {**nil, **agreed}))
    assert [(row["fate"], row["version"]) for row in rows] == [("corrected", 2)] * 2
    assert told(send(client, *full))[1]["counts"] == {"corrected": 2}
    assert told(send(client, *full))[1]["counts"] == {"already-recorded": 2}
