"""What another ct asks a server for, and in how many questions."""

import threading
from typing import Any

import pytest

from ct_cli.backends.access import Role
from ct_cli.backends.http_api import HttpBackend
from ct_cli.backends.http_connection import Connection
from ct_cli.backends.server_address import ServerAddress
from ct_cli.register.location import Scope
from ct_cli.server.asked import as_value
from tests.backends.conftest import CARE_HOME, DECEMBER, JANUARY, record, submission
from tests.server.conftest import OTHERS, OWN, Running


def test_the_returns_before_a_month_are_one_question(running: Running) -> None:
    connection = Connection(ServerAddress.parse(running.url), lambda: running.keys[Role.ADMIN])
    values = {"maximum_capacity": 40, "occupied": 36}
    with running.opened() as store:
        record(store, *(submission(each, DECEMBER, values=values) for each in (OWN, OTHERS)))
    with HttpBackend(connection) as backend:
        found = backend.returns_before({OWN, OTHERS, "LOC124"}, CARE_HOME, JANUARY, rehearsals=True)
        assert {location_id: last.values for location_id, last in found.items()} == {OWN: values, OTHERS: values}
        backend.locations(Scope())  # a line is logged once its answer has gone: that of the first is there by now
    asked = [line for line in running.logged.getvalue().splitlines() if "/v1/query/" in line]
    assert sum("history" in line for line in asked) == 0
    assert sum("returns-before" in line for line in asked) == 1


def test_a_question_that_names_thousands_is_read_where_it_holds_up_nobody(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_on: list[str] = []

    def noted(*given: Any) -> Any:
        read_on.append(threading.current_thread().name)
        return as_value(*given)

    monkeypatch.setattr("ct_cli.server.query_routes.as_value", noted)
    with running.client() as client:
        asked = {"scope": {"location_ids": [OWN, *(f"LOC{number}" for number in range(200_000, 240_000))]}}
        answer = client.post("/v1/query/locations", json=asked)
        assert answer.text.endswith('{"end":1}\n')
        assert client.post("/v1/query/locations", json={"scope": 1}).status_code == 422
    assert all(name.startswith("ct-stream") for name in read_on) and len(read_on) == 2
