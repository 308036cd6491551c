"""`ct locations`, as it is typed."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Ran

Ct = Callable[..., Ran]

ADD = ("locations", "add", "loc123", "--name", "Rose House", "--service", "care-home")


@pytest.fixture
def rose(ct: Ct) -> Ct:
    """`ct`, with Rose House (LOC123) in the register."""
    assert ct(*ADD, "--beds", "40", "--start", "2020-01-01").status == 0
    return ct


def test_a_location_is_added_and_shown(rose: Ct) -> None:
    shown = rose("locations", "show", " LOC123 ", "--json")
    location = json.loads(shown.out)["data"]["location"]
    assert location["id"] == "LOC123"
    assert location["services"] == ["care-home"]
    assert (location["beds"], location["registered_on"]) == (40, "2020-01-01")


def test_adding_says_what_is_owed_and_what_to_do_next(ct: Ct) -> None:
    added = ct(*ADD, "--service", "Home care").out
    assert "owes a return for care home and one for home care" in added
    assert "ct users add LOC123" in added


@pytest.mark.parametrize(
    ("loc", "why"),
    [
        ("LOC 123", "character other than"),
        ("L" * 200, "200 characters"),
        ("../../etc/passwd", "character other than"),
        ("LOC\x00123", "character other than"),
        ("", "it is empty"),
        ("Jan-34", "Excel"),
        ("ＬＯＣ１２３", "character other than"),
    ],
)
def test_what_is_no_id_is_refused_in_words(ct: Ct, loc: str, why: str) -> None:
    for words in (("add", loc, "--name", "A", "--service", "care-home"), ("show", loc), ("close", loc)):
        ran = ct("locations", *words)
        assert ran.status == 2
        assert why in ran.err


@pytest.mark.parametrize(
    ("option", "value", "why"),
    [
        ("--service", "carehom", "did you mean care-home?"),
        ("--postcode", "nowhere", "as in AB1 2CD"),
        ("--fee", "1e3", "as in 1234.50"),
        ("--beds", "36.5", "as in 40"),
        ("--start", "01/02/2024", "as in 2024-12-08"),
        ("--start", "2024-02-30", "as in 2024-12-08"),
        ("--end", "2019-01-01", "cannot end on 2019-01-01"),
        ("--name", " ", "it is empty"),
    ],
)
def test_a_detail_that_cannot_be_used_is_refused_in_words(rose: Ct, option: str, value: str, why: str) -> None:
    ran = rose("locations", "edit", "LOC123", option, value)
    assert ran.status == 2
    assert why in ran.err
    assert json.loads(rose("locations", "show", "LOC123", "--json").out)["data"]["location"]["beds"] == 40


def test_an_id_that_is_there_is_not_added_again(rose: Ct) -> None:
    ran = rose(*ADD)
    assert ran.status == 3
    assert "ct locations edit LOC123" in ran.err


def test_an_id_that_is_not_there_is_refused_with_the_nearest(rose: Ct) -> None:
    for words in (("edit", "LOC132", "--beds", "4"), ("close", "LOC132"), ("show", "LOC132")):
        ran = rose("locations", *words)
        assert ran.status == 3
        assert "did you mean LOC123?" in ran.err


def test_an_edit_changes_what_is_named_and_nothing_else(rose: Ct) -> None:
    ran = rose("locations", "edit", "loc123", "--fee", "£1,234", "--public-body", "--beds", "", "--json")
    data = json.loads(ran.out)["data"]
    assert [(c["field"], c["old"], c["new"]) for c in data["changes"]] == [
        ("beds", 40, None),
        ("public_body", False, True),
        ("fee_pence", None, 123400),
    ]
    assert data["location"]["registered_on"] == "2020-01-01"
    assert "Nothing to change" in rose("locations", "edit", "LOC123", "--fee", "1234.00").out
    assert rose("locations", "edit", "LOC123").status == 2


def test_a_location_closes_once_and_opens_by_taking_the_day_away(rose: Ct) -> None:
    assert "Monday 16 December 2024" in rose("locations", "close", "LOC123", now="2024-12-16T23:30:00+00:00").out
    again = rose("locations", "close", "LOC123")
    assert again.status == 3
    assert "--end" in again.err
    assert rose("locations", "edit", "LOC123", "--end", "").status == 0
    assert rose("locations", "close", "LOC123", "--on", "").status == 2
    assert rose("locations", "close", "LOC123", "--on", "2025-01-31").status == 0
    assert rose("locations", "close", "LOC123", "--on", "2025-01-32").status == 2


def test_the_list_filters_and_points_out_too_few_users(rose: Ct) -> None:
    rose("locations", "add", "LOC9", "--name", "Elm", "--service", "home-care", "--local-authority", "Leeds")
    assert "2 open locations have fewer than two users" in rose("locations", "list").out
    for email in ("a@example.org", "b@example.org"):
        rose("users", "add", "LOC9", "--email", email)
    leeds = json.loads(rose("locations", "list", "--local-authority", "leeds", "--json").out)["data"]
    assert [(item["location"]["id"], item["users"]) for item in leeds["locations"]] == [("LOC9", 2)]
    assert leeds["fewer_than_two_users"] == 0
    assert "No location matches" in rose("locations", "list", "--provider", "Nobody").out
    rose("locations", "close", "LOC9", "--on", "2020-01-01")
    assert "LOC9" not in rose("locations", "list", "--service", "home care").out
    assert "LOC9" in rose("locations", "list", "--closed").out


def test_an_import_is_a_plan_until_it_is_applied(rose: Ct, tmp_path: Path) -> None:
    file = tmp_path / "homes.csv"
    file.write_text("id,name,services,beds\nLOC123,Rose House,care-home,41\nLOC9,Elm,home-care,\n", encoding="utf-8")
    planned = rose("locations", "import", str(file))
    assert planned.status == 0
    assert "1 new, 1 changed, 0 unchanged" in planned.out
    assert "Nothing is saved yet" in planned.out
    assert "LOC9" not in rose("locations", "list").out
    assert "Saved 2 locations" in rose("locations", "import", str(file), "--apply").out
    assert "0 new, 0 changed, 2 unchanged" in rose("locations", "import", str(file)).out


def test_one_error_leaves_its_row_out_or_with_atomic_everything(ct: Ct, tmp_path: Path) -> None:
    file = tmp_path / "homes.csv"
    file.write_text("id,name,services\nLOC1,A,care-home\nLOC2,B,\n", encoding="utf-8")
    none = ct("locations", "import", str(file), "--apply", "--atomic")
    assert none.status == 3
    assert "Nothing was saved" in none.out
    assert "LOC1" not in ct("locations", "list", "--csv").out
    some = ct("locations", "import", str(file), "--apply")
    assert some.status == 3
    assert "Saved 1 location." in some.out
    assert "LOC1" in ct("locations", "list", "--csv").out


def test_the_list_as_csv_goes_back_in_through_a_pipe(installed_ct: Ct) -> None:
    assert installed_ct(*ADD, "--name", "=Rose, & 'Co'", "--postcode", "ab12cd").status == 0
    text = installed_ct("locations", "list", "--csv").out
    back = installed_ct("locations", "import", "-", "--json", given=text)
    assert back.status == 0
    assert json.loads(back.out)["data"]["unchanged"] == ["LOC123"]
    assert not json.loads(back.out)["problems"]
