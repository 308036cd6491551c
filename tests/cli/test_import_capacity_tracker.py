"""`ct import capacity-tracker`: what Capacity Tracker shows as updated inside a window counts as made."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Ran

AFTER = "2024-12-20T09:00:00+00:00"
INSIDE = "2024-12-09T10:00:00Z"


@pytest.fixture
def register(ct: Callable[..., Ran]) -> Callable[..., Ran]:
    ct("locations", "add", "LOC123", "--name", "Rose House", "--service", "care-home", "--beds", "40", now=AFTER)
    ct("locations", "add", "LOC456", "--name", "Lily Care", "--service", "home-care", now=AFTER)
    return ct


@pytest.fixture
def taken(register: Callable[..., Ran], tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Take files in, each given as a name and its content; the answer's data."""

    def take(**files: object) -> dict[str, Any]:
        names = []
        for name, content in files.items():
            text = content if isinstance(content, str) else json.dumps(content)
            path = tmp_path / name.replace("_", ".")
            path.write_text(text, encoding="utf-8")
            names.append(str(path))
        ran = register("import", "capacity-tracker", *names, "--json", now=AFTER)
        assert ran.status == 0, ran.err
        data: dict[str, Any] = json.loads(ran.out)["data"]
        return data

    return take


def export(*items: dict[str, Any]) -> dict[str, Any]:
    return {"totalItems": len(items), "items": list(items)}


def rose(updated: str | None = INSIDE, **given: Any) -> dict[str, Any]:
    return {"cqcId": "LOC123", "isCareHome": True, "vacanciesLastUpdated": updated, **given}


def status(ct: Callable[..., Ran], location: str = "LOC123", month: str = "2024-12") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ct("status", location, "--month", month, "--json", now=AFTER).out)["data"]
    row: dict[str, Any] = found["obligations"][0]
    return row


def test_an_update_inside_the_window_meets_the_obligation(taken, register):
    data = taken(page_json=export(rose(workforce={"nursesEmployed": 4})))
    assert (data["recorded"], data["months"]) == (1, [{"month": "2024-12", "seen": 1, "new": 1}])
    row = status(register)
    assert (row["status"], row["source"]) == ("fulfilled", "seen-in-capacity-tracker")
    assert row["received_at"].startswith("2024-12-09T10:00:00")


def test_taking_the_same_in_again_changes_nothing(taken, register):
    page = export(rose(workforce={"nursesEmployed": 4}, admissionStatus="Open"))
    report = "cqcid,Nov 2024,User Count\nLOC123,1,3\n"
    taken(page_json=page, report_csv=report)
    before = register("history", "LOC123", now=AFTER).out
    again = taken(page_json=page, report_csv=report)
    assert (again["recorded"], again["already"], again["sightings"]) == (0, 2, 0)
    assert register("history", "LOC123", now=AFTER).out == before


@pytest.mark.parametrize(
    ("updated", "month", "met"),
    [
        ("2024-07-15T22:59:59", "2024-07", True),  # 23:59:59 on the closing day in London
        ("2024-07-15T23:30:00", "2024-07", False),  # after midnight there: the window has closed
        ("2024-07-07T23:00:00", "2024-07", True),  # midnight at the start of the 8th
        ("2024-07-07T22:59:59", "2024-07", False),
        ("2024-12-16T23:30:00", "2024-12", True),
        ("2024-12-17T00:00:00", "2024-12", False),
    ],
)
def test_the_clock_is_londons(taken, register, updated, month, met):
    data = taken(page_json=export(rose(updated)))
    assert data["recorded"] == int(met)
    assert (status(register, month=month)["status"] == "fulfilled") is met


def test_pages_that_overlap_count_once_and_by_the_later_update(taken, register):
    first = export(rose("2024-12-09T10:00:00Z", workforce={"nursesEmployed": 4}))
    second = export(rose("2024-12-10T10:00:00Z", workforce={"nursesEmployed": 5}))
    assert taken(pages_json=[second, first])["recorded"] == 1
    assert status(register)["received_at"].startswith("2024-12-10")


def test_an_older_file_does_not_undo_a_newer_one(taken, register):
    taken(new_json=export(rose("2024-12-18T10:00:00Z", admissionStatus="Shut")))
    data = taken(old_json=export(rose("2024-11-12T10:00:00Z", admissionStatus="Open")))
    assert (data["recorded"], data["sightings"]) == (1, 0)
    assert status(register, month="2024-11")["status"] == "fulfilled"


def test_an_update_that_is_still_to_come_is_not_believed(taken):
    data = taken(page_json=export(rose("2025-01-09T10:00:00Z")))
    assert (data["recorded"], data["sightings"], sum(data["left_out"].values())) == (0, 0, 1)


def test_a_one_in_the_monthly_report_meets_the_month_and_a_nought_does_not(taken, register):
    data = taken(report_csv="cqcid,Nov 2024,Dec 2024,User Count\nLOC123,1,0,1\n")
    assert data["recorded"] == 1
    assert status(register, month="2024-11")["status"] == "fulfilled"
    assert status(register)["status"] == "missed"


def test_what_only_the_monthly_report_tells_has_no_day_anywhere(taken, register):
    taken(report_csv="cqcid,Nov 2024\nLOC123,1\n")
    told = status(register, month="2024-11")
    (known,) = told["returns"]
    assert told["received_at"] is known["received_at"] is None
    assert known["source"] == "seen-in-capacity-tracker-report"
    receipt = known["receipt_id"]
    pages = {
        "status": ("status", "LOC123", "--month", "2024-11"),
        "receipt": ("receipt", receipt),
        "history": ("history", "LOC123"),
        "evidence": ("evidence", "LOC123", "--out", "-", "--format", "html"),
    }
    for name, command in pages.items():
        out = register(*command, now=AFTER).out
        assert "day not given" in out and "monthly report" in out, name
    assert "return in Capacity Tracker's monthly report, day not given" in register(*pages["status"], now=AFTER).out


def test_the_export_of_a_month_that_the_report_told_of_brings_its_day(taken, register):
    taken(report_csv="cqcid,Dec 2024\nLOC123,1\n")
    data = taken(page_json=export(rose(workforce={"nursesEmployed": 4})))
    assert (data["recorded"], data["corrected"]) == (1, 0)
    told = status(register)
    assert [it["source"] for it in told["returns"]] == ["seen-in-capacity-tracker", "seen-in-capacity-tracker-report"]
    assert told["received_at"].startswith("2024-12-")


def test_the_monthly_report_adds_nothing_to_a_month_whose_figures_are_known(taken, register):
    taken(page_json=export(rose(workforce={"nursesEmployed": 4})))
    assert taken(report_csv="cqcid,Dec 2024\nLOC123,1\n")["recorded"] == 0
    assert status(register)["version"] == 1


@pytest.fixture
def two_services(register):
    register("locations", "edit", "LOC123", "--service", "care-home", "--service", "home-care", now=AFTER)
    return register


def test_a_row_of_the_report_is_not_guessed_to_be_for_one_of_two_services(taken, two_services):
    data = taken(report_csv="cqcid,Dec 2024,User Count\nLOC123,1,1\n")
    assert (data["recorded"], sum(data["left_out"].values()), data["sightings"]) == (0, 1, 2)


def test_a_one_for_one_of_two_services_is_shown_as_such_and_counted_neither_as_made_nor_as_missed(
    taken, two_services, tmp_path
):
    months = ("Sep", "Oct", "Nov", "Dec")
    for month in ("2024-08", "2024-07"):
        two_services("nil-return", "LOC123", "--reason", "no-service-users", now=f"{month}-10T10:00:00+01:00")
    taken(report_csv=f"cqcid,{','.join(f'{month} 2024' for month in months)}\nLOC123,1,1,1,1\n")
    ran = two_services("status", "LOC123", "--month", "2024-12", "--json", now=AFTER)
    rows = json.loads(ran.out)["data"]["obligations"]
    assert [(row["service"], row["status"], row["one_of_several"], row["known_risk"]) for row in rows] == [
        ("care-home", "missed", True, "none"), ("home-care", "missed", True, "none"),
    ]  # fmt: skip
    assert all(row["rests_on_unsaid"] for row in rows)
    pages = {
        "status": ("status", "LOC123", "--month", "2024-12"),
        "matrix": ("status", "--matrix", "6", "--month", "2024-12"),
        "location": ("locations", "show", "LOC123"),
        "compliance": ("report", "compliance", "--format", "html", "--out", "-"),
    }
    told = {name: two_services(*command, now=AFTER).out for name, command in pages.items()}
    assert "monthly report has a 1 for the location, and does not say for which service" in told["status"]
    assert "not counted (inferred)" in told["status"]
    assert "does not say for which service" in told["matrix"]
    assert "without saying for which service: September 2024" in told["location"]
    assert "done at the location, service not said" in told["compliance"] and "<td>?<td>?<td>?" in told["compliance"]
    two_services("report", "chase", "--out", str(tmp_path / "chase.csv"), "--month", "2024-12", now=AFTER)
    assert "by the monthly report, service not said" in (tmp_path / "chase.csv").read_text(encoding="utf-8-sig")


def test_a_later_report_takes_the_place_of_what_an_earlier_one_said_of_the_location(taken, two_services):
    taken(report_csv="cqcid,Dec 2024\nLOC123,1\n")
    taken(report_csv="cqcid,Dec 2024\nLOC123,0\n")
    assert not status(two_services)["one_of_several"]


def test_two_sources_that_disagree_are_shown_side_by_side(register, taken, monkeypatch):
    figures = {"maximum_capacity": 40, "occupied": 36, "reserved": 1, "accepting_admissions": 3, "nurses_employed": 4,
               "care_workers_employed": 30, "non_care_workers_employed": 10, "agency_nurses": 0,
               "agency_care_workers": 0, "agency_non_care_workers": 0}  # fmt: skip
    given = [part for name, value in figures.items() for part in ("--set", f"{name}={value}")]
    ran = register("submit", "LOC123", *given, now="2024-12-10T09:00:00+00:00")
    assert ran.status == 0, ran.err
    data = taken(page_json=export(rose(workforce={"nursesEmployed": 5, "careWorkersEmployed": 30})))
    (both,) = data["two_accounts"]
    assert (both["here"], both["there"]) == ("nurses_employed 4", "nurses_employed 5")
    assert [it["source"] for it in status(register)["returns"]] == ["recorded-here", "seen-in-capacity-tracker"]
    (both,) = taken(report_csv="cqcid,Dec 2024\nLOC123,0\n")["two_accounts"]
    assert (both["here"], both["there"]) == ("recorded on 10 December 2024", "not done, by its monthly report")


def test_what_is_not_in_the_register_is_named_and_not_kept(taken):
    data = taken(page_json=export(rose(), {"cqcId": "LOC999", "vacanciesLastUpdated": INSIDE}))
    assert (data["known"], data["not_in_register"]) == (1, ["LOC999"])


def test_home_care_keeps_only_the_figures_that_are_asked_of_it(taken, register):
    item = {"cqcId": "LOC456", "cqcType": "Domiciliary care", "vacanciesLastUpdated": INSIDE,
            "workforce": {"careWorkersEmployed": 12, "nursesEmployed": 0}}  # fmt: skip
    taken(page_json=export(item))
    entry = json.loads(register("history", "LOC456", "--json", now=AFTER).out)
    assert "nurses_employed" not in json.dumps(entry)
    assert register("submit", "LOC456", "--unchanged", "--dry-run", now="2025-01-09T09:00:00+00:00").status in (0, 3)


def test_a_workbook_of_the_download_and_its_csv_say_the_same(taken, tmp_path, register):
    import openpyxl

    book = openpyxl.Workbook()
    book.active.append(["cqcid", "maxcapacity", "usedbeds", "lastupdatedutc"])
    book.active.append(["LOC123", 40.0, 36, "2024-12-09 10:00:00"])
    book.save(tmp_path / "download.xlsx")
    assert taken(download_csv="cqcid;maxcapacity;usedbeds;lastupdatedutc\nLOC123;40.0;36;09/12/2024 10:00\n")[
        "recorded"
    ]
    ran = register("import", "capacity-tracker", str(tmp_path / "download.xlsx"), "--json", now=AFTER)
    assert json.loads(ran.out)["data"]["already"] == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"items":[{"cqcId":"LOC123"', "it breaks off"),
        ('{"totalItems": 0}', 'no "items"'),
        ("name,town\nRose House,Leeds\n", "cqcid"),
        ("cqcid,name\nLOC123,Rose House\n", "last updated"),
    ],
)
def test_what_is_no_export_is_refused_with_what_it_should_be(register, tmp_path, content, words):
    path = tmp_path / "file.csv"
    path.write_text(content, encoding="utf-8")
    ran = register("import", "capacity-tracker", str(path), now=AFTER)
    assert (ran.status, words in ran.err, ran.out) == (3, True, "")


def test_without_a_file_it_says_what_to_name(register):
    assert register("import", "capacity-tracker").status == 2


def test_the_page_says_what_was_seen_and_what_to_do(register, tmp_path):
    path = tmp_path / "page.json"
    path.write_text(json.dumps(export(rose(), {"cqcId": "LOC999"})), encoding="utf-8")
    out = register("import", "capacity-tracker", str(path), now=AFTER).out
    assert "December 2024                         1         1" in out
    assert "Not in the register: LOC999" in out
    assert out.rstrip().endswith("Next: ct status")


def test_from_the_api_with_a_key_that_nobody_sees(register, monkeypatch, capsys):
    from tests.register.listening import Answered, listening

    page = export(rose(), {"cqcId": "LOC456", "cqcType": "Domiciliary care", "vacanciesLastUpdated": INSIDE})
    monkeypatch.setenv("CT_CAPACITY_TRACKER_KEY", "s3cret")
    with listening(lambda *_: Answered(page)) as server:
        monkeypatch.setenv("CT_CAPACITY_TRACKER_URL", server.url)
        ran = register("import", "capacity-tracker", "--api", now=AFTER)
    assert (ran.status, server.asked[0].query["key"]) == (0, "s3cret")
    assert "2 returns recorded" in ran.out
    with listening(lambda *_: Answered("no", 403)) as server:
        monkeypatch.setenv("CT_CAPACITY_TRACKER_URL", server.url)
        refused = register("import", "capacity-tracker", "--api", now=AFTER)
    assert refused.status == 5
    assert "s3cret" not in ran.out + ran.err + refused.out + refused.err
    assert "s3cret" not in register("config", "list").out


def test_the_api_without_a_key_says_where_to_put_one(register):
    ran = register("import", "capacity-tracker", "--api")
    assert (ran.status, "CT_CAPACITY_TRACKER_KEY" in ran.err) == (2, True)


def test_locations_show_has_capacity_trackers_last_word_beside_the_registers(taken, register):
    taken(page_json=export(rose(admissionStatus="Open")), report_csv="cqcid,Nov 2024,User Count\nLOC123,0,1\n")
    out = register("locations", "show", "LOC123", now=AFTER).out
    assert "last updated on Monday 9 December 2024; admissions: Open; 1 users by its monthly report" in out
    assert "not done: November 2024" in out
