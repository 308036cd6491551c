"""`ct window`, as a person or a script meets it."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import icalendar
import pytest

Ct = Callable[..., "Ran"]  # noqa: F821 - conftest's


def test_one_window_is_told_in_words(ct: Ct) -> None:
    ran = ct("window", "--month", "2024-12", now="2024-12-10T12:00:00+00:00")

    assert ran.status == 0
    assert "December 2024: open, 6 days 12 hours left" in ran.out
    assert "at the start of Sunday 8 December 2024" in ran.out
    assert "at the end of Monday 16 December 2024 (11:59pm)" in ran.out
    assert "14 December 2024 is a Saturday and 15 December a Sunday, so it closes on the next working day." in ran.out


def test_json_gives_the_keys_promised(ct: Ct) -> None:
    ran = ct("window", "--month", "2024-07", "--json", now="2024-07-01T12:00:00+01:00")

    document = json.loads(ran.out)
    assert (document["schema"], document["command"], document["problems"]) == ("ct/1", "window", [])
    [window] = document["data"]["windows"]
    assert window == {
        "month": "2024-07",
        "opens_at": "2024-07-08T00:00:00+01:00",
        "closes_at": "2024-07-15T23:59:59+01:00",
        "state": "upcoming",
        "moved_because": "14 July 2024 is a Sunday",
        "seconds_left": 561_600,
    }


@pytest.mark.parametrize(
    ("arguments", "months"),
    [
        ((), ["2025-01"]),
        (("--next", "1"), ["2025-01"]),
        (("--next", "3"), ["2025-01", "2025-02", "2025-03"]),
        (("--from", "2024-11", "--to", "2025-01"), ["2024-11", "2024-12", "2025-01"]),
        (("--from", "2024-11", "--to", "2024-11"), ["2024-11"]),
        (("--year", "2028"), [f"2028-{number:02}" for number in range(1, 13)]),
        (("--year", "2022"), [f"2022-{number:02}" for number in range(8, 13)]),
    ],
)
def test_the_months_asked_for_are_shown(ct: Ct, arguments: tuple[str, ...], months: list[str]) -> None:
    ran = ct("window", *arguments, "--json", now="2024-12-17T00:00:00+00:00")

    assert [window["month"] for window in json.loads(ran.out)["data"]["windows"]] == months


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--month", "2024-13"), "'2024-13' is not a month"),
        (("--month", "Dec 2024"), "is not a month"),
        (("--month", "2024-2"), "is not a month"),
        (("--month", "２０２４-12"), "is not a month"),
        (("--month", ""), "is not a month"),
        (("--next", "0"), "from 1 to 120"),
        (("--next", "121"), "from 1 to 120"),
        (("--next", "100000"), "from 1 to 120"),
        (("--next", "-1"), "from 1 to 120"),
        (("--next", "1_0"), "from 1 to 120"),
        (("--next", "١٢"), "from 1 to 120"),
        (("--next", "6.0"), "from 1 to 120"),
        (("--from", "2024-12", "--to", "2024-11"), "2024-12 is after 2024-11"),
        (("--from", "2024-12"), "--from needs --to"),
        (("--to", "2024-12"), "--to needs --from"),
        (("--from", "2022-08", "--to", "2099-01"), "at most 120"),
        (("--month", "2024-12", "--next", "3"), "--month and --next cannot be used together"),
        (("--year", "2024", "--from", "2024-01"), "--year and --from cannot be used together"),
        (("--year", "24"), "is not a year"),
        (("--year", "0000"), "is not a year"),
        (("--year", "2101"), "The bank holidays of 2101 are not known"),
        (("--month", "9999-12"), "The bank holidays of 9999 are not known"),
        (("--ics", "x.ics", "--check"), "cannot be used together"),
        (("--ics", ""), "needs the name of a file"),
        (("--ics", "-", "--month", "2020-01"), "no windows in the months asked for"),
    ],
)
def test_what_cannot_be_shown_is_refused_with_what_to_type(ct: Ct, arguments: tuple[str, ...], told: str) -> None:
    ran = ct("window", *arguments)

    assert ran.status == 2
    assert told in ran.err
    assert ran.out == ""


def test_months_before_the_duty_are_said_to_have_had_no_window(ct: Ct) -> None:
    ran = ct("window", "--from", "2022-06", "--to", "2022-08")

    assert ran.status == 0
    assert "August 2022" in ran.out
    assert "No window: June 2022 to July 2022. The duty to make a return has been in force since 31 July" in ran.out
    assert "8 June" not in ran.out


@pytest.mark.parametrize(
    ("now", "status", "state"),
    [
        ("2024-07-07T23:59:59+01:00", 7, "upcoming"),
        ("2024-07-08T00:00:00+01:00", 0, "open"),
        ("2024-07-15T23:59:59.999999+01:00", 0, "open"),
        ("2024-07-16T00:00:00+01:00", 7, "closed"),
        ("2024-07-15T22:59:59Z", 0, "open"),
        ("2024-07-15T23:00:00Z", 7, "closed"),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="TZ is not how Windows is told its zone")
@pytest.mark.parametrize("zone", ["UTC", "Pacific/Honolulu", "Pacific/Auckland"])
def test_the_edges_hold_whatever_the_machines_zone(
    ct: Ct, zone: str, now: str, status: int, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import time

    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        ran = ct("window", "--month", "2024-07", "--check", "--json", now=now)
    finally:
        monkeypatch.undo()
        time.tzset()

    assert ran.status == status
    assert json.loads(ran.out)["data"]["windows"][0]["state"] == state


@pytest.mark.skipif(sys.platform == "win32", reason="TZ is not how Windows is told its zone")
@pytest.mark.parametrize(
    ("zone", "month", "shown"),
    [
        ("UTC", "2024-07", "11:00pm on Sunday 7 July 2024 (UTC)"),
        ("Pacific/Honolulu", "2024-12", "1:59pm on Monday 16 December 2024 (HST)"),
        ("Pacific/Auckland", "2024-12", "12:59pm on Tuesday 17 December 2024 (NZDT)"),
        ("UTC", "2024-12", None),
        ("Europe/London", "2024-07", None),
        ("Europe/Dublin", "2024-07", None),
    ],
)
def test_another_zone_sees_both_times(installed_ct: Ct, zone: str, month: str, shown: str | None) -> None:
    ran = installed_ct("window", "--month", month, TZ=zone)

    assert ("By this machine's clock" in ran.out) == (shown is not None)
    assert (shown or "") in ran.out


@pytest.mark.skipif(sys.platform == "win32", reason="TZ is not how Windows is told its zone")
@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("UTC", ("11:00pm Sun 7 Jul 2024", "10:59pm Mon 15 Jul 2024", "clock (UTC)")),
        ("Pacific/Auckland", ("12:59pm Tue 17 Dec 2024", "11:00am Mon 8 Jul 2024", "clock (NZST, NZDT)")),
        ("Europe/London", None),
    ],
)
def test_a_table_of_several_shows_both_times_too(installed_ct: Ct, zone: str, shown: tuple[str, ...] | None) -> None:
    ran = installed_ct("window", "--from", "2024-07", "--to", "2024-12", TZ=zone)

    assert "Mon 16 Dec 2024" in ran.out
    assert ("Closes here" in ran.out) == (shown is not None)
    assert all(words in ran.out for words in shown or ())


def test_the_calendar_file_is_written_whole_and_says_what_it_holds(ct: Ct, tmp_path: Path) -> None:
    file = tmp_path / "windows.ics"
    file.write_text("an earlier one", encoding="utf-8")

    ran = ct("window", "--ics", str(file), now="2024-12-17T00:00:00+00:00")

    assert ran.status == 0
    assert "12 windows, January 2025 to December 2025" in ran.out
    assert len(icalendar.Calendar.from_ical(file.read_bytes()).walk("VEVENT")) == 12
    assert [path.name for path in tmp_path.iterdir() if path.suffix] == ["windows.ics"]


@pytest.mark.skipif(sys.platform == "win32", reason="making a link there takes a privilege")
def test_a_link_to_a_calendar_file_stays_a_link(ct: Ct, tmp_path: Path) -> None:
    (tmp_path / "link.ics").symlink_to(tmp_path / "real.ics")

    assert ct("window", "--ics", str(tmp_path / "link.ics")).status == 0

    assert (tmp_path / "link.ics").is_symlink()
    assert (tmp_path / "real.ics").read_bytes().startswith(b"BEGIN:VCALENDAR")


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such thing there")
def test_what_is_not_a_file_is_not_replaced(ct: Ct) -> None:
    ran = ct("window", "--ics", "/dev/null")

    assert ran.status == 2
    assert "it is not a file" in ran.err
    assert Path("/dev/null").is_char_device()


def test_a_calendar_on_stdout_keeps_its_line_ends(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    from ct_cli.cli.program import run

    assert run(["window", "--year", "2028", "--ics", "-"]) == 0

    assert len(icalendar.Calendar.from_ical(capfdbinary.readouterr().out).walk("VEVENT")) == 12


def test_a_calendar_asked_for_in_json_is_in_the_envelope(ct: Ct) -> None:
    data = json.loads(ct("window", "--month", "2028-04", "--ics", "-", "--json").out)["data"]

    assert data["months"] == ["2028-04"]
    assert data["calendar"].startswith("BEGIN:VCALENDAR\r\n")


@pytest.mark.parametrize(
    ("place", "told"), [("", "it is a folder"), ("no/such/windows.ics", "there is no such folder")]
)
def test_a_calendar_that_cannot_be_written_is_refused_with_the_reason(
    ct: Ct, tmp_path: Path, place: str, told: str
) -> None:
    before = sorted(tmp_path.iterdir())

    ran = ct("window", "--ics", str(tmp_path / place))

    assert ran.status == 2
    assert told in ran.err
    assert sorted(tmp_path.iterdir()) == before
