"""`ct fields` and `ct explain`, as a user types them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ct_cli.errors import ExitStatus

Ct = Callable[..., Any]
NOW = "2026-11-10T12:00:00+00:00"


def test_fields_say_what_must_be_given_and_where_that_is_known_from(ct: Ct) -> None:
    ran = ct("fields", "--service", "care-home", "--month", "2024-12", now=NOW)

    assert ran.status == 0
    assert "Care home for December 2024" in ran.out
    (capacity,) = [line for line in ran.out.splitlines() if line.startswith("maximum_capacity ")]
    assert capacity.split()[-3:] == ["must", "formal", "notice"]
    (flu,) = [line for line in ran.out.splitlines() if line.startswith("flu_vaccinated_residents ")]
    assert flu.endswith("asked  inferred")
    assert "66 items" in ran.out
    assert "ypd_used" not in ran.out


def test_fields_without_a_service_show_both_that_owe_returns_for_the_open_window(ct: Ct) -> None:
    ran = ct("fields", now=NOW)

    assert "Care home for November 2026" in ran.out
    assert "Home care for November 2026" in ran.out


def test_fields_list_the_vacancies_by_bed_type_when_asked(ct: Ct) -> None:
    assert "ypd_used" in ct("fields", "--service", "care-home", "--all", now=NOW).out


def test_fields_as_json_hold_every_item_with_its_basis(ct: Ct) -> None:
    answer = json.loads(ct("fields", "--service", "home-care", "--json", now=NOW).out)

    (collection,) = answer["data"]["collections"]
    items = {field["key"]: field for group in collection["groups"] for field in group["fields"]}
    assert {key for key, item in items.items() if item["mandatory"]} == {
        "people_using_service",
        "care_workers_employed",
    }
    assert items["people_using_service"]["basis"] == "export"
    assert collection["month"] == "2026-11"


def test_fields_say_plainly_where_no_list_is_known(ct: Ct) -> None:
    ran = ct("fields", "--service", "hospice", now=NOW)

    assert ran.status == 0
    assert "ct knows no list of what is asked here" in ran.out


def test_fields_of_a_survey_come_from_the_users_own_folder(
    ct: Ct, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "waiting.toml").write_text(
        'service = "care-home"\ntitle = "Waiting lists"\nsurvey = true\nopens = 2026-10-02\ncloses = 2026-10-23\n'
        'source = "A letter"\n[[group]]\nname = "Waiting"\n'
        'items = [{ key = "people_waiting", label = "People waiting", unit = "people" }]\n',
        encoding="utf-8",
    )
    monkeypatch.setenv("CT_COLLECTIONS", str(tmp_path))

    ran = ct("fields", "--collection", "waiting", now=NOW)

    assert "open 2 October 2026 to 23 October 2026, both included" in ran.out
    assert "people_waiting" in ran.out
    assert "your own file" in ran.out
    assert ct("fields", "--collection", "waiting", "--month", "2026-10").status == ExitStatus.USAGE


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--service", "hospitl"), "is not a service"),
        (("--month", "2024-13"), "is not a month"),
        (("--collection", "nursing-care-2023"), "There is no survey"),
    ],
)
def test_fields_asked_for_wrongly_are_answered_in_a_sentence(ct: Ct, arguments: tuple[str, ...], words: str) -> None:
    ran = ct("fields", *arguments, now=NOW)

    assert ran.status == ExitStatus.USAGE
    assert words in ran.err


def test_explain_says_what_a_code_means_what_to_do_and_how_well_that_is_known(ct: Ct) -> None:
    ran = ct("explain", "staff-per-bed-unusual")

    assert "--confirm staff-per-bed-unusual" in ran.out
    assert "0.66 to 6.00" in ran.out
    assert "What to do:" in ran.out
    assert "Skills for Care" in ran.out
    assert "Holds for: care home\n" in ran.out


@pytest.mark.parametrize("given", ["BEDS_OVER_CAPACITY", " beds-over-capacity ", "beds over capacity"])
def test_explain_does_not_mind_how_a_code_is_written(ct: Ct, given: str) -> None:
    assert ct("explain", given).out.startswith("beds-over-capacity\n")


def test_explain_asks_for_no_note_where_none_is_needed(ct: Ct) -> None:
    said = ct("explain", "replaces-figures").out
    assert "--confirm replaces-figures" in said and "--note" not in said


def test_explain_answers_a_misspelt_code_with_the_nearest(ct: Ct) -> None:
    ran = ct("explain", "beds-over-capasity")

    assert ran.status == ExitStatus.USAGE
    assert "did you mean beds-over-capacity?" in ran.err


def test_a_failure_is_explained_with_names_where_a_case_has_its_own_facts(ct: Ct) -> None:
    assert "The store PATH cannot be used: REASON. REMEDY" in ct("explain", "store-unusable").out


def test_explain_knows_failures_and_exit_statuses(ct: Ct) -> None:
    assert "ends with status 2" in ct("explain", "not-a-month").out
    assert "window is not open" in ct("explain", "7").out
    every = ct("explain", "exit-status").out
    assert all(f"\n{int(status)} " in every for status in ExitStatus)


def test_explain_without_a_code_lists_them_all(ct: Ct) -> None:
    answer = json.loads(ct("explain", "--json").out)

    listed = {one["code"] for one in answer["data"]["explanations"]}
    assert {"mandatory-missing", "personal-data", "settings-unreadable", "130"} <= listed
