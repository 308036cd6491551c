"""ETag and If-Match on locations and on users: whoever wants is kept from overwriting somebody else's change."""

import json
from typing import Any

import httpx

from ct_cli.backends.access import Role
from tests.server.conftest import OTHERS, OWN, UNKNOWN, Running

NDJSON = {"Content-Type": "application/x-ndjson"}
LOCATION = f"/v1/locations/{OWN}"


def etag(client: httpx.Client, path: str) -> tuple[Any, str]:
    answer = client.get(path)
    return answer.json(), answer.headers["ETag"]


def refused(answer: httpx.Response, *changed: str) -> bool:
    told = answer.json()
    return (answer.status_code, told["code"], told["changed"]) == (412, "changed-meanwhile", list(changed))


def test_a_location_is_changed_only_as_it_was_seen(running: Running) -> None:
    with running.client(Role.ADMIN) as admin:
        seen, tag = etag(admin, LOCATION)
        changed = admin.put(LOCATION, json={**seen, "beds": 41}, headers={"If-Match": tag})
        assert (changed.status_code, changed.headers["ETag"]) == (200, etag(admin, LOCATION)[1])
        assert refused(admin.put(LOCATION, json={**seen, "name": "Rose"}, headers={"If-Match": tag}), OWN)
        both = f"{tag}, {changed.headers['ETag']}"
        assert admin.put(LOCATION, json={**seen, "beds": 42}, headers={"If-Match": both}).status_code == 200
        assert admin.put(LOCATION, json={**seen, "beds": 43}).status_code == 200  # who does not ask is not held up
        for headers in ({"If-Match": "W/x"}, {"If-None-Match": tag}, {"If-None-Match": "*", "If-Match": tag}):
            assert admin.put(LOCATION, json=seen, headers=headers).status_code == 400
        assert admin.get(LOCATION).json()["beds"] == 43


def test_the_version_that_a_change_is_answered_with_is_the_one_that_is_read(running: Running) -> None:
    with running.client(Role.ADMIN) as admin:
        seen, tag = etag(admin, LOCATION)
        for place in ({"latitude": 51, "longitude": 0}, {"latitude": 51.5, "longitude": -0.0}):
            changed = admin.put(LOCATION, json={**seen, **place}, headers={"If-Match": tag})
            assert changed.status_code == 200
            tag = etag(admin, LOCATION)[1]
            assert changed.headers["ETag"] == tag


def test_a_location_is_added_only_where_there_is_none(running: Running) -> None:
    with running.client(Role.ADMIN) as admin:
        seen, _ = etag(admin, LOCATION)
        new, path = {**seen, "id": UNKNOWN}, f"/v1/locations/{UNKNOWN}"
        assert refused(admin.put(path, json=new, headers={"If-Match": "*"}), UNKNOWN)
        assert admin.put(path, json=new, headers={"If-None-Match": "*"}).status_code == 200
        assert refused(admin.put(path, json={**new, "beds": 1}, headers={"If-None-Match": "*"}), UNKNOWN)
        assert admin.put(path, json={**new, "beds": 1}, headers={"If-Match": "*"}).status_code == 200


def test_many_locations_are_saved_only_as_each_was_seen(running: Running) -> None:
    def lines(*given: tuple[Any, str]) -> bytes:
        each = ({"location": {**seen, "beds": 50}, "if_match": [tag.strip('"')]} for seen, tag in given)
        return "\n".join(map(json.dumps, each)).encode()

    path = "/v1/ledger/locations?conditional=true"
    with running.client(Role.ADMIN) as admin:
        own, others = etag(admin, LOCATION), etag(admin, f"/v1/locations/{OTHERS}")
        admin.put(LOCATION, json={**own[0], "beds": 41})
        assert refused(admin.post(path, content=lines(own, others), headers=NDJSON), OWN)
        assert [it["beds"] for it in admin.get("/v1/locations").json()["items"]] == [41, None, 40]
        now = etag(admin, LOCATION)
        assert admin.post(path, content=lines(now, others), headers=NDJSON).json() == {"saved": 2}


def test_users_are_changed_only_as_those_of_their_locations_were_seen(running: Running) -> None:
    path = f"/v1/users?location_id={OWN}"
    with running.client() as client:
        _, tag = etag(client, path)
        ash = {"items": [{"location_id": OWN, "email": "ash@example.org", "name": "Ash"}]}
        assert client.put("/v1/users", json=ash, headers={"If-Match": tag}).status_code == 200
        sam = {"items": [{"location_id": OWN, "email": "sam@example.org", "name": "Manager"}]}
        assert refused(client.put("/v1/users", json=sam, headers={"If-Match": tag}), OWN)
        assert client.put("/v1/users", json=sam, headers={"If-Match": etag(client, path)[1]}).status_code == 200
        assert "ETag" not in client.get("/v1/users").headers
        assert "ETag" not in client.get(path + "&limit=1").headers


def test_a_change_that_was_refused_can_be_sent_again_under_its_key(running: Running) -> None:
    with running.client(Role.ADMIN) as admin:
        seen, tag = etag(admin, LOCATION)
        admin.put(LOCATION, json={**seen, "beds": 41})
        given = {"json": {**seen, "beds": 42}, "headers": {"If-Match": tag, "Idempotency-Key": "k-1"}}
        assert refused(admin.put(LOCATION, **given), OWN)
        admin.put(LOCATION, json=seen)
        assert admin.put(LOCATION, **given).status_code == 200
