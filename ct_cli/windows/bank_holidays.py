"""Bank holidays in England: from the `holidays` package, kept in the user's cache, and added to by the user.

`import holidays` takes 110 to 190 ms, so a year once worked out is kept as a small file. A holiday can be
proclaimed nine days ahead (19 September 2022 was), so users add their own in the settings without a new release.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from ct_cli.errors import SettingRefused, UsageError
from ct_cli.settings import Settings

FIRST_YEAR = 1872
LAST_YEAR = 2100
"""The years, both included, that the `holidays` package knows for England (a test holds this to what it says)."""


class BankHolidaysUnknown(UsageError):
    """The bank holidays of {year} are not known, so no window can be worked out: ask for a year up to {last}."""

    code = "bank-holidays-unknown"


@dataclass(frozen=True)
class EnglishBankHolidays:
    """Bank holidays in England by year, each year read once."""

    cache_folder: Path
    proclaimed: Mapping[date, str] = field(default_factory=dict)
    """The user's own additions, which win over the package's."""
    _years: dict[int, dict[str, str]] = field(default_factory=dict, repr=False)

    def name_of(self, day: date) -> str | None:
        """The holiday's name, or None where the day is not one. Raises BankHolidaysUnknown outside 1872 to 2100."""
        if day in self.proclaimed:
            return self.proclaimed[day]
        if day.year not in self._years:
            self._years[day.year] = self._year(day.year)
        return self._years[day.year].get(day.isoformat())

    def _year(self, year: int) -> dict[str, str]:
        if not FIRST_YEAR <= year <= LAST_YEAR:
            raise BankHolidaysUnknown(year=year, last=LAST_YEAR)
        # The package's version is in the name, so that an upgrade (a proclaimed holiday) is seen at once.
        path = self.cache_folder / f"bank-holidays-england-{year}-{_package_version()}.json"
        return _read(path, year) or _work_out(year, path)


def read_proclaimed(settings: Settings) -> dict[date, str]:
    """The user's own bank holidays, from the table `bank_holidays`: a date, and its name. Raises SettingRefused."""
    table = settings.value("bank_holidays")
    days: dict[date, str] = {}
    for written, name in table.value.items():
        reason = ""
        try:
            day = date.fromisoformat(written)
        except ValueError:
            day = None
        if day is None or day.isoformat() != written:
            reason = 'write the date as 2022-09-19, then its name: "2022-09-19" = "State Funeral"'
        elif not isinstance(name, str) or not name.strip():
            reason = f'give its name as text, in quotes: "{written}" = "State Funeral"'
        if reason or day is None:
            given = written if day is None else name
            raise SettingRefused(key=f"bank_holidays.{written}", given=given, origin=table.place, reason=reason)
        days[day] = " ".join(name.split())
    return days


def _package_version() -> str:
    """The version of the installed `holidays`, from the name of its record on disk.

    `importlib.metadata.version` gives the same, and took 35 ms here (it reads every installed package's record);
    finding the package and listing the folder it is in took under 1 ms.
    """
    from importlib.util import find_spec

    spec = find_spec("holidays")
    if spec is not None and spec.origin:
        for record in Path(spec.origin).parent.parent.glob("holidays-*.dist-info"):
            return record.name.removeprefix("holidays-").removesuffix(".dist-info")
    import importlib.metadata

    return importlib.metadata.version("holidays")  # Installed in some other way (a system package, a zip).


def _read(path: Path, year: int) -> dict[str, str] | None:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None  # Whatever ails the cache, the year can be worked out again.
    whole = isinstance(found, dict) and all(
        day.startswith(f"{year:04}-") and isinstance(name, str) for day, name in found.items()
    )
    return found if whole and found else None


def _work_out(year: int, path: Path) -> dict[str, str]:
    import holidays

    england = holidays.country_holidays("GB", subdiv="ENG", years=year)
    found = {day.isoformat(): name for day, name in sorted(england.items())}
    _keep(path, json.dumps(found))
    return found


def _keep(path: Path, text: str) -> None:
    """Write the file whole; two runs at once write the same."""
    import contextlib

    from ct_cli.files import replace_file

    with contextlib.suppress(OSError):  # A cache that cannot be written costs time, not truth; `ct doctor` tells of it.
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, text.encode("utf-8"))
