"""How long the compliance page takes for the nation, against the queries that it makes and the three seconds allowed.

The floor's times have those three seconds added, so that a ratio of at most 1 is the target met.
"""

import os
import tempfile
from dataclasses import replace
from pathlib import Path

from bench_status import MONTHS, NOW, _fill
from ratio import Row, compare

from ct_cli.actions.compliance_reading import ReportAsked, read_compliance
from ct_cli.actions.workplace import Workplace
from ct_cli.backends.contract import Backend
from ct_cli.backends.sqlite import SqliteBackend
from ct_cli.compliance.obligation import Counting
from ct_cli.register.location import Scope
from ct_cli.reports.compliance_page import page
from ct_cli.settings import Settings

ALLOWED = 3.0
"""Seconds beyond the queries."""


def rows(rounds: int, *, small: bool) -> list[Row]:
    """31,000 locations over 24 months, from the store to the page; the public one too."""
    locations = 40 if small else 31_000
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "nation.sqlite3"
        _fill(store, locations)
        os.environ["CT_NOW"] = NOW
        try:
            settings = Settings(Path(folder) / "none.toml", environment={"CT_STORE": str(store), "CT_CACHE": folder})
            workplace = Workplace(settings)
            found = [_page(workplace, locations, min(rounds, 3), public=public) for public in (False, True)]
            workplace.close()
            return found
        finally:
            del os.environ["CT_NOW"]


def _page(workplace: Workplace, locations: int, rounds: int, *, public: bool) -> Row:
    asked = ReportAsked(first=MONTHS[-1], last=MONTHS[0], public=public, every_row=False)
    row = compare(
        f"{'public' if public else 'compliance'} page, {locations} locations, 24 months",
        f"its queries, and {ALLOWED:.0f} s",
        lambda: _queries(workplace.backend),
        lambda: page(read_compliance(workplace, asked)),
        1.0,
        rounds=rounds,
    )
    return replace(row, floor=tuple(time + ALLOWED for time in row.floor))


def _queries(backend: Backend) -> None:
    """What a report reads, and nothing done with it."""
    assert isinstance(backend, SqliteBackend)
    scope = Scope(include_closed=True)
    backend.locations(scope)
    backend.users(scope)
    backend.months_fulfilled(scope, MONTHS[-1] + -1, MONTHS[0], Counting(rehearsing=True))
    latest = backend.latest(scope)
    backend.latest(scope, max(entry.month for entry in latest.values()))
    backend.sightings(scope)
