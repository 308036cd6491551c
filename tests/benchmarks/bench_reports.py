"""How long the compliance page takes for the nation, against the queries that it makes and the three seconds allowed.

Its queries are the very statements that it sends to the store, with their rows fetched and nothing done with them:
they are noted while it is made once, and sent again. The floor's times have the three seconds added, so that a ratio
of at most 1 is the target met.
"""

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from nation import MONTHS, NOW, nation
from ratio import Row, compare

from ct_cli.actions.compliance_reading import ReportAsked, read_compliance
from ct_cli.actions.workplace import Workplace
from ct_cli.backends.sqlite import SqliteBackend
from ct_cli.reports.compliance_page import page
from ct_cli.settings import Settings

ALLOWED = 3.0
"""Seconds beyond the queries."""


def rows(rounds: int, *, small: bool) -> list[Row]:
    """31,000 locations over 24 months, from the store to the page; the public one too."""
    locations = 40 if small else 31_000
    store = nation(locations)
    os.environ["CT_NOW"] = NOW
    try:
        about = {"CT_STORE": str(store), "CT_CACHE": str(store.parent)}
        workplace = Workplace(Settings(store.parent / "none.toml", environment=about))
        found = [_page(workplace, locations, min(rounds, 3), public=public) for public in (False, True)]
        workplace.close()
        return found
    finally:
        del os.environ["CT_NOW"]


def _page(workplace: Workplace, locations: int, rounds: int, *, public: bool) -> Row:
    asked = ReportAsked(first=MONTHS[-1], last=MONTHS[0], public=public, every_row=False)
    backend = workplace.backend
    assert isinstance(backend, SqliteBackend)
    sent = _sent(workplace, asked)
    row = compare(
        f"{'public' if public else 'compliance'} page, {locations} locations, 24 months",
        f"its {len(sent)} queries, and {ALLOWED:.0f} s",
        lambda: [backend._read(sql, given) for sql, given in sent],
        lambda: page(read_compliance(workplace, asked)),
        1.0,
        rounds=rounds,
    )
    return replace(row, floor=tuple(time + ALLOWED for time in row.floor))


def _sent(workplace: Workplace, asked: ReportAsked) -> list[tuple[str, Sequence[Any]]]:
    """Each statement that the report sends, with its parameters."""
    sent: list[tuple[str, Sequence[Any]]] = []
    read = SqliteBackend._read

    def noting(self: SqliteBackend, sql: str, given: Sequence[Any]) -> list[Any]:
        sent.append((sql, given))
        return read(self, sql, given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SqliteBackend, "_read", noting)
        read_compliance(workplace, asked)
    assert sent
    return sent
