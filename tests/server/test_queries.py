"""What another ct asks a server for, and in how many questions."""

from ct_cli.backends.access import Role
from ct_cli.backends.http_api import HttpBackend
from ct_cli.backends.http_connection import Connection
from ct_cli.backends.server_address import ServerAddress
from ct_cli.register.location import Scope
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
