"""Moments and counts as Capacity Tracker's files have them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ct_cli.clock import LONDON
from ct_cli.register.tracker_cells import NotRead, read_count, read_flag, read_moment


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("2024-07-15T23:30:00", UTC, "2024-07-15T23:30:00+00:00"),
        ("2024-07-15 23:30:00.1234567", UTC, "2024-07-15T23:30:00.123456+00:00"),
        ("2024-07-15T23:30:00Z", UTC, "2024-07-15T23:30:00+00:00"),
        ("2024-07-15T23:30:00+01:00", UTC, "2024-07-15T22:30:00+00:00"),
        ("2024-07-15 23:30:00 UTC", UTC, "2024-07-15T23:30:00+00:00"),
        ("15/07/2024 23:30", UTC, "2024-07-15T23:30:00+00:00"),
        ("15/07/2024 23:30:05", LONDON, "2024-07-15T22:30:05+00:00"),
        ("09/12/2024 23:30", LONDON, "2024-12-09T23:30:00+00:00"),
        ("2024-07-15", UTC, "2024-07-14T23:00:00+00:00"),
        ("15/07/2024", UTC, "2024-07-14T23:00:00+00:00"),
    ],
)
def test_a_moment_is_read_in_each_of_its_spellings(text, zone, expected):
    assert read_moment(text, zone)[0] == datetime.fromisoformat(expected)


@pytest.mark.parametrize("text", ["", "  ", "null", "NaN", "0001-01-01T00:00:00", "01/01/1900 00:00"])
def test_what_stands_for_never_is_no_moment(text):
    assert read_moment(text, UTC) is None


@pytest.mark.parametrize("text", ["yesterday", "31/02/2024", "2024-13-01", "45634.5", "9999-12-31T23:59:59"])
def test_what_is_no_moment_is_refused(text):
    with pytest.raises(NotRead):
        read_moment(text, UTC)


@given(st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)))
def test_a_moment_survives_being_written_and_read(moment):
    assert read_moment(moment.isoformat(sep=" "), UTC) == (moment.replace(tzinfo=UTC), True) or not moment.time()
    moment = moment.replace(microsecond=0)
    found = read_moment(f"{moment:%d/%m/%Y %H:%M:%S}", UTC)
    assert found == (moment.replace(tzinfo=UTC), True)


@pytest.mark.parametrize(
    ("given", "expected"),
    [(36, 36), (0, 0), (36.0, 36), ("36", 36), (" 36.0 ", 36), ("36.", 36), ("", None), (None, None), ("NaN", None)],
)
def test_a_count_is_whole_and_blank_is_not_nought(given, expected):
    assert read_count(given) == expected


@pytest.mark.parametrize(
    "given", [36.5, "36.5", -1, "-1", True, "１２", "1_000", "1e3", 1_000_000, "many", [], float("nan")]
)
def test_what_is_no_count_is_refused(given):
    with pytest.raises(NotRead):
        read_count(given)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (True, True),
        ("TRUE", True),
        ("Yes", True),
        ("1", True),
        (False, False),
        ("no", False),
        ("", None),
        (None, None),
        ("perhaps", None),
    ],
)
def test_a_flag_is_yes_or_no_or_not_known(given, expected):
    assert read_flag(given) is expected
