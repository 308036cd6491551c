"""The items of Capacity Tracker's export: any field can be absent or null."""

from datetime import UTC, datetime
from typing import Any

import pytest

from ct_cli.register.seen import ReadExport, Seen
from ct_cli.register.sighting import SightingKind
from ct_cli.register.tracker_items import ItemReader, bed_type
from ct_cli.returns.catalogue import Catalogue
from ct_cli.returns.identity import Service
from ct_cli.returns.rules.beds import BED_TYPES
from ct_cli.windows.month import Month


def read(*items: object) -> ReadExport:
    found = ReadExport(SightingKind.EXPORT)
    ItemReader(found).take(items)
    return found


def one(**item: Any) -> Seen:
    return read({"cqcId": "LOC123", **item}).seen[0]


def test_an_item_with_nothing_but_its_id_is_read():
    assert one() == Seen("LOC123", None, None, {})


def test_ids_come_in_capitals():
    assert read({"cqcId": " loc123 "}).seen[0].location_id == "LOC123"


@pytest.mark.parametrize("item", [{"cqcId": None}, {"cqcId": ""}, {"cqcId": 12}, {}, None, [], "LOC123"])
def test_an_item_without_an_id_is_counted_and_passed_over(item):
    found = read(item, {"cqcId": "LOC123"})
    assert [it.location_id for it in found.seen] == ["LOC123"]
    assert (found.rows, found.unread.total()) == (2, 1)


@pytest.mark.parametrize(
    ("item", "service"),
    [
        ({"isCareHome": True}, Service.CARE_HOME),
        ({"isHospice": True, "isCareHome": False}, Service.HOSPICE),
        ({"isSubstanceMisuse": True}, Service.SUBSTANCE_MISUSE),
        ({"isCommunity": True}, Service.COMMUNITY_REHABILITATION),
        ({"cqcType": "Domiciliary care service"}, Service.HOME_CARE),
        ({"cqcType": "Care home service with nursing"}, Service.CARE_HOME),
        ({"cqcType": "Something new", "isCareHome": False}, None),
        ({"cqcType": None, "isCareHome": None}, None),
    ],
)
def test_the_service_is_by_the_flags_and_else_by_the_type(item, service):
    assert one(**item).service is service


def test_workforce_fills_the_items_that_ct_asks():
    seen = one(
        workforce={"nursesEmployed": 4, "agencyNursesEmployed": 0, "hoursPaid": 812.0, "nursesAbsent": None, "new": 1}
    )
    assert seen.values == {"nurses_employed": 4, "agency_nurses": 0, "hours_paid": 812}


def test_a_figure_that_is_no_count_is_left_out_and_noted():
    found = read(
        {"cqcId": "LOC123", "workforce": {"nursesEmployed": -4, "careWorkersEmployed": "many", "hoursPaid": 8.5}}
    )
    assert found.seen[0].values == {}
    assert found.unread.total() == 3


def test_beds_are_kept_by_type_and_summed_where_each_type_gives_the_number():
    seen = one(
        vacancies=[
            {"bedType": "Dementia Nursing", "total": 20, "used": 17, "reserved": 1, "spare": 2, "closed": 0},
            {"bedType": "General Residential", "total": 10.0, "used": 9, "spare": 1, "closureReason": "a name"},
        ]
    )
    assert seen.values == {
        "dementia_nursing_total": 20, "dementia_nursing_used": 17, "dementia_nursing_reserved": 1,
        "dementia_nursing_spare": 2, "dementia_nursing_closed": 0, "general_residential_total": 10,
        "general_residential_used": 9, "general_residential_spare": 1, "maximum_capacity": 30, "occupied": 26,
        "accepting_admissions": 3,
    }  # fmt: skip


def test_the_beds_of_a_type_that_ct_does_not_know_are_in_no_sum():
    found = read(
        {"cqcId": "LOC123", "vacancies": [{"bedType": "Underwater", "total": 9}, {"bedType": "YPD", "total": 3}]}
    )
    assert found.seen[0].values == {"ypd_total": 3}
    assert found.unread.total() == 1


@pytest.mark.parametrize("vacancies", [None, {}, "none", [None], [{}], [{"bedType": 3}]])
def test_vacancies_that_are_none_do_no_harm(vacancies):
    assert one(vacancies=vacancies).values == {}


def test_free_text_is_not_taken_in():
    item = {
        "admissionStatus": "Closed\nby  " + "x" * 99,
        "vacancies": [{"bedType": "YPD", "closed": 1, "closureReason": "Mrs Made Up"}],
    }
    seen = one(**item, vaccinations=[{"questionText": "Mrs Made Up", "response": "1"}])
    assert "Made Up" not in repr(seen)
    assert len(seen.admission_status) == 60


def test_a_moment_without_a_zone_is_utc_and_that_is_noted():
    found = read({"cqcId": "LOC123", "vacanciesLastUpdated": "2024-12-09T10:00:00"})
    assert found.seen[0].updated_at == datetime(2024, 12, 9, 10, tzinfo=UTC)
    assert found.zone_assumed == 1
    assert read({"cqcId": "LOC123", "vacanciesLastUpdated": "2024-12-09T10:00:00Z"}).zone_assumed == 0


def test_each_figure_of_a_bed_type_is_an_item_of_the_collection():
    asked = Catalogue().for_month(Service.CARE_HOME, Month(2026, 11)).by_key
    assert {f"{name}_spare" for name in BED_TYPES} <= asked.keys()


@pytest.mark.parametrize("words", ["Dementia Nursing", "dementia-nursing", "DEMENTIA_NURSING", "Dementia – nursing"])
def test_a_bed_type_is_known_in_any_spelling(words):
    assert bed_type(words) == "dementia_nursing"
    assert bed_type("Young physically disabled (YPD)") == "ypd"
    assert bed_type("Underwater") is None
