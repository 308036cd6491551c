"""`ct report compliance`: the counts, the page, the sheets, the values, and what a public one leaves out."""

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from ct_cli.backends.sqlite import SqliteBackend
from ct_cli.register.location import Location, User
from ct_cli.register.sighting import Sighting, SightingKind
from ct_cli.returns.the_return import ReturnKind
from ct_cli.windows.month import Month
from tests.conftest import Ran
from tests.reports.conftest import BEDS, CARE, HOME, LAST, STAFF, locations, submission

NOW = "2024-12-10T12:00:00+00:00"


def values(ct: Callable[..., Ran], *arguments: str, now: str = NOW) -> dict[str, Any]:
    ran = ct("report", "compliance", "--out", "-", "--format", "json", *arguments, now=now)
    assert ran.status == 0, ran.err
    found: dict[str, Any] = json.loads(ran.out)
    return found


def html(ct: Callable[..., Ran], *arguments: str) -> str:
    ran = ct("report", "compliance", "--out", "-", "--format", "html", *arguments, now=NOW)
    assert ran.status == 0, ran.err
    return ran.out


def test_each_month_has_what_was_owed_made_and_not_made(ct: Callable[..., Ran], council: Path) -> None:
    report = values(ct)

    assert (report["first"], report["last"]) == ("2024-01", "2024-12")
    whole = {month["month"]: dict(map(tuple, month["groups"]))["All services"] for month in report["months"]}
    assert whole["2024-01"] == {"owed": 24, "made": 24, "missing": 0, "rate": 100.0}
    assert whole["2024-10"] == {"owed": 24, "made": 23, "missing": 1, "rate": 95.8}
    assert whole["2024-12"] == {"owed": 24, "made": 12, "missing": 12, "rate": 50.0}
    assert report["months"][-1]["state"] == "open"


def test_the_grid_has_a_letter_for_each_month(ct: Callable[..., Ran], council: Path) -> None:
    grid = {row["location_id"]: row["letters"] for row in values(ct)["grid"]}

    assert grid["LOC102"] == "RRRRRRRRRXXo"
    assert grid["LOC103"] == "RRXRXRXRXRRo"
    assert grid["LOC104"] == "RRRRRRRRRRNo"
    assert grid["LOC112"] == "R" * 12


def test_those_at_risk_are_listed_with_the_severest_first(ct: Callable[..., Ran], council: Path) -> None:
    report = values(ct)

    assert [(row["location_id"], row["level"], row["why"]) for row in report["at_risk"]] == [
        ("LOC103", "notice-level", "missed 4 in 12"),
        ("LOC102", "at-risk", "missed the last 2"),
    ]
    assert report["at_risk"][1]["users"] == 2
    assert report["risks"][0] == {"group": "All services", "none": 22, "at_risk": 1, "notice": 1, "not_known": 0}


def test_a_location_without_an_early_record_stands_the_same_in_status_report_chase_and_reminders(
    ct: Callable[..., Ran], council: Path, tmp_path: Path
) -> None:
    with SqliteBackend(council) as backend:  # registered in January; the first return that is known is September's
        backend.save_locations(locations(2, first=200))
        backend.save_users([User(id, f"{id}@example.org".lower(), "") for id in ("LOC200", "LOC201")])
        backend.record([submission("LOC200", HOME, Month(2024, 9))])
    now = "2024-12-10T12:00:00+00:00"
    status = json.loads(ct("status", "LOC200", "LOC201", "--json", now=now).out)["data"]["obligations"]
    report = values(ct)
    planned = json.loads(ct("remind", "--dry-run", "--json", now=now).out)["data"]["would_send"]
    reminded = {it["recipient"]: it["risk"] for it in planned}
    ct("report", "chase", "--out", str(tmp_path / "chase.csv"), now=now)
    with (tmp_path / "chase.csv").open(encoding="utf-8-sig", newline="") as file:
        called = {row["Location ID"]: row["Risk"] for row in csv.DictReader(file)}

    assert [(row["known_risk"], row["if_missed"]) for row in status] == [("at-risk", "notice-level"), ("none", "none")]
    assert [row["level"] for row in report["at_risk"] if row["location_id"] in {"LOC200", "LOC201"}] == ["at-risk"]
    assert report["risks"][0]["not_known"] == 1
    assert (reminded["loc200@example.org"], reminded["loc201@example.org"]) == ("notice-level", "none")
    assert (called["LOC200"], called["LOC201"]) == ("at risk", "not known")


def test_evidence_tells_the_risk_that_status_tells(ct: Callable[..., Ran], council: Path) -> None:
    told = datetime(2024, 12, 1, tzinfo=UTC)
    with SqliteBackend(council) as backend:  # one of unknown beginnings, and one whose noughts were seen
        backend.save_locations(locations(2, first=200))
        backend.record([submission("LOC200", HOME, Month(2024, 9))])
        noughts = (Month(2024, 8), Month(2024, 10), Month(2024, 11))
        backend.save_sightings([Sighting("LOC201", CARE, SightingKind.REPORT, told, not_done=noughts)])
    same = ("known_risk", "known_risk_why", "known_risk_months", "rests_on_no_record")

    by_status = {row["location_id"]: [row[key] for key in same] for row in _obligations(ct)}
    for location_id in ("LOC102", "LOC103", "LOC104", "LOC112", "LOC200", "LOC201"):
        ran = ct("evidence", location_id, "--out", "-", "--format", "html", "--json", now=NOW)
        (risk,) = json.loads(ran.out)["data"]["risks"]
        assert [risk[key] for key in same] == by_status[location_id]
    assert [by_status[id][0] for id in ("LOC102", "LOC103", "LOC200", "LOC201")] == [
        "at-risk", "notice-level", "at-risk", "notice-level",
    ]  # fmt: skip
    assert by_status["LOC200"][3]


def test_beds_come_by_type_where_they_were_given_so_and_always_make_the_whole(
    ct: Callable[..., Ran], council: Path
) -> None:
    typed = {"dementia_nursing_total": 40, "dementia_nursing_used": 30, "dementia_nursing_spare": 4}
    with SqliteBackend(council) as backend:
        backend.record([submission("LOC112", HOME, LAST, {**BEDS, **STAFF, **typed}, day=10)])
        # Seen in Capacity Tracker after its last return; the one of LOC116 before it, which is then passed over.
        later, earlier = datetime(2024, 12, 10, 9, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC)
        seen = json.dumps({"ypd_total": 8, "ypd_used": 8})
        backend.save_sightings(
            Sighting(id, HOME, SightingKind.EXPORT, later, at, content=seen)
            for id, at in (("LOC114", later), ("LOC116", earlier))
        )

    beds = values(ct)["beds"]

    assert beds["types"] == [
        {"name": "Dementia nursing", "total": 40, "occupied": 30, "admittable": 4, "not_admittable": 6},
        {"name": "Young physically disabled", "total": 8, "occupied": 8, "admittable": 0, "not_admittable": 0},
        {"name": "Type not given", "total": 360, "occupied": 324, "admittable": 27, "not_admittable": 9},
    ]
    assert beds["whole"]["total"] == 408
    assert (beds["homes_with"], beds["homes_without"]) == (11, 1)  # LOC104's last was a nil return


def test_how_long_ago_each_was_updated(ct: Callable[..., Ran], council: Path) -> None:
    found = {row["words"]: row["services"] for row in values(ct)["freshness"]}

    assert found == {
        "in the last 7 days": 12,
        "8 to 31 days ago": 11,
        "32 to 62 days ago": 0,
        "63 to 365 days ago": 1,
        "more than a year ago": 0,
        "never, as far as ct knows": 0,
    }


def test_queries_are_counted_by_provider_and_explained_ones_apart(ct: Callable[..., Ran], council: Path) -> None:
    twice = {
        **STAFF,
        "agency_nurses": 5,
        "nurses_employed": 5,
        "agency_care_workers": 30,
        "agency_non_care_workers": 10,
    }
    with SqliteBackend(council) as backend:
        backend.record([
            submission("LOC112", HOME, LAST, {**BEDS, **twice}, day=10),
            submission("LOC114", HOME, LAST, {**BEDS, **twice}, day=10, confirmed=("agency-equals-employed",)),
        ])  # fmt: skip

    queries = values(ct)["queries"]
    rows = {row["provider"]: row for row in queries["providers"]}

    assert ["agency-equals-employed", 1] in rows["Provider 0"]["codes"]
    assert rows["Provider 0"]["queried"] >= 1
    assert "agency-equals-employed" not in dict(map(tuple, rows.get("Provider 2", {"codes": []})["codes"]))
    assert queries["sound"] + queries["queried"] == 24


def test_staff_unchanged_for_too_long_and_a_nil_return_after_people_are_among_the_queries_by_provider(
    ct: Callable[..., Ran], council: Path
) -> None:
    more = {**BEDS, **STAFF, "care_workers_employed": 31}
    with SqliteBackend(council) as backend:  # all homes have had 42 staff since January; one says one more
        backend.record([submission("LOC112", HOME, LAST, more, day=10)])
        backend.record([submission("LOC114", HOME, LAST, kind=ReturnKind.NIL, day=10)])

    queries = values(ct)["queries"]

    codes = {row["provider"]: dict(map(tuple, row["codes"])) for row in queries["providers"]}
    assert codes["Provider 2"] == {"staff-unchanged-long": 1, "nil-after-people": 1}
    assert "staff-unchanged-long" not in codes.get("Provider 0", {})
    listed = {it["location_id"] for it in _obligations(ct, "--unchanged-long")}
    assert dict(map(tuple, queries["codes"]))["staff-unchanged-long"] == len(listed) == 9


def _obligations(ct: Callable[..., Ran], *asked: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(ct("status", *asked, "--json", now=NOW).out)["data"]["obligations"]
    return found


def test_a_report_is_narrowed_by_council_region_provider_and_months(ct: Callable[..., Ran], council: Path) -> None:
    with SqliteBackend(council) as backend:
        backend.save_locations(locations(2, "Otherton", 200))

    assert [row["name"] for row in values(ct)["councils"]] == ["Exampleshire", "Otherton"]
    assert values(ct, "--local-authority", "otherton")["locations"] == 2
    assert values(ct, "--provider", "P1")["area"] == "P1"
    assert values(ct, "--region", "South West")["locations"] == 26
    assert [it["month"] for it in values(ct, "--from", "2024-03", "--to", "2024-04")["months"]] == [
        "2024-03",
        "2024-04",
    ]


def test_a_location_that_left_is_in_the_months_it_owed_and_not_in_the_last(
    ct: Callable[..., Ran], council: Path
) -> None:
    from dataclasses import replace
    from datetime import date

    with SqliteBackend(council) as backend:
        place = next(it for it in locations(24) if it.id == "LOC110")
        backend.save_locations([replace(place, ended_on=date(2024, 10, 31))])

    report = values(ct)

    assert {row["location_id"]: row["letters"] for row in report["grid"]}["LOC110"][-1] == "-"
    assert report["locations"] == 23


def test_the_page_stands_alone_and_holds_no_markup_of_the_registers(ct: Callable[..., Ran], council: Path) -> None:
    with SqliteBackend(council) as backend:
        backend.save_locations([Location("LOC103", "<script>Rose</script>", (HOME,), "A & B <b>", "", '"x"')])

    page = html(ct)

    assert "<script" not in page
    assert "&lt;script&gt;Rose" in page
    assert not re.search(r'(?:src|href)="(?!#)', page)
    assert "http" not in re.sub(r"http-equiv", "", page)
    assert "Made in a rehearsal." in page


def test_a_page_in_the_nations_size_shows_councils_instead_of_locations(
    ct: Callable[..., Ran], council: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ct_cli.actions.compliance_reading.MOST_ROWS_ON_A_PAGE", 10)
    with SqliteBackend(council) as backend:
        backend.save_locations(locations(2, "Otherton", 200))

    page = html(ct)

    assert "26 services are more than a page can show" in page
    assert "Response of each council, month by month" in page
    assert len(values(ct)["grid"]) == 26


def test_a_page_of_400_locations_over_24_months_is_under_a_megabyte(ct: Callable[..., Ran], council: Path) -> None:
    with SqliteBackend(council) as backend:
        backend.save_locations(locations(400, first=200))

    page = html(ct, "--from", "2023-01")

    assert page.count("<tr><th scope=row>") >= 400
    assert len(page.encode()) < 1_000_000


def test_the_workbook_has_a_sheet_for_each_part(ct: Callable[..., Ran], council: Path, tmp_path: Path) -> None:
    file = tmp_path / "report.xlsx"
    ran = ct("report", "compliance", "--out", str(file), now=NOW)
    book = CalamineWorkbook.from_path(file)

    assert ran.status == 0, ran.err
    assert {"Month by month", "Response", "Risk", "At risk", "Beds", "Freshness", "Queries"} <= set(book.sheet_names)
    grid = book.get_sheet_by_name("Month by month").to_python()
    assert grid[0][:3] == ["location_id", "location_name", "service"]
    assert grid[3][-1] == "open, not yet made"
    assert book.get_sheet_by_name("Response").to_python()[1][2:] == ["All services", 24, 24, 0, 100]


def test_a_csv_goes_to_stdout_and_no_cell_of_it_is_a_formula(ct: Callable[..., Ran], council: Path) -> None:
    with SqliteBackend(council) as backend:
        backend.save_locations([Location("LOC103", "=HYPERLINK(1)", (HOME,))])

    ran = ct("report", "compliance", "--out", "-", "--format", "csv", now=NOW)
    rows = list(csv.reader(io.StringIO(ran.out)))

    assert len(rows) == 25
    assert rows[4][1] == "'=HYPERLINK(1)"


def test_a_public_report_names_nobody_and_shows_no_count_under_six(ct: Callable[..., Ran], council: Path) -> None:
    report, page = values(ct, "--public"), html(ct, "--public")

    assert not {"House", "LOC1", "Provider 1", "example.org"} & {
        word for word in ("House", "LOC1", "Provider 1", "example.org") if word in page or word in json.dumps(report)
    }
    assert (report["grid"], report["at_risk"], report["queries"]["providers"]) == ([], [], [])
    counts = re.findall(r'<td class="n">(\d+)</td>|<strong>(\d+)</strong>', page)
    assert counts
    assert all(int(a or b) >= 6 for a, b in counts)
    october = dict(map(tuple, report["months"][9]["groups"]))["All services"]
    assert october == {"owed": 24, "made": None, "missing": None, "rate": None}
    assert "[c]" in page


def test_what_is_left_out_of_a_public_report_does_not_follow_from_the_rest(
    ct: Callable[..., Ran], council: Path
) -> None:
    """For each sum in it: never one left out alone, and never less than six left out together."""
    whole, public = values(ct), values(ct, "--public")
    sums = 0
    for open_month, month in zip(whole["months"], public["months"], strict=True):
        before, after = (dict(map(tuple, it["groups"])) for it in (open_month, month))
        for group, found in after.items():
            hidden = [what for what in ("made", "missing") if found[what] is None]
            if hidden and found["owed"] is not None:
                sums += 1
                assert len(hidden) == 2
                assert sum(before[group][what] for what in hidden) >= 6
    for level in ("none", "at_risk", "notice", "not_known"):
        first, *others = [(row[level], old[level]) for row, old in zip(public["risks"], whole["risks"], strict=True)]
        hidden = [old for shown, old in others if shown is None]
        if first[0] is not None and hidden:
            assert len(hidden) > 1
            assert sum(hidden) >= 6
    assert sums


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--out", "x.docx"], "end the name in .html"),
        (["--out", "-"], "give --format"),
        (["--out", "-", "--format", "xlsx"], "cannot go to stdout"),
        (["--out", "x.html", "--local-authority", "Exampelshire"], "did you mean Exampleshire?"),
        (["--out", "x.html", "--region", "Nowhere"], "the region 'Nowhere'"),
        (["--out", "x.html", "--from", "2024-08", "--to", "2024-02"], "before it begins"),
        (["--out", "x.html", "--to", "2025-02"], "its window opens on"),
        (["--out", "no/such/x.html"], "cannot be written"),
    ],
)
def test_what_cannot_be_reported_is_refused_in_words(
    ct: Callable[..., Ran], council: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    arguments: list[str], words: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)

    ran = ct("report", "compliance", *arguments, now=NOW)

    assert ran.status == 2
    assert words in ran.err
    assert not list(tmp_path.glob("x.*"))


def test_an_empty_register_is_told_of(ct: Callable[..., Ran]) -> None:
    ran = ct("report", "compliance", "--out", "x.html", now=NOW)

    assert ran.status == 2
    assert "locations import" in ran.err


def test_before_its_window_opens_a_month_is_not_in_the_report(ct: Callable[..., Ran], council: Path) -> None:
    assert values(ct, now="2024-12-07T12:00:00+00:00")["last"] == "2024-11"
    assert values(ct, now="2024-12-20T12:00:00+00:00")["months"][-1]["state"] == "closed"
