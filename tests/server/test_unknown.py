"""What is not there costs next to nothing to look for: of a whole register nothing is read for a hint nobody gets."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from ct_cli.backends.sqlite import SqliteBackend
from ct_cli.register.location import Location
from ct_cli.returns.identity import Service
from tests.backends.serving import BY_ITS_OWN_CLOCK, SECRET, add_key, quay

LOCATIONS = 50


class Counting(SqliteBackend):
    """A store that notes how many locations it gave at most."""

    most = 0

    def locations(self, *asked: Any, **more: Any) -> Sequence[Location]:
        return self.count_them(super().locations(*asked, **more))

    def locations_from(self, *asked: Any, **more: Any) -> Sequence[Location]:
        return self.count_them(super().locations_from(*asked, **more))

    def count_them(self, found: Sequence[Location]) -> Sequence[Location]:
        Counting.most = max(Counting.most, len(found))
        return found


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    path = tmp_path / "store.sqlite3"
    with SqliteBackend(path) as store:
        store.save_locations(
            Location(f"LOC{number:05}", "Rose House", (Service.CARE_HOME,), "Rose Care", "1-101", "Kent", "South East")
            for number in range(LOCATIONS)
        )
    add_key(lambda: SqliteBackend(path))
    address = quay().moor(lambda: Counting(path), BY_ITS_OWN_CLOCK)
    Counting.most = 0
    yield address
    quay().leave(address)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/locations/LOC00O01", 404), ("/v1/returns/LOC00O01/care-home/2024-12", 404),
        ("/v1/returns/LOC00O01/care-home/2024-12/history", 404), ("/v1/obligations?location_id=LOC00O01", 200),
        ("/v1/vacancies?provider=Rose%20Car", 200), ("/v1/vacancies?local_authority=Ken", 200),
        ("/v1/vacancies?region=South", 200), ("/v1/reports/compliance?provider=Rose%20Car", 404),
        ("/v1/reports/compliance?local_authority=Ken", 404), ("/v1/reports/compliance?region=South", 404),
    ],
)  # fmt: skip
def test_nothing_of_the_register_is_read_for_what_is_not_there(url: str, path: str, status: int) -> None:
    answer = httpx.get(url + path, headers={"Authorization": f"Bearer {SECRET}"}, trust_env=False, timeout=30)
    assert answer.status_code == status, answer.text
    assert Counting.most <= 1
