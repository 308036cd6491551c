"""Bank holidays in England: from the `holidays` package, kept in the user's cache, and added to by the user.

`import holidays` takes 110 to 190 ms, so a year once worked out is kept as a small file. A holiday can be
proclaimed nine days ahead (19 September 2022 was), so users add their own in the settings without a new release.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path


@dataclass(frozen=True)
class EnglishBankHolidays:
    """Bank holidays in England by year, each year read once."""

    cache_folder: Path
    proclaimed: Mapping[date, str] = field(default_factory=dict)
    """The user's own additions, which win over the package's."""
    _years: dict[int, dict[str, str]] = field(default_factory=dict, repr=False)

    def name_of(self, day: date) -> str | None:
        """The holiday's name, or None where the day is not one."""
        if day in self.proclaimed:
            return self.proclaimed[day]
        if day.year not in self._years:
            self._years[day.year] = self._year(day.year)
        return self._years[day.year].get(day.isoformat())

    def _year(self, year: int) -> dict[str, str]:
        import importlib.metadata

        # The package's version is in the name, so that an upgrade (a proclaimed holiday) is seen at once.
        version = importlib.metadata.version("holidays")
        path = self.cache_folder / f"bank-holidays-england-{year}-{version}.json"
        return _read(path) or _work_out(year, path)


def _read(path: Path) -> dict[str, str] | None:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None  # Whatever ails the cache, the year can be worked out again.
    whole = isinstance(found, dict) and all(isinstance(name, str) for name in found.values())
    return found if whole and found else None


def _work_out(year: int, path: Path) -> dict[str, str]:
    import holidays

    found = {
        day.isoformat(): name for day, name in sorted(holidays.country_holidays("GB", subdiv="ENG", years=year).items())
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.write_text(json.dumps(found), encoding="utf-8")
        part.replace(path)
    except OSError:
        return found  # A cache that cannot be written costs time, not truth; `ct doctor` tells of it.
    return found
