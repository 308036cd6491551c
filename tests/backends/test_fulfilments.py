"""Fulfilments as rows of text: there and back, and whether they may be told as they are."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from ct_cli.backends.fulfilments import Fulfilment, as_ct_writes, fulfilment_of, fulfilment_row
from ct_cli.backends.submission import Source
from ct_cli.returns.identity import Service
from ct_cli.returns.the_return import ReturnKind
from ct_cli.windows.month import Month

MADE = Fulfilment(
    "LOC123", Service.CARE_HOME, Month(2024, 12), ReturnKind.NIL, "a" * 16, datetime(2024, 12, 9, 10, tzinfo=UTC), 2,
    Source.RECORDED_HERE, True,
)  # fmt: skip
ROW = fulfilment_row(MADE)


def test_a_fulfilment_is_the_same_after_it_was_a_row() -> None:
    assert fulfilment_of(ROW) == MADE
    assert as_ct_writes([ROW, ROW])
    assert as_ct_writes([])


def test_a_moment_is_spelt_in_utc_to_the_microsecond() -> None:
    summer = timezone(timedelta(hours=1))
    assert fulfilment_row(MADE._replace(received_at=datetime(2024, 6, 9, 10, tzinfo=summer))) == (
        *ROW[:5], "2024-06-09T09:00:00.000000+00:00", *ROW[6:],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("place", "altered"),
    [
        (1, "lodging"), (2, "202412"), (3, "perhaps"), (7, "hearsay"), (5, 3), (5, None), (5, ""),
        (5, "9 December 2024"),
        (5, "2024-12-09T10:00:00+00:00"), (5, "2024-12-09T10:00:00.000000+01:00"),
        (5, '2024-12-09"10:00:00.000000+00:00'),
        (5, "2024-13-09T10:00:00.000000+00:00"), (5, "2024-W49-1T10:00:00.000000+00:00"),
        (5, "2024-12-09T10:00:00.00000\N{ARABIC-INDIC DIGIT ONE}+00:00"),
    ],
)  # fmt: skip
def test_what_ct_would_not_write_is_not_told_as_it_is(place: int, altered: object) -> None:
    row = (*ROW[:place], altered, *ROW[place + 1 :])
    assert not as_ct_writes([ROW, row, ROW])  # type: ignore[list-item]
