"""A dry run foresees exactly what the real run does: at every door, whatever stands there already.

What was recorded before comes from all sides: returns and nil returns, corrections, rehearsals, what Capacity
Tracker was seen to have, with its figures and without.
"""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

import httpx
import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from ct_cli.actions.make_nil_return import make_nil_return
from ct_cli.actions.submit_file import submit_file
from ct_cli.actions.submit_return import submit_return
from ct_cli.actions.taking.order import FileOrder, Order, Terms
from ct_cli.actions.taking.submitted import Fate, ReturnsSubmitted
from ct_cli.actions.workplace import Workplace
from ct_cli.backends.contract import Source
from ct_cli.backends.http_api import HttpBackend
from ct_cli.backends.http_connection import Connection
from ct_cli.backends.server_address import ServerAddress
from ct_cli.backends.sqlite import SqliteBackend
from ct_cli.backends.wire import plain
from ct_cli.clock import LONDON
from ct_cli.register.location import Location
from ct_cli.returns.identity import Service
from ct_cli.returns.the_return import NilReason
from ct_cli.settings import read_settings
from ct_cli.windows.month import Month
from tests.backends.conftest import nil, submission
from tests.backends.serving import BY_ITS_OWN_CLOCK, SECRET, add_key, quay
from tests.cli.conftest import GOOD

NOW = datetime(2024, 12, 10, 10, tzinfo=LONDON)
CARE_HOME = Service.CARE_HOME
MONTHS = (Month(2024, 11), Month(2024, 12))
"""One whose window is shut, and one whose window is open."""

figures = st.integers(34, 36).map(lambda n: {**GOOD, "occupied": str(n), "accepting_admissions": str(39 - n)})
terms = st.builds(Terms, outside_window=st.booleans())
months = st.sampled_from(MONTHS)
reasons = st.sampled_from([NilReason.NO_STAFF, NilReason.CLOSING])
rehearsals = st.booleans()
confirmed = st.booleans()
rows = st.lists(
    st.fixed_dictionaries(
        {"place": st.integers(0, 1), "month": months, "figures": figures, "reason": st.one_of(st.none(), reasons),
         "unchanged": st.booleans(), "confirm": confirmed}
    ),
    min_size=1, max_size=4,
)  # fmt: skip


class Doors(RuleBasedStateMachine):
    """Returns by every door, each tried first and then done."""

    store: ClassVar[Callable[..., SqliteBackend]]
    url: ClassVar[str]
    folder: ClassVar[Path]
    set_now: ClassVar[Callable[[bool], None]]
    numbers: ClassVar[Any]

    def __init__(self) -> None:
        super().__init__()
        number = next(self.numbers)
        self.places = (f"LOC{number}A", f"LOC{number}B")
        with self.store() as opened:
            opened.save_locations(Location(it, "Home", (CARE_HOME,), "Rose Care", beds=40) for it in self.places)

    # What is there already.

    @rule(place=st.integers(0, 1), month=months, figures=figures, fulfils=st.booleans(), rehearsal=rehearsals,
          source=st.sampled_from([Source.RECORDED_HERE, Source.CAPACITY_TRACKER]), empty=st.booleans())  # fmt: skip
    def somebody_else_records(self, place: int, figures: dict[str, str], empty: bool, **said: Any) -> None:
        values = {} if empty and said["source"].seen else {key: int(value) for key, value in figures.items()}
        with self.store() as opened:
            opened.record([submission(self.places[place], values=values, **said)])

    @rule(place=st.integers(0, 1), month=months, reason=reasons, rehearsal=rehearsals)
    def somebody_else_makes_a_nil_return(self, place: int, **said: Any) -> None:
        with self.store() as opened:
            opened.record([nil(self.places[place], collection="care-home-2024-04-26", **said)])

    # What is tried, and then done.

    @rule(place=st.integers(0, 1), month=months, figures=figures, terms=terms, rehearsal=rehearsals, http=st.booleans(),
          unchanged=st.booleans(), confirm=confirmed)  # fmt: skip
    def submit(
        self, place: int, month: Month, figures: dict[str, str], terms: Terms, unchanged: bool, confirm: bool,
        **around: bool,
    ) -> None:  # fmt: skip
        order = Order(self.places[place], month=month, **_confirming(confirm))
        given = None if unchanged else figures
        self.both(lambda workplace, terms: submit_return(workplace, order, given, terms), terms, **around)

    @rule(place=st.integers(0, 1), month=months, reason=reasons, terms=terms, rehearsal=rehearsals, http=st.booleans(),
          confirm=confirmed)  # fmt: skip
    def make_nil(
        self, place: int, month: Month, reason: NilReason, terms: Terms, confirm: bool, **around: bool
    ) -> None:
        order = Order(self.places[place], month=month, **_confirming(confirm))
        self.both(lambda workplace, terms: make_nil_return(workplace, order, reason, terms), terms, **around)

    @rule(rows=rows, terms=terms, rehearsal=rehearsals, http=st.booleans(), atomic=st.booleans())
    def submit_a_file(
        self, rows: list[dict[str, Any]], terms: Terms, rehearsal: bool, http: bool, atomic: bool
    ) -> None:
        path = self.folder / "returns.csv"
        text = io.StringIO()
        names = ["location_id", "month", "service", *GOOD, "nil_reason", "unchanged", "confirm", "note"]
        writer = csv.DictWriter(text, names)
        writer.writeheader()
        writer.writerows(map(self.cells, rows))
        path.write_text(text.getvalue())
        order = FileOrder(str(path), atomic=atomic)
        told = []
        for dry_run in (True, False):
            with self.at_work(rehearsal=rehearsal, http=http) as workplace:
                answer = submit_file(workplace, order, replace(terms, dry_run=dry_run))
                found = plain(list(answer.rows))
                told.append((answer, found))
        (dry, dry_rows), (real, real_rows) = told
        for one, other in zip(dry_rows, real_rows, strict=True):
            if one["receipt"] is None:
                other["receipt"] = None
            else:
                assert one["fate"] == Fate.ALREADY_RECORDED
        assert dry_rows == real_rows
        assert (dry.counts, dry.fulfilling, dry.changed) == (real.counts, real.fulfilling, real.changed)
        assert (dry.problems, dry.exit_status) == (real.problems, real.exit_status)

    @rule(given=rows, outside_window=st.booleans(), atomic=st.booleans())
    def post_a_batch(self, given: list[dict[str, Any]], **query: bool) -> None:
        self.set_now(True)
        body = "\n".join(json.dumps(_in_a_batch(self.posted(row))) for row in given).encode()
        dry, real = (self.post("/v1/returns/batch", body, dry_run=dry_run, **query) for dry_run in (True, False))
        assert (dry.status_code, real.status_code) == (200, 200), dry.text
        told = [[json.loads(line) for line in answer.text.splitlines()] for answer in (dry, real)]
        for one, other in zip(*told, strict=True):
            if one.get("receipt_id") is None:
                other.pop("receipt_id", None), one.pop("receipt_id", None)
        assert told[0] == told[1]

    @rule(row=rows.map(lambda it: it[0]), outside_window=st.booleans())
    def post_one(self, row: dict[str, Any], outside_window: bool) -> None:
        self.set_now(True)
        body = json.dumps(self.posted(row)).encode()
        dry, real = (
            self.post("/v1/returns", body, "application/json", dry_run=dry_run, outside_window=outside_window)
            for dry_run in (True, False)
        )
        told = [answer.json() for answer in (dry, real)]
        results = [it.get("result", it) for it in told]
        assert _foreseeable(results[0], results[1])
        assert [it.get("errors") for it in told[:1]] == [it.get("errors") for it in told[1:]]
        assert dry.status_code == (200 if real.status_code == 201 else real.status_code)

    # Inside.

    def both(
        self, run: Callable[[Workplace, Terms], ReturnsSubmitted], terms: Terms, *, rehearsal: bool, http: bool
    ) -> None:
        """Try it, do it, and hold the one against the other."""
        told = []
        for dry_run in (True, False):
            with self.at_work(rehearsal=rehearsal, http=http) as workplace:
                told.append(run(workplace, replace(terms, dry_run=dry_run)))
        dry, real = told
        for one, other in zip(dry.results, real.results, strict=True):
            assert _foreseeable(plain(one), plain(other))
        assert (dry.problems, dry.exit_status, dry.to_enter, dry.tell_cqc) == (
            real.problems, real.exit_status, real.to_enter, real.tell_cqc,
        )  # fmt: skip

    def at_work(self, *, rehearsal: bool, http: bool) -> Any:
        """A workplace at the store itself or, only as a rehearsal, for its server has its own clock, over HTTP."""
        self.set_now(rehearsal or http)
        workplace = Workplace(read_settings(), NOW)
        if http:
            backend: Any = HttpBackend(Connection(ServerAddress.parse(self.url), lambda: SECRET))
        else:
            backend = self.store(rehearsing=rehearsal)
        workplace.__dict__.update(backend=backend, taking_in=workplace)
        return _Closing(workplace)

    def cells(self, row: dict[str, Any]) -> dict[str, str]:
        here = {"location_id": self.places[row["place"]], "month": str(row["month"]), "service": "care-home"}
        here |= {"confirm": "replaces-figures"} if row["confirm"] else {}
        if row["reason"]:
            return {**here, "nil_reason": row["reason"]}
        return {**here, "unchanged": "yes"} if row["unchanged"] else {**here, **row["figures"]}

    def posted(self, row: dict[str, Any]) -> dict[str, Any]:
        here = {"location_id": self.places[row["place"]], "month": str(row["month"]), "service": "care-home"}
        here |= {"confirm": ["replaces-figures"]} if row["confirm"] else {}
        if row["reason"]:
            return {**here, "kind": "nil", "reason": row["reason"]}
        if row["unchanged"]:
            return {**here, "kind": "unchanged"}
        return {**here, "values": {key: int(value) for key, value in row["figures"].items()}}

    def post(self, path: str, body: bytes, kind: str = "application/x-ndjson", **query: bool) -> httpx.Response:
        headers = {"Authorization": f"Bearer {SECRET}", "Content-Type": kind}
        asked = {name: str(value).lower() for name, value in query.items()}
        answer = httpx.post(self.url + path, content=body, headers=headers, params=asked, trust_env=False)
        assert answer.status_code < 500, answer.text
        return answer


def _in_a_batch(given: dict[str, Any]) -> dict[str, Any]:
    """A return as a batch's lines have it: by the names that a file's columns have."""
    told = {name: value for name, value in given.items() if name not in {"reason", "values", "kind"}}
    told |= given.get("values", {})
    if "reason" in given:
        return {**told, "nil_reason": given["reason"]}
    return {**told, "unchanged": "yes"} if "values" not in given else told


class _Closing:
    """Closes a workplace at the end of `with`."""

    def __init__(self, workplace: Workplace) -> None:
        self._workplace = workplace

    def __enter__(self) -> Workplace:
        return self._workplace

    def __exit__(self, *_: object) -> None:
        self._workplace.backend.close()


def _confirming(confirm: bool) -> dict[str, Any]:
    return {"confirm": frozenset({"replaces-figures"})} if confirm else {}


def _foreseeable(dry: dict[str, Any], real: dict[str, Any]) -> bool:
    """Whether a dry run told all that became of a return, but for the receipt of what was not written yet."""
    known = dry["receipt"] or real["receipt"]
    assert dry["receipt"] is None or dry["fate"] in {Fate.ALREADY_RECORDED, Fate.CONFLICT}
    assert (dry["receipt"] is None) <= (real["fate"] != Fate.ALREADY_RECORDED)
    assert {**dry, "receipt": known} == real
    return True


def test_a_dry_run_foresees_what_the_real_run_does(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def set_now(rehearsing: bool) -> None:
        if rehearsing:
            monkeypatch.setenv("CT_NOW", NOW.isoformat())
        else:
            monkeypatch.delenv("CT_NOW", raising=False)

    def store(**given: Any) -> SqliteBackend:
        return SqliteBackend(tmp_path / "ct.sqlite3", **given)

    add_key(store)
    url = quay().moor(lambda: store(rehearsing=True), BY_ITS_OWN_CLOCK)
    of_this_test = {
        "store": staticmethod(store), "url": url, "folder": tmp_path, "set_now": staticmethod(set_now),
        "numbers": count(1),
    }  # fmt: skip
    try:
        given = settings(max_examples=15, stateful_step_count=8, deadline=None, phases=[Phase.reuse, Phase.generate])
        run_state_machine_as_test(type("Doors_", (Doors,), of_this_test), settings=given)
    finally:
        quay().leave(url)


def test_a_sighting_beside_a_return_does_not_make_it_a_correction(home: Path) -> None:
    workplace = Workplace(read_settings(), NOW)
    workplace.backend.save_locations([Location("LOC1", "Home", (CARE_HOME,), beds=40)])
    order, here = Order("LOC1", month=MONTHS[1]), Terms()
    [first] = submit_return(workplace, order, GOOD, here).results
    seen = {**{key: int(value) for key, value in GOOD.items()}, "occupied": 35, "accepting_admissions": 4}
    workplace.backend.record([submission("LOC1", values=seen, source=Source.CAPACITY_TRACKER)])
    [dry] = submit_return(workplace, order, GOOD, replace(here, dry_run=True)).results
    [real] = submit_return(workplace, order, GOOD, here).results
    assert dry == real == replace(first, fate=Fate.ALREADY_RECORDED)


def test_a_row_that_says_the_same_again_has_no_receipt_that_is_not_written_yet(home: Path, tmp_path: Path) -> None:
    workplace = Workplace(read_settings(), NOW)
    workplace.backend.save_locations([Location("LOC1", "Home", (CARE_HOME,), beds=40)])
    path = tmp_path / "twice.csv"
    row = ",".join(["LOC1", *GOOD.values()])
    path.write_text("\n".join([",".join(["location_id", *GOOD]), row, row]))
    order = FileOrder(str(path), month=MONTHS[1])
    dry = submit_file(workplace, order, Terms(dry_run=True))
    real = submit_file(workplace, order, Terms())
    fates = [Fate.ACCEPTED, Fate.ALREADY_RECORDED]
    assert [(it.fate, it.receipt) for it in dry.rows] == [(fate, None) for fate in fates]
    assert [it.fate for it in real.rows] == fates
    assert real.rows[0].receipt == real.rows[1].receipt is not None
