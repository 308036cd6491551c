"""Capacity Tracker's CSV downloads and its monthly report, in the spellings of their several editions."""

from datetime import UTC, datetime

import pytest

from ct_cli.register.seen import ReadExport
from ct_cli.register.tracker_rows import NotAnExport, period_of, read_rows
from ct_cli.returns.catalogue import Catalogue
from ct_cli.returns.identity import Service
from ct_cli.windows.month import Month

LABELS = {
    item.key: [item.label]
    for service in (Service.CARE_HOME, Service.HOME_CARE)
    for item in Catalogue().for_month(service, Month(2024, 12)).items
}


def read(*lines: str) -> ReadExport:
    header, *rows = ([cell.strip() for cell in line.split("|")] for line in lines)
    return read_rows(header, list(enumerate(rows, 2)), LABELS)


@pytest.mark.parametrize(
    "header",
    [
        "cqcid|maxcapacity|usedbeds|hoursabsence|lastupdatedutc",
        "CQC_ID|Max_Capacity|Used Beds|Hours_Absense|LastUpdatedUTC",
    ],
)
def test_a_care_homes_row_is_read_whatever_the_editions_spelling(header):
    seen = read(header, "loc123|40.0|36|12|2024-12-09 10:00:00").seen[0]
    assert (seen.location_id, seen.service) == ("LOC123", Service.CARE_HOME)
    assert seen.values == {"maximum_capacity": 40, "occupied": 36, "hours_absence": 12}
    assert seen.updated_at == datetime(2024, 12, 9, 10, tzinfo=UTC)


def test_a_home_care_row_is_read():
    seen = read(
        "cqcid|serviceusercount|usersnhsla|cqccareworkersemployed|canprovidermorehours|extrahourscount|confirmedsave|"
        "cqcsurveylastupdatedutc",
        "LOC456|31|20|12|TRUE|20.0|1|09/12/2024 10:00",
    ).seen[0]
    assert seen.service is Service.HOME_CARE
    assert seen.values == {
        "people_using_service": 31, "people_nhs_or_council": 20, "care_workers_employed": 12,
        "can_provide_more_hours": "yes", "extra_hours": 20,
    }  # fmt: skip
    assert seen.confirmed_save is True


@pytest.mark.parametrize(
    ("utc", "bst", "expected"),
    [
        ("15/07/2024 22:30", "15/07/2024 23:30", "2024-07-15T22:30:00+00:00"),
        ("", "15/07/2024 23:30", "2024-07-15T22:30:00+00:00"),
        ("", "16/12/2024 23:30", "2024-12-16T23:30:00+00:00"),
        ("not a moment", "15/07/2024 23:30", "2024-07-15T22:30:00+00:00"),
    ],
)
def test_the_moment_in_utc_goes_before_londons_own(utc, bst, expected):
    seen = read("cqcid|lastupdatedutc|lastupdatedbst", f"LOC123|{utc}|{bst}").seen[0]
    assert seen.updated_at == datetime.fromisoformat(expected)


def test_columns_whose_meaning_is_not_certain_are_left_alone():
    seen = read("cqcid|declaredvacancies|nursesabsentgeneral|lastupdatedutc", "LOC123|4|3|2024-12-09").seen[0]
    assert seen.values == {}


def test_whether_a_home_admits_is_kept():
    seen = read("cqcid|admissionstatus|isacceptingadmissions|usedbeds", "LOC123|Open to  all|false|3").seen[0]
    assert (seen.admission_status, seen.accepting) == ("Open to all", False)


def test_the_monthly_report_has_a_column_for_each_period_and_the_number_of_users():
    found = read(
        "Location|CQC ID|Nov 2024|Dec 2024|Jan 2025|User Count", "Rose|loc123|1|0||1", "Lily|LOC456|1.0|x|1|many"
    )
    rose, lily = found.reported
    assert (rose.done, rose.not_done, rose.user_count) == ((Month(2024, 11),), (Month(2024, 12),), 1)
    assert (lily.done, lily.not_done, lily.user_count) == ((Month(2024, 11), Month(2025, 1)), (), None)
    assert found.unread.total() == 2


@pytest.mark.parametrize(
    "title",
    ["Dec 2024", "December 2024", "DEC-24", "2024-12", "2024-12-08", "12/2024", "08/12/2024 - 16/12/2024",
     "8 Dec 2024 to 16 Dec 2024", "2024-12-08 to 2024-12-16", "Window: December 2024", "Dec24"],
)  # fmt: skip
def test_a_period_is_known_in_any_spelling(title):
    assert period_of(title) == Month(2024, 12)


@pytest.mark.parametrize("title", ["User Count", "Location", "Total 24", "Nov 2024 to Dec 2024", "2024", "13/2024", ""])
def test_what_names_no_one_month_is_no_period(title):
    assert period_of(title) is None


def test_of_two_columns_for_one_month_the_one_that_says_done_counts():
    (said,) = read("cqcid|Dec 2024|December 2024", "LOC123|0|1").reported
    assert (said.done, said.not_done) == ((Month(2024, 12),), ())


def test_a_file_of_something_else_is_refused():
    with pytest.raises(NotAnExport, match="cqcid"):
        read("name|lastupdatedutc", "Rose|2024-12-09")
    with pytest.raises(NotAnExport, match="last updated"):
        read("cqcid|name", "LOC123|Rose")
