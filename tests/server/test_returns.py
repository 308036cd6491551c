"""Returns over HTTP: the same rules and receipts as at the desk, once for each key, corrected only as they stand."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from ct_cli.backends.access import Role
from ct_cli.backends.wire import plain
from ct_cli.register.location import Scope
from ct_cli.register.sighting import Sighting, SightingKind
from ct_cli.returns.identity import Service
from tests.server.conftest import OTHERS, OWN, Running, a_return

LATER = "2024-12-18T10:00:00+00:00"
OF_MONTH = f"/v1/returns/{OWN}/care-home/2024-12"


@pytest.fixture
def client(running: Running) -> Any:
    with running.client() as made:
        yield made


def post(client: httpx.Client, given: dict[str, Any] | None = None, key: str | None = None, **query: Any) -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    return client.post("/v1/returns", json=given or a_return(), headers=headers, params=query)


def test_a_return_is_receipted_and_read_again(client: httpx.Client) -> None:
    answer = post(client)
    told = answer.json()
    assert answer.status_code == 201 and told["fate"] == "accepted" and told["fulfils"]
    assert told["receipt"]["source"] == "received-by-api"
    assert told["receipt"]["recorded_by"].startswith("key ")
    read = client.get(OF_MONTH)
    assert read.headers["ETag"] == answer.headers["ETag"] == f'"1-{told["receipt"]["id"]}"'
    assert read.json()["values"]["occupied"] == 36
    assert client.get(f"/v1/receipts/{told['receipt']['id'][:8].upper()}").json() == read.json()


def test_the_same_return_twice_is_one_return(client: httpx.Client) -> None:
    first, second = post(client), post(client)
    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json()["fate"] == "already-recorded"
    assert first.json()["receipt"]["id"] == second.json()["receipt"]["id"]


def test_every_problem_is_told_at_once_with_our_codes(client: httpx.Client) -> None:
    answer = post(client, a_return(values={"occupied": -1, "reserved": "１２", "agency_nurses": None, "bedds": 3}))
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    found = {(problem["code"], problem["field"]) for problem in answer.json()["errors"]}
    assert found >= {
        ("below-zero", "occupied"), ("not-a-whole-number", "reserved"), ("mandatory-missing", "agency_nurses"),
        ("field-unknown", "bedds"),
    }  # fmt: skip
    assert client.get(OF_MONTH).status_code == 404


def test_the_server_says_what_the_desk_says(running: Running, ct: Any) -> None:
    import json

    given = a_return(values={"occupied": 60, "care_workers_employed": 1_200})
    with running.client(Role.ADMIN) as admin:
        there = post(admin, given, dry_run="true").json()["errors"]
    sets = [part for key, value in given["values"].items() for part in ("--set", f"{key}={value}")]
    ran = ct("submit", OWN, "--service", "care-home", "--month", "2024-12", *sets, "--dry-run", "--json")
    here = json.loads(ran.out)["problems"]
    assert there and [it["code"] for it in there] == [it["code"] for it in here]
    assert [it["words"] for it in there] == [it["words"] for it in here]


def test_a_query_is_taken_once_it_is_confirmed_with_a_note(client: httpx.Client) -> None:
    given = a_return(values={"care_workers_employed": 500})
    asked = post(client, given)
    assert (asked.status_code, asked.json()["code"]) == (422, "needs-confirming")
    codes = [problem["code"] for problem in asked.json()["errors"] if problem["severity"] == "query"]
    assert post(client, {**given, "confirm": codes, "note": "Two homes share one team"}).status_code == 201


def test_a_dry_run_writes_nothing_and_says_what_would_be(client: httpx.Client) -> None:
    answer = post(client, key="once", dry_run="true")
    assert (answer.status_code, answer.json()["fate"], answer.json()["receipt"]) == (200, "accepted", None)
    assert client.get(OF_MONTH).status_code == 404


def test_after_the_close_a_return_is_refused_unless_it_is_an_update(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CT_NOW", LATER)
    refused = post(client)
    assert (refused.status_code, refused.json()["code"]) == (409, "outside-window")
    update = post(client, outside_window="true")
    assert (update.status_code, update.json()["fulfils"]) == (201, False)


def test_a_nil_return_and_one_that_confirms_the_last(client: httpx.Client) -> None:
    nil = {"location_id": "LOC124", "service": "care-home", "month": "2024-12", "kind": "nil", "reason": "stopped"}
    assert post(client, nil).json()["fate"] == "accepted"
    post(client)
    again = {"location_id": OWN, "service": "care-home", "month": "2024-12", "kind": "unchanged"}
    assert post(client, again).json()["fate"] == "already-recorded"


# Corrections.


def test_a_correction_names_the_version_that_it_corrects(client: httpx.Client) -> None:
    tag = post(client).headers["ETag"]
    changed = a_return(values={"non_care_workers_employed": 11})
    done = client.put(OF_MONTH, json=changed, headers={"If-Match": tag})
    assert (done.status_code, done.json()["fate"], done.json()["version"]) == (201, "corrected", 2)
    late = client.put(OF_MONTH, json=a_return(values={"non_care_workers_employed": 12}), headers={"If-Match": tag})
    assert (late.status_code, late.json()["code"]) == (412, "conflict")
    [said] = late.json()["errors"]
    assert said["code"] == "newer-return" and "ETag" in said["remedy"] and "same again" not in said["remedy"]
    assert [it["version"] for it in client.get(OF_MONTH + "/history").json()["items"]] == [1, 2]


def test_a_first_version_is_made_only_where_there_is_none(client: httpx.Client) -> None:
    none = {"If-None-Match": "*"}
    assert client.put(OF_MONTH, json=a_return(), headers=none).status_code == 201
    assert (
        client.put(OF_MONTH, json=a_return(values={"non_care_workers_employed": 11}), headers=none).status_code == 412
    )
    assert client.put(OF_MONTH, json=a_return()).status_code == 428


def test_of_two_who_correct_the_same_version_one_is_told_of_the_other(client: httpx.Client) -> None:
    tag = post(client).headers["ETag"]

    def correct(count: int) -> int:
        given = a_return(values={"non_care_workers_employed": count})
        return client.put(OF_MONTH, json=given, headers={"If-Match": tag}).status_code

    with ThreadPoolExecutor(8) as threads:
        statuses = sorted(threads.map(correct, range(11, 19)))
    assert statuses == [201] + [412] * 7


def test_a_correction_of_another_return_than_the_addresss_is_refused(client: httpx.Client) -> None:
    answer = client.put(OF_MONTH, json=a_return("LOC124"), headers={"If-None-Match": "*"})
    assert (answer.status_code, answer.json()["code"]) == (422, "not-the-form")


# Idempotency.


def test_a_request_sent_again_is_answered_the_same(client: httpx.Client) -> None:
    first, second = post(client, key="k-1"), post(client, key="k-1")
    assert second.headers["Idempotent-Replayed"] == "true"
    assert (second.status_code, second.text) == (201, first.text)
    assert second.headers["ETag"] == first.headers["ETag"]


def test_a_request_sent_again_does_not_undo_a_correction(client: httpx.Client) -> None:
    post(client, key="k-1")
    post(client, a_return(values={"non_care_workers_employed": 11}), key="k-2")
    assert post(client, key="k-1").json()["version"] == 1
    assert client.get(OF_MONTH).json()["values"]["non_care_workers_employed"] == 11


def test_a_key_with_another_payload_is_refused(client: httpx.Client) -> None:
    post(client, key="k-1")
    for again in (post(client, a_return(values={"non_care_workers_employed": 11}), key="k-1"),
                  post(client, key="k-1", outside_window="true")):  # fmt: skip
        assert (again.status_code, again.json()["code"]) == (422, "idempotency-key-reused")
    assert client.get(OF_MONTH).json()["version"] == 1


def test_another_holders_idempotency_key_is_another_key(running: Running) -> None:
    with running.client() as provider, running.client(Role.ADMIN) as admin:
        assert post(provider, key="k-1").status_code == 201
        assert post(admin, a_return(OTHERS), key="k-1").status_code == 201


def test_a_request_sent_eight_times_at_once_is_done_once(client: httpx.Client) -> None:
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: post(client, key="k-1"), range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1


@pytest.mark.parametrize(
    ("given", "status"),
    [
        (a_return(values={"occupied": 60}), 422),
        (a_return("LOC999"), 422),
        (a_return(month="2024-11"), 409),
    ],
)
def test_what_the_rules_refused_is_answered_the_same_too(
    running: Running, client: httpx.Client, given: dict[str, Any], status: int
) -> None:
    first = post(client, given, key="k-1")
    with running.opened() as store:  # the second would be decided otherwise
        store.save_locations([replace(it, beds=90) for it in store.locations(Scope())])
    second = post(client, given, key="k-1")

    assert (first.status_code, second.status_code) == (status, status)
    assert second.text == first.text
    assert second.headers["Content-Type"] == "application/problem+json"
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert post(client, key="k-1").json()["code"] == "idempotency-key-reused"


def test_a_correction_that_came_too_late_is_answered_the_same_too(client: httpx.Client) -> None:
    stale = {"If-Match": '"7-0123456789abcdef"', "Idempotency-Key": "k-2"}
    post(client)
    first, second = (client.put(OF_MONTH, json=a_return(), headers=stale) for _ in range(2))

    assert (first.status_code, second.status_code) == (412, 412)
    assert second.text == first.text


def test_what_came_before_the_rules_is_not_kept(client: httpx.Client) -> None:
    form = client.post("/v1/returns", json={"location_id": OWN}, headers={"Idempotency-Key": "k-1"})
    assert (form.status_code, form.json()["code"]) == (422, "not-the-form")
    assert post(client, a_return(values={"occupied": 60}), key="k-2", dry_run="true").status_code == 422
    assert post(client, key="k-1").status_code == 201
    assert post(client, a_return("LOC124"), key="k-2").status_code == 201


def test_a_refused_return_can_be_put_right_under_a_new_key(client: httpx.Client) -> None:
    assert post(client, a_return(values={"occupied": 60}), key="k-1").status_code == 422
    assert post(client, key="k-2").status_code == 201


# Together.


def test_returns_that_come_at_once_each_get_their_own_answer(running: Running) -> None:
    def send(number: int) -> tuple[int, Any]:
        role = Role.ADMIN if number % 2 else Role.PROVIDER
        place = ["LOC123", "LOC124", "LOC456", "LOC999"][number % 4]
        with running.client(role) as own:
            values = {"non_care_workers_employed": 10 + number % 3} if number % 5 else {"occupied": 60}
            answer = post(own, a_return(place, values=values))
            return number, answer

    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(send, range(48)))
    for number, answer in answers:
        known = number % 4 != 3 and (number % 2 or number % 4 != 2)
        told = answer.json()
        if not known or not number % 5:
            assert answer.status_code == 422, told
        else:
            assert answer.status_code in {200, 201}, told
            assert told["location_id"] == ["LOC123", "LOC124", "LOC456", "LOC999"][number % 4]
    with running.opened() as store:
        for place in ("LOC123", "LOC124", "LOC456"):
            entries = store.history(place)
            assert [entry.number for entry in entries] == list(range(1, len(entries) + 1))


def test_the_audit_trail_tells_who_did_what_and_nothing_of_people(running: Running) -> None:
    with running.client() as provider:
        receipt = post(provider).json()["receipt"]["id"]
        provider.put("/v1/users", json={"items": [{"location_id": OWN, "email": "kim@example.org", "name": "Kim"}]})
    with running.opened() as store:
        lines = store.audit_trail(OWN)
        assert {(line.action, line.receipt_id) for line in lines} == {("accepted", receipt), ("user-saved", "")}
        assert all(line.key_id in running.keys[Role.PROVIDER] and line.request_id for line in lines)
        assert "kim" not in repr(store.audit_trail()).lower()


def test_the_trail_is_told_at_the_desk_with_the_names_of_the_keys(running: Running, ct: Any) -> None:
    with running.client() as client:
        receipt = client.post("/v1/returns", json=a_return()).json()["receipt"]["id"]
    told = ct("keys", "trail", OWN.lower()).out
    assert receipt in told and "accepted" in told and "provider" in told
    assert ct("keys", "trail", OTHERS, "--since", "2024-12-09").out.startswith(f"Nothing was done about {OTHERS}")
    assert ct("keys", "trail", "--since", "tomorrow").status == 2


def test_the_audit_trail_tells_what_was_seen_in_capacity_tracker(running: Running) -> None:
    seen = Sighting(OWN, Service.CARE_HOME, SightingKind.EXPORT, datetime(2024, 12, 8, tzinfo=UTC))
    headers = {"Content-Type": "application/x-ndjson", "Idempotency-Key": "k-1"}
    with running.client(Role.ADMIN) as admin:
        for _ in range(2):  # the second is the first again
            sent = admin.post("/v1/ledger/sightings", content=json.dumps(plain(seen)), headers=headers)
            assert sent.json() == {"saved": 1}

    with running.opened() as store:
        [line] = store.audit_trail(OWN)
    assert (line.action, line.service) == ("sighting-saved", "care-home")
    assert running.keys[Role.ADMIN].split("_")[1] == line.key_id


NIL = {"location_id": OWN, "service": "care-home", "month": "2024-12", "kind": "nil", "reason": "no-staff"}
AGREED = {"confirm": ["replaces-figures"]}


def test_figures_that_would_be_left_out_are_a_query_that_needs_no_note(client: httpx.Client) -> None:
    assert post(client, a_return(values={"nurses_absent": 1})).status_code == 201
    blank = a_return()
    for given in (NIL, blank):
        for dry_run in (True, False):
            asked = post(client, given, dry_run=str(dry_run).lower())
            assert (asked.status_code, asked.json()["code"]) == (422, "needs-confirming")
            [problem] = asked.json()["errors"]
            assert (problem["code"], problem["severity"]) == ("replaces-figures", "query")
        assert problem["facts"]["replaced"].items() >= {"nurses_absent": 1}.items()
    before = client.get(OF_MONTH).headers["ETag"]
    done = client.put(OF_MONTH, json={**blank, **AGREED}, headers={"If-Match": before})
    assert (done.status_code, done.json()["version"], done.json()["problems"]) == (201, 2, [])
    done = post(client, {**NIL, **AGREED})
    assert (done.status_code, done.json()["fate"]) == (201, "corrected")
    assert client.get(OF_MONTH).json()["confirmed"] == []
    assert post(client, {**NIL, **AGREED}).json()["fate"] == "already-recorded"
    assert post(client, a_return()).status_code == 201
