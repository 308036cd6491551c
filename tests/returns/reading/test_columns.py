"""A file's header against the fields that ct knows."""

from pathlib import Path

import pytest

from ct_cli.returns.catalogue import Catalogue
from ct_cli.returns.identity import Service
from ct_cli.returns.problem import Problem
from ct_cli.returns.reading.columns import ColumnPlan, known_fields, match_columns
from ct_cli.returns.reading.headers import names_of_location_id
from ct_cli.returns.reading.open_sheet import open_sheet
from ct_cli.returns.reading.personal_columns import looks_personal

KNOWN = known_fields(
    version for service in Service if service.mandated for version in Catalogue.load().versions(service)
)


def matched(
    folder: Path, header: str, mapping: dict[str, str] | None = None, ignore: tuple[str, ...] = ()
) -> tuple[ColumnPlan | None, tuple[Problem, ...]]:
    path = folder / "returns.csv"
    path.write_text(header + "\n", encoding="utf-8")
    own = [name for name, field in (mapping or {}).items() if field == "location_id"]
    with open_sheet(str(path), header_names=names_of_location_id(own)) as sheet:
        return match_columns(sheet, KNOWN, mapping, ignore)


def test_keys_labels_and_capacity_trackers_own_spellings_are_all_known(tmp_path: Path) -> None:
    header = "CQC ID,Care type,MONTH,Maximum capacity,usedbeds,Vacant: reserved,nursesEmployed,Hours_Absense,Nil Reason"
    plan, problems = matched(tmp_path, header)

    assert problems == ()
    assert plan is not None
    assert (plan.location_id, plan.service, plan.month, plan.nil_reason, plan.unchanged) == (0, 1, 2, 8, None)
    assert plan.item_keys == ("maximum_capacity", "occupied", "reserved", "nurses_employed", "hours_absence")


def test_an_unknown_column_is_refused_with_the_nearest_known_one(tmp_path: Path) -> None:
    plan, (problem,) = matched(tmp_path, "location_id,ocupied")

    assert plan is None
    assert (problem.code, problem.place.cell if problem.place else None) == ("column-unknown", "B1")
    assert "did you mean occupied?" in problem.words


def test_an_unknown_column_that_is_like_nothing_gets_no_guess(tmp_path: Path) -> None:
    _, (problem,) = matched(tmp_path, "location_id,zzzz")

    assert "did you mean" not in problem.words


def test_a_column_can_be_passed_over(tmp_path: Path) -> None:
    plan, problems = matched(
        tmp_path, "location_id,Region of England,occupied,ct: what to change", ignore=("region OF england",)
    )

    assert problems == ()
    assert plan is not None
    assert plan.ignored == (1, 3)


@pytest.mark.parametrize(
    "header",
    ["Name", "Resident name", "NHS number", "nhsNumber", "NHS_No", "DOB", "Date of Birth", "Email", "e-mail address",
     "Phone", "Telephone no", "Mobile", "NI number", "Next of kin", "surname", "FirstName", "Registered manager"],
)  # fmt: skip
def test_a_column_that_looks_personal_is_refused_whatever_happens(tmp_path: Path, header: str) -> None:
    for mapping, ignore in (({}, ()), ({}, (header,)), ({header: "ignore"}, ())):
        plan, (problem,) = matched(tmp_path, f"location_id,occupied,{header}", mapping, ignore)
        assert plan is None
        assert (problem.code, problem.place.cell if problem.place else None) == ("personal-data", "C1")


@pytest.mark.parametrize(
    "header",
    ["Location name", "Provider name", "Care home name", "Local authority", "Nurses employed",
     "People using the service", "Hotel", "Domestic staff", "Region", "ODS code"],
)  # fmt: skip
def test_a_column_about_a_place_does_not_look_personal(header: str) -> None:
    assert looks_personal(header) is None


def test_no_field_of_a_collection_looks_personal_to_a_reader(tmp_path: Path) -> None:
    keys = sorted({field for field in KNOWN.values() if field != "location_id"})
    plan, problems = matched(tmp_path, ",".join(["location_id", *keys]))

    assert problems == ()
    assert plan is not None


def test_one_field_in_two_columns_is_refused(tmp_path: Path) -> None:
    _, (problem,) = matched(tmp_path, "location_id,occupied,reserved,Occupied or used")

    assert (problem.code, problem.field) == ("column-twice", "occupied")
    assert "column B" in problem.words
    assert problem.place is not None
    assert problem.place.cell == "D1"


def test_all_problems_of_a_header_come_at_once(tmp_path: Path) -> None:
    _, problems = matched(tmp_path, "month,month,DOB,nonsense")

    assert [problem.code for problem in problems] == [
        "column-twice",
        "personal-data",
        "column-unknown",
        "column-missing",
    ]


def test_a_users_own_headers_stand_for_fields(tmp_path: Path) -> None:
    mapping = {"Home ref": "location_id", "Beds (total)": "maximum_capacity", "Area": "ignore"}
    plan, problems = matched(tmp_path, "A title\n\nhome REF,Beds total,area", mapping)

    assert problems == ()
    assert plan is not None
    assert (plan.location_id, plan.items, plan.ignored) == (0, ((1, "maximum_capacity"),), (2,))
