"""GET /v1/reports/compliance: what a council or a provider sees of it, and what nobody does."""

import pytest

from ct_cli.backends.access import Role
from tests.server.conftest import OTHERS, Running, a_return

PATH = "/v1/reports/compliance"


@pytest.mark.parametrize(
    ("role", "area", "locations"), [(Role.LOCAL_AUTHORITY, "Kent", 1), (Role.PROVIDER, "Rose Care", 2)]
)
def test_a_report_is_about_what_the_key_sees(running: Running, role: Role, area: str, locations: int) -> None:
    with running.client(Role.ADMIN) as admin:
        assert admin.post("/v1/returns", json=a_return()).status_code == 201
        assert admin.get(PATH).json()["locations"] == 3
    with running.client(role) as client:
        report = client.get(PATH, params={"every_row": "true"}).json()
    assert (report["schema"], report["area"], report["locations"]) == ("ct-report/1", area, locations)
    assert report["months"][-1]["groups"][0][1] == {
        "owed": 2 * locations, "made": 1, "missing": 2 * locations - 1, "rate": round(50 / locations, 1)
    }  # fmt: skip
    assert OTHERS not in {row["location_id"] for row in report["grid"]} != set()


@pytest.mark.parametrize("council", ["Essex", "Nowhere"])
def test_anothers_area_is_as_one_that_is_not_there(running: Running, council: str) -> None:
    with running.client(Role.LOCAL_AUTHORITY) as client:
        answer = client.get(PATH, params={"local_authority": council})
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


def test_a_public_report_names_nobody_and_leaves_small_counts_out(running: Running) -> None:
    with running.client(Role.ADMIN) as client:
        report = client.get(PATH, params={"public": "true"}).json()
    assert report["public"] is True
    assert (report["grid"], report["at_risk"], report["locations"]) == ([], [], None)


@pytest.mark.parametrize(
    ("asked", "word"), [({"first": "2024-12", "last": "2024-11"}, "first"), ({"last": "2025-06"}, "last")]
)
def test_months_that_cannot_be_reported_on_are_refused_by_name(
    running: Running, asked: dict[str, str], word: str
) -> None:
    with running.client(Role.ADMIN) as client:
        answer = client.get(PATH, params=asked)
    assert answer.status_code == 400
    assert word in answer.json()["detail"]
