"""`ct nil-return`: nothing to report, and why."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.cli.conftest import INSIDE, sets

pytestmark = pytest.mark.usefixtures("homes")
Ct = Callable[..., Any]


def test_with_one_service_owed_a_reason_is_all_it_needs(ct: Ct) -> None:
    ran = ct("nil-return", "LOC123", "--reason", "no-service-users", "--json", now=INSIDE)
    (result,) = json.loads(ran.out)["data"]["results"]
    assert (ran.status, result["fate"], result["kind"]) == (0, "accepted", "nil")


def test_with_two_owed_it_says_what_to_type(ct: Ct) -> None:
    ran = ct("nil-return", "LOC124", "--reason", "no-staff", now=INSIDE)
    assert ran.status == 2
    assert "--service care-home or --service home-care, or --all-services" in ran.err


def test_all_services_makes_one_for_each(ct: Ct) -> None:
    ran = ct("nil-return", "LOC124", "--reason", "no-staff", "--all-services", "--json", now=INSIDE)
    assert [each["service"] for each in json.loads(ran.out)["data"]["results"]] == ["care-home", "home-care"]


def test_a_reason_that_concerns_registration_says_to_tell_cqc_too(ct: Ct) -> None:
    assert "03000 616161" in ct("nil-return", "LOC123", "--reason", "closing", now=INSIDE).out
    assert "03000 616161" not in ct("nil-return", "LOC124", "--reason", "no-staff", "--all-services", now=INSIDE).out


def test_after_a_return_with_people_in_it_it_has_to_be_confirmed(ct: Ct) -> None:
    ct("submit", "LOC123", *sets(), now="2024-11-10T10:00:00+00:00")
    asked = ct("nil-return", "LOC123", "--reason", "stopped", "--json", now=INSIDE)
    assert asked.status == 4
    assert json.loads(asked.out)["problems"][0]["code"] == "nil-after-people"
    note = ("--confirm", "nil-after-people", "--note", "Everybody moved to Elm House.")
    assert ct("nil-return", "LOC123", "--reason", "stopped", *note, now=INSIDE).status == 0


@pytest.mark.parametrize("reason", [(), ("--reason", "no-stafff")])
def test_without_a_reason_that_there_is_it_names_them(ct: Ct, reason: tuple[str, ...]) -> None:
    ran = ct("nil-return", "LOC123", *reason, now=INSIDE)
    assert ran.status == 2
    assert "not-delivered-here" in ran.err
