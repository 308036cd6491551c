"""`ct locations import --from cqc`: next month's directory against the register."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Ran
from tests.register.directory_maker import directory, home, write_ods

Ct = Callable[..., Ran]


@pytest.fixture
def imported(ct: Ct, tmp_path: Path) -> Ct:
    """`ct`, with three homes from last month's directory in the register."""
    rows = [home("1-111111111"), home("1-222222222"), home("1-333333333")]
    file = write_ods(tmp_path / "last.ods", directory(rows))
    assert ct("locations", "import", str(file), "--from", "cqc", "--apply").status == 0
    return ct


def test_next_month_shows_what_is_new_changed_and_left_and_closes_nothing(imported: Ct, tmp_path: Path) -> None:
    rows = [
        home("1-111111111", beds=30.0),
        home("1-222222222", **{"Service type - Supported living service": "Y"}),
        home("1-444444444"),
    ]
    file = write_ods(tmp_path / "next.ods", directory(rows, header_row=7))
    data = json.loads(imported("locations", "import", str(file), "--from", "cqc", "--json").out)["data"]
    assert [location["id"] for location in data["new"]] == ["1-444444444"]
    assert [[(c["field"], c["old"], c["new"]) for c in item["changes"]] for item in data["changed"]] == [
        [("beds", 22, 30)],
        [("services", ["care-home"], ["care-home", "home-care"])],
    ]
    assert [location["id"] for location in data["absent"]] == ["1-333333333"]
    assert "4444" not in imported("locations", "list").out
    done = imported("locations", "import", str(file), "--from", "cqc", "--apply")
    assert "Saved 3 locations." in done.out
    assert "ct locations close LOC" in done.out
    open_ones = imported("locations", "list").out
    assert "1-333333333" in open_ones
    assert "1-444444444" in open_ones
    again = json.loads(imported("locations", "import", str(file), "--from", "cqc", "--json").out)["data"]
    assert not again["new"] + again["changed"]


def test_what_the_user_added_to_a_location_stays(imported: Ct, tmp_path: Path) -> None:
    imported("locations", "edit", "1-111111111", "--fee", "900", "--public-body", "--ods-code", "AB123")
    file = write_ods(tmp_path / "next.ods", directory([home("1-111111111", beds=23.0)]))
    imported("locations", "import", str(file), "--from", "cqc", "--apply")
    location = json.loads(imported("locations", "show", "1-111111111", "--json").out)["data"]["location"]
    assert (location["fee_pence"], location["public_body"], location["ods_code"]) == (90000, True, "AB123")
    assert location["beds"] == 23


def test_a_return_that_does_not_fit_cqcs_beds_is_pointed_out(imported: Ct, tmp_path: Path) -> None:
    values = ["maximum_capacity=40", "occupied=36", "reserved=0", "accepting_admissions=4"]
    for role in ("nurses", "care_workers", "non_care_workers"):
        values += [f"{role}_employed=12", f"agency_{role}=1"]
    given = [word for value in values for word in ("--set", value)]
    imported("locations", "edit", "1-111111111", "--beds", "40")
    sent = imported("submit", "1-111111111", *given, "--no-input", now="2024-12-10T12:00:00+00:00")
    assert sent.status == 0, sent.err + sent.out
    file = write_ods(tmp_path / "next.ods", directory([home("1-111111111")]))
    ran = imported("locations", "import", str(file), "--from", "cqc")
    assert "40 beds at most, CQC has 22" in ran.out
    assert "03000 616161" in ran.out


def test_a_return_for_a_service_that_cqc_does_not_list_is_pointed_out(imported: Ct, tmp_path: Path) -> None:
    imported("locations", "edit", "1-111111111", "--service", "care-home", "--service", "home-care")
    given = ("--set", "people_using_service=20", "--set", "care_workers_employed=12")
    words = ("submit", "1-111111111", "--service", "home-care", *given, "--no-input")
    assert imported(*words, now="2024-12-10T12:00:00+00:00").status == 0
    file = write_ods(tmp_path / "next.ods", directory([home("1-111111111")]))
    data = json.loads(imported("locations", "import", str(file), "--from", "cqc", "--json").out)["data"]
    assert [item["location_id"] for item in data["disagreeing"]] == ["1-111111111"]
    assert "home care, which CQC does not list" in data["disagreeing"][0]["words"]
    assert "nil returns" in data["disagreeing"][0]["remedy"]


def test_a_council_takes_its_own_area_only(imported: Ct, tmp_path: Path) -> None:
    rows = [home("1-555555555", **{"Location Local Authority": "Leeds"}), home("1-666666666")]
    file = str(write_ods(tmp_path / "next.ods", directory(rows)))
    words = ("locations", "import", file, "--from", "cqc", "--local-authority", "leeds", "--json")
    data = json.loads(imported(*words).out)["data"]
    assert [location["id"] for location in data["new"]] == ["1-555555555"]
    assert data["left_out"]["outside leeds"] == 1
    assert data["absent"] == []
    misspelt = imported("locations", "import", file, "--from", "cqc", "--local-authority", "Leads")
    assert misspelt.status == 2
    assert "did you mean Leeds?" in misspelt.err


def test_a_name_that_the_user_gave_in_a_persons_place_stays(ct: Ct, tmp_path: Path) -> None:
    file = str(write_ods(tmp_path / "next.ods", directory([home("1-555555555", name="Mrs J Doe")])))
    words = ("locations", "import", file, "--from", "cqc", "--apply")
    assert "Doe" not in ct(*words).out
    ct("locations", "edit", "1-555555555", "--name", "Elm House")
    assert "0 changed, 1 unchanged" in ct(*words).out


def test_a_list_of_ones_own_is_not_the_directory(ct: Ct, tmp_path: Path) -> None:
    file = tmp_path / "homes.csv"
    file.write_text("location_id,name,services\nLOC1,A,care-home\n", encoding="utf-8")
    ran = ct("locations", "import", str(file), "--from", "cqc")
    assert ran.status == 3
    assert "leave out --from cqc" in ran.err
