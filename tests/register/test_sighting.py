"""What makes one sighting say something else than another: every field, save where and when it was taken in."""

from datetime import UTC, datetime
from typing import Any

import pytest

from ct_cli.register.sighting import Sighting, SightingKind
from ct_cli.returns.identity import Service
from ct_cli.windows.month import Month

FIRST = Sighting("LOC123", Service.CARE_HOME, SightingKind.EXPORT, datetime(2024, 12, 9, tzinfo=UTC))
ANOTHER: dict[str, Any] = {
    "location_id": "LOC124",
    "service": Service.HOME_CARE,
    "kind": SightingKind.DOWNLOAD,
    "seen_at": datetime(2024, 12, 10, tzinfo=UTC),
    "updated_at": datetime(2024, 12, 8, tzinfo=UTC),
    "admission_status": "open",
    "accepting": True,
    "confirmed_save": False,
    "user_count": 2,
    "not_done": (Month(2024, 11),),
    "one_of_several": (Month(2024, 11),),
    "content": '{"occupied":3}',
}


def test_every_field_is_tried() -> None:
    assert set(ANOTHER) == set(Sighting._fields)


@pytest.mark.parametrize("name", Sighting._fields)
def test_only_where_and_when_it_was_taken_in_makes_no_difference(name: str) -> None:
    other = FIRST._replace(**{name: ANOTHER[name]})
    assert FIRST.says_as(other) is other.says_as(FIRST) is (name in {"kind", "seen_at"})
