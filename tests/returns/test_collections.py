"""What is asked, version by version."""

import pytest

from ct_cli.returns.catalogue import PACKAGED, Catalogue
from ct_cli.returns.identity import Service
from ct_cli.windows.month import Month


@pytest.mark.parametrize(
    ("service", "month", "id"),
    [
        (Service.CARE_HOME, "2022-08", "care-home-2022-07-31"),
        (Service.CARE_HOME, "2022-09", "care-home-2022-07-31"),
        (Service.CARE_HOME, "2022-10", "care-home-2022-09-16"),
        (Service.CARE_HOME, "2023-07", "care-home-2022-09-16"),
        (Service.CARE_HOME, "2023-08", "care-home-2023-07-15"),
        (Service.CARE_HOME, "2024-04", "care-home-2023-07-15"),
        (Service.CARE_HOME, "2024-05", "care-home-2024-04-26"),
        (Service.CARE_HOME, "2025-10", "care-home-2024-04-26"),
        (Service.CARE_HOME, "2025-11", "care-home-2025-11-01"),
        (Service.HOME_CARE, "2022-08", "home-care-2022-07-31"),
        (Service.HOME_CARE, "2026-01", "home-care-2025-11-01"),
    ],
)
def test_a_month_is_asked_by_the_version_in_force_when_its_window_opens(service: Service, month: str, id: str) -> None:
    assert Catalogue.load().for_month(service, Month.parse(month)).id == id


def test_nothing_is_asked_before_the_duty_began_nor_of_services_whose_list_is_not_known() -> None:
    catalogue = Catalogue.load()

    assert catalogue.for_month(Service.CARE_HOME, Month(2022, 7)).items == ()
    assert catalogue.for_month(Service.HOSPICE, Month(2026, 1)).items == ()


def test_every_packaged_file_is_a_version_of_its_service_on_the_date_in_its_name() -> None:
    catalogue = Catalogue.load()
    versions = [version for service in Service for version in catalogue.versions(service)]

    assert {version.id for version in versions} == {path.stem for path in PACKAGED.glob("*.toml")}
    assert all(version.id == f"{version.service}-{version.effective_from}" for version in versions)
