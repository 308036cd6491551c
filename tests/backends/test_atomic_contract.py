"""All or none, in every store."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ct_cli.backends import api_paths as paths
from ct_cli.backends.contract import Backend, NewEntry, OutcomeKind, Submission
from ct_cli.backends.server_refusals import ServerTooOld, TooLargeForAllOrNone
from ct_cli.backends.sqlite import SqliteBackend
from ct_cli.server import record_route, routes
from ct_cli.server.examples import RETURN
from tests.backends.conftest import KINDS, location, record, submission
from tests.backends.serving import BY_ITS_OWN_CLOCK, Served

CONFLICT, HELD_BACK = OutcomeKind.CONFLICT, OutcomeKind.HELD_BACK


def kinds(outcomes: Any) -> list[OutcomeKind]:
    return [OutcomeKind.ACCEPTED if isinstance(it, NewEntry) else it.kind for it in outcomes]


@pytest.mark.parametrize("way", ["record", "record_rows"])
def test_one_that_conflicts_keeps_all_out(backend: Backend, way: str) -> None:
    [first] = record(backend, submission("LOC456", occupied=20))
    given = [submission("LOC123"), submission("LOC456", occupied=21, expected_version=2), submission("LOC123")]
    outcomes = getattr(backend, way)(given, atomic=True)
    assert kinds(outcomes) == [HELD_BACK, CONFLICT, HELD_BACK]
    assert outcomes[1].entry == first.entry
    assert [entry for entry in backend.walk() if entry != first.entry] == []
    assert kinds(getattr(backend, way)(given)) == [OutcomeKind.ACCEPTED, CONFLICT, OutcomeKind.ALREADY_RECORDED]


@pytest.mark.parametrize("way", ["record", "record_rows"])
def test_where_all_can_be_all_are_recorded(backend: Backend, way: str) -> None:
    record(backend, submission("LOC456"))
    given = [submission("LOC123"), submission("LOC456"), submission("LOC456", occupied=1)]
    outcomes = getattr(backend, way)(given, atomic=True)
    assert kinds(outcomes) == [OutcomeKind.ACCEPTED, OutcomeKind.ALREADY_RECORDED, OutcomeKind.CORRECTED]
    assert len(list(backend.walk())) == 3


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """A server that judges by its own rules and clock."""
    monkeypatch.setenv("CT_NOW", "2024-12-10T10:00:00+00:00")
    store = KINDS["sqlite"](tmp_path)
    with Served(lambda: store.open(rehearsing=True), BY_ITS_OWN_CLOCK) as made:
        made.save_locations([location("LOC123", beds=40), location("LOC456", beds=40)])
        yield made


def _full(location_id: str, **values: int) -> Submission:
    return submission(location_id, values={**RETURN["values"], **values})


def test_what_a_servers_rules_refuse_keeps_all_out_and_every_problem_is_told(served: Served) -> None:
    given = [_full("LOC123"), _full("LOC456", occupied=99), _full("LOC999")]
    for _ in range(2):
        outcomes = served.record_rows(given, atomic=True)
        assert kinds(outcomes) == [HELD_BACK, OutcomeKind.REFUSED, OutcomeKind.REFUSED]
        assert all(it.problems for it in outcomes[1:])
        assert list(served.walk()) == []
    assert kinds(served.record(given)) == [OutcomeKind.ACCEPTED, OutcomeKind.REFUSED, OutcomeKind.REFUSED]


def test_what_is_too_large_for_all_or_none_is_refused_before_anything_is_sent(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paths, "MOST_TOGETHER", 2)
    given = [_full("LOC123"), _full("LOC456"), submission("LOC456")]
    for way in (served.record, served.record_rows):
        with pytest.raises(TooLargeForAllOrNone) as told:
            way(given, atomic=True)
        assert "2 returns" in told.value.sentence
    assert list(served.walk()) == []


def test_an_older_server_is_named_as_what_to_upgrade_and_nothing_is_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [route] = record_route.RECORD_ROUTES
    old = [replace(it, query=()) if it.path == route.path else it for it in routes.ROUTES]
    monkeypatch.setattr("ct_cli.server.application.ROUTES", tuple(old))
    with Served(lambda: SqliteBackend(tmp_path / "ct.sqlite3")) as made:
        with pytest.raises(ServerTooOld) as told:
            made.record([submission()], atomic=True)
        assert "upgrade ct there" in told.value.sentence
        assert list(made.walk()) == []
