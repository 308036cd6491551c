"""Bank holidays: what the package knows, what the cache survives, and what users add."""

import json
import stat
import subprocess
import sys
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest

from ct_cli.windows.bank_holidays import (
    FIRST_YEAR,
    LAST_YEAR,
    BankHolidaysUnknown,
    EnglishBankHolidays,
    _package_version,
)
from tests.permissions import bound_by_permissions

GOOD_FRIDAY = date(2028, 4, 14)


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """A cache of the test's own, empty."""
    folder = tmp_path / "cache"
    folder.mkdir()
    return folder


def test_next_years_bank_holidays_are_known() -> None:
    """Fails when the installed `holidays` is too old to know next year's: England has had eight since 1978."""
    import holidays

    next_year = datetime.now().astimezone().year + 1

    known = holidays.country_holidays("GB", subdiv="ENG", years=next_year)

    assert len(known) >= 8
    assert {"Good Friday", "Easter Monday", "Christmas Day"} <= set(known.values())


def test_the_years_known_are_those_of_the_package() -> None:
    import holidays

    assert (holidays.UnitedKingdom.start_year, holidays.UnitedKingdom.end_year) == (FIRST_YEAR, LAST_YEAR)


@pytest.mark.parametrize("year", [FIRST_YEAR - 1, LAST_YEAR + 1])
def test_a_year_beyond_the_packages_knowledge_is_refused_not_guessed(tmp_path: Path, year: int) -> None:
    with pytest.raises(BankHolidaysUnknown):
        EnglishBankHolidays(tmp_path).name_of(date(year, 4, 14))


def test_the_version_read_from_disk_is_the_installed_one() -> None:
    import importlib.metadata

    assert _package_version() == importlib.metadata.version("holidays")


def test_a_year_once_known_is_read_from_the_cache(cache: Path) -> None:
    EnglishBankHolidays(cache).name_of(GOOD_FRIDAY)
    [cached] = cache.iterdir()
    cached.write_text(json.dumps({"2028-04-14": "From the cache"}), encoding="utf-8")

    assert EnglishBankHolidays(cache).name_of(GOOD_FRIDAY) == "From the cache"
    assert _package_version() in cached.name


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"{}", b"\xff\xfe\x00", b'{"2028-04-14": 3}', b'{"2027-03-26": "Another year"}', b"null"],
)
def test_a_corrupt_cache_is_worked_out_again_and_mended(cache: Path, content: bytes) -> None:
    EnglishBankHolidays(cache).name_of(GOOD_FRIDAY)
    [cached] = cache.iterdir()
    sound = cached.read_bytes()
    cached.write_bytes(content)

    assert EnglishBankHolidays(cache).name_of(GOOD_FRIDAY) == "Good Friday"
    assert cached.read_bytes() == sound
    assert list(cache.iterdir()) == [cached]


def test_a_cache_that_cannot_be_made_costs_nothing_but_time(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("not a folder", encoding="utf-8")

    assert EnglishBankHolidays(in_the_way / "cache").name_of(GOOD_FRIDAY) == "Good Friday"


def test_a_folder_in_the_cache_files_place_leaves_no_litter(cache: Path) -> None:
    (cache / f"bank-holidays-england-2028-{_package_version()}.json").mkdir()

    assert EnglishBankHolidays(cache).name_of(GOOD_FRIDAY) == "Good Friday"
    assert len(list(cache.iterdir())) == 1


def test_an_unwritable_cache_is_survived(cache: Path) -> None:
    cache.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        name = bound_by_permissions(lambda: EnglishBankHolidays(cache).name_of(GOOD_FRIDAY))
        assert name == "Good Friday"
        assert list(cache.iterdir()) == []
    finally:
        cache.chmod(stat.S_IRWXU)


def test_runs_at_once_leave_one_sound_cache(cache: Path) -> None:
    body = (
        "from datetime import date; from pathlib import Path; import sys;"
        "from ct_cli.windows.bank_holidays import EnglishBankHolidays;"
        "print(EnglishBankHolidays(Path(sys.argv[1])).name_of(date(2028, 4, 14)))"
    )
    runs = [subprocess.Popen([sys.executable, "-c", body, cache], stdout=subprocess.PIPE, text=True) for _ in range(3)]

    assert [run.communicate(timeout=60)[0].strip() for run in runs] == ["Good Friday"] * 3
    [cached] = cache.iterdir()
    assert json.loads(cached.read_bytes())["2028-04-14"] == "Good Friday"


def test_a_proclaimed_holiday_in_the_settings_moves_the_close(ct: Callable, home: Path, monkeypatch) -> None:
    _settings(home, monkeypatch, '[bank_holidays]\n2024-12-16 = "Day of Thanksgiving"\n')

    ran = ct("window", "--month", "2024-12")

    assert "Tuesday 17 December 2024" in ran.out
    assert "a bank holiday (Day of Thanksgiving)" in ran.out


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ('20241216 = "X"', "write the date as 2022-09-19"),
        ('"16 December 2024" = "X"', "write the date as 2022-09-19"),
        ('2024-02-30 = "X"', "write the date as 2022-09-19"),
        ('2024-12-16 = ""', "give its name as text"),
        ("2024-12-16 = 3", "give its name as text"),
        ('2024-12-16 = ["X"]', "give its name as text"),
    ],
)
def test_a_malformed_proclaimed_holiday_is_refused_with_the_reason(
    ct: Callable, home: Path, monkeypatch, entry: str, told: str
) -> None:
    path = _settings(home, monkeypatch, f"[bank_holidays]\n{entry}\n")

    ran = ct("window", "--month", "2024-12")

    assert ran.status == 2
    assert told in ran.err
    assert str(path) in ran.err


def _settings(home: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> Path:
    path = home / "config.toml"
    path.write_text(text, encoding="utf-8")
    monkeypatch.setenv("CT_CONFIG", str(path))
    return path
