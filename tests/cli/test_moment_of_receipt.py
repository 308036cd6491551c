"""Received is when the command had all of it: the last answer, or the whole file, however long recording takes."""

import io
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from ct_cli.actions import submit_file
from ct_cli.actions.taking.order import FileOrder, Terms
from ct_cli.actions.taking.submitted import Fate
from ct_cli.actions.workplace import Workplace
from ct_cli.clock import LONDON
from ct_cli.register.location import Location
from ct_cli.returns.identity import Service
from ct_cli.settings import read_settings
from ct_cli.windows.month import Month
from tests.cli.conftest import GOOD, sets

Ct = Callable[..., Any]
CLOSE = datetime(2024, 12, 17, tzinfo=UTC)
LAST = CLOSE - timedelta(microseconds=1)
IDS = [f"1-{number:09}" for number in range(12)]
FILE = "\n".join([",".join(["location_id", *GOOD]), *[",".join([id, *GOOD.values()]) for id in IDS]])


@pytest.fixture
def workplace(home: Path, monkeypatch: pytest.MonkeyPatch) -> Workplace:
    monkeypatch.setenv("CT_NOW", LAST.isoformat())
    workplace = Workplace(read_settings())
    workplace.backend.save_locations([Location(id, "Home", (Service.CARE_HOME,), beds=40) for id in IDS])
    return workplace


def test_a_file_has_one_moment_however_long_its_rows_take(
    workplace: Workplace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(submit_file, "CHUNK", 2)
    monkeypatch.setattr(submit_file, "BLOCK", 2)
    file = tmp_path / "returns.csv"
    file.write_text(FILE)

    def midnight_strikes(done: int, total: int) -> None:
        monkeypatch.setenv("CT_NOW", CLOSE.isoformat())

    answer = submit_file.submit_file(workplace, FileOrder(str(file), month=Month(2024, 12)), Terms(), midnight_strikes)
    assert answer.counts == {Fate.ACCEPTED: len(IDS)} and answer.fulfilling == len(IDS)
    assert {entry.received_at for id in IDS for entry in workplace.backend.history(id)} == {LAST}


class Trickle(io.BytesIO):
    """Standard input of which the last part comes when the clock stands elsewhere."""

    def __init__(self, whole: bytes, at_the_end: Callable[[], None]) -> None:
        super().__init__(whole)
        self._at_the_end = at_the_end

    def read(self, size: int | None = -1) -> bytes:
        part = super().read(200 if size is None or size < 0 else min(size, 200))
        if part and not self.getbuffer()[self.tell() :]:
            self._at_the_end()
        return part


def test_standard_input_is_received_when_it_has_ended(
    workplace: Workplace, ct: Ct, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not when its first row was here: the rest may come a day later."""

    def midnight_strikes() -> None:
        monkeypatch.setenv("CT_NOW", CLOSE.isoformat())

    given = io.TextIOWrapper(Trickle(FILE.encode(), midnight_strikes))
    monkeypatch.setattr(sys, "stdin", given)
    ran = ct("submit", "--file", "-", "--format", "csv", "--month", "2024-12", "--json")
    assert ran.status == 7
    assert json.loads(ran.out)["data"]["counts"] == {"outside-window": len(IDS)}


CLOSING = {"2024-12": 16, "2024-09": 16, "2024-04": 15, "2025-03": 14, "2028-04": 18, "2026-10": 14}
"""The last day of some months' windows by the notice's rule, in winter and in summer, two of them in months in which
the clocks change."""


@pytest.mark.parametrize(("month", "last"), CLOSING.items(), ids=CLOSING)
def test_the_edges_of_a_window_hold_to_the_microsecond(workplace: Workplace, ct: Ct, month: str, last: int) -> None:
    year, number = map(int, month.split("-"))
    step = timedelta(microseconds=1)
    opens, ends = (datetime(year, number, day, tzinfo=LONDON).astimezone(UTC) for day in (8, last + 1))
    edges = [(opens - step, False), (opens, True), (ends - step, True), (ends, False)]
    for at, (edge, inside) in enumerate(edges):
        for zone in (UTC, LONDON, timezone(timedelta(hours=-11))):
            now = edge.astimezone(zone).isoformat()
            ran = ct("submit", IDS[at], "--month", month, *sets(), "--json", now=now)
            assert ran.status == (0 if inside else 7), ran.out
            [result] = json.loads(ran.out)["data"]["results"]
            assert result["fulfils"] is inside
    kept = [[entry.received_at for entry in workplace.backend.history(id)] for id in IDS[:4]]
    assert kept == [[], [opens], [ends - step], []]
