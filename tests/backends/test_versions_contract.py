"""Two people who change one location, or its users, do not overwrite each other: in every store."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from ct_cli.backends import api_paths as paths
from ct_cli.backends.contract import Backend
from ct_cli.backends.server_refusals import ServerTooOld
from ct_cli.backends.sqlite import SqliteBackend
from ct_cli.register.location import Scope, User
from ct_cli.register.versions import (
    RegisterChanged,
    version_of,
    version_of_no_user,
    version_of_none,
    version_of_user,
    version_of_users,
    versions_seen,
)
from ct_cli.server import routes
from tests.backends.conftest import Store, location
from tests.backends.serving import Served

EVERYTHING = Scope(include_closed=True)
ROSE = location("LOC123", beds=40, latitude=51.5072, longitude=-0.1)


@pytest.fixture
def pair(store: Store) -> Iterator[tuple[Backend, Backend]]:
    """One store, open twice."""
    with store.open() as one:
        one.save_locations([ROSE])
        with store.open() as other:
            yield one, other


def test_what_is_as_it_was_seen_is_saved(pair: tuple[Backend, Backend]) -> None:
    one, other = pair
    [seen] = other.locations(EVERYTHING)
    fern = location("LOC456")
    one.save_locations([replace(seen, beds=41), fern], expected=versions_seen({seen.id: seen}, [seen, fern]))
    assert [it.beds for it in other.locations(EVERYTHING)] == [41, None]


def test_what_somebody_else_changed_is_not_overwritten(pair: tuple[Backend, Backend]) -> None:
    one, other = pair
    [seen] = one.locations(EVERYTHING)
    fern = location("LOC456")
    other.save_locations([replace(seen, name="Rose Lodge")])
    for changed in ([replace(seen, beds=41)], [fern, replace(seen, beds=41)]):
        with pytest.raises(RegisterChanged) as told:
            one.save_locations(changed, expected=versions_seen({seen.id: seen}, changed))
        assert told.value.changed == ["LOC123"]
    [now] = one.locations(EVERYTHING)
    assert (now.name, now.beds) == ("Rose Lodge", 40)
    one.save_locations([replace(now, beds=41)], expected={now.id: [version_of(seen), version_of(now)]})
    assert one.locations(EVERYTHING) == [replace(now, beds=41)]


def test_what_somebody_else_added_is_not_overwritten(pair: tuple[Backend, Backend]) -> None:
    one, other = pair
    own, theirs = location("LOC456", name="Fern Cottage"), location("LOC456", name="Fern House")
    other.save_locations([theirs])
    for given in ([own], [location("LOC789"), own]):
        with pytest.raises(RegisterChanged):
            one.save_locations(given, expected=versions_seen({}, given))
    assert [it.name for it in one.locations(EVERYTHING)] == ["Rose House", "Fern House"]
    with pytest.raises(RegisterChanged):
        one.save_locations([location("LOC000")], expected={"LOC000": [version_of(ROSE)]})


def test_who_expects_nothing_saves_as_ever(pair: tuple[Backend, Backend]) -> None:
    one, other = pair
    other.save_locations([replace(ROSE, name="Rose Lodge")])
    one.save_locations([replace(ROSE, beds=41)])
    assert one.locations(EVERYTHING) == [replace(ROSE, beds=41)]


def test_a_user_that_somebody_else_renamed_or_removed_is_not_overwritten(pair: tuple[Backend, Backend]) -> None:
    one, other = pair
    sam = User("LOC123", "sam@example.org", "Sam")
    one.save_users([sam], expected={"LOC123": [version_of_no_user("LOC123", sam.email)]})
    other.save_users([replace(sam, name="Manager")])
    renamed = replace(sam, name="Deputy")
    with pytest.raises(RegisterChanged) as told:
        one.save_users([renamed], expected={"LOC123": [version_of_user(sam)]})
    assert told.value.changed == ["LOC123"]
    other.remove_users(sam.email)
    with pytest.raises(RegisterChanged):
        one.save_users([renamed], expected={"LOC123": [version_of_user(replace(sam, name="Manager"))]})
    assert list(one.users(EVERYTHING)) == []
    with pytest.raises(RegisterChanged):
        one.save_users([sam], expected={"LOC123": [version_of_user(sam)]})


def test_another_user_of_the_location_stands_in_nobodys_way(pair: tuple[Backend, Backend]) -> None:
    one, other = pair
    sam, ash = User("LOC123", "sam@example.org", "Sam"), User("LOC123", "ash@example.org", "Ash")
    other.save_users([ash])
    one.save_users([sam], expected={"LOC123": [version_of_no_user("LOC123", sam.email)]})
    assert list(one.users(EVERYTHING)) == [ash, sam]
    both = version_of_users("LOC123", [sam, ash])
    one.save_users([replace(sam, name="S")], expected={"LOC123": [both]})
    with pytest.raises(RegisterChanged):
        other.save_users([replace(sam, name="T")], expected={"LOC123": [both]})


def test_of_rivals_at_one_moment_one_saves_and_the_others_are_told(store: Store) -> None:
    with store.open() as opened:
        opened.save_locations([ROSE])

    def rival(number: int) -> bool:
        with store.open() as own:
            try:
                own.save_locations([replace(ROSE, beds=number)], expected={ROSE.id: [version_of(ROSE)]})
                own.save_locations([location("LOC456", beds=number)], expected={"LOC456": [version_of_none("LOC456")]})
            except RegisterChanged:
                return False
            return True

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(rival, range(4))) == [False, False, False, True]
    with store.open() as opened:
        one, other = opened.locations(EVERYTHING)
    assert one.beds == other.beds


def test_an_older_server_is_named_as_what_to_upgrade_before_many_are_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [route] = [it for it in routes.ROUTES if it.path == paths.LEDGER_LOCATIONS]
    old = [replace(it, query=()) if it is route else it for it in routes.ROUTES]
    monkeypatch.setattr("ct_cli.server.application.ROUTES", tuple(old))
    both = [ROSE, location("LOC456")]
    with Served(lambda: SqliteBackend(tmp_path / "ct.sqlite3")) as made:
        with pytest.raises(ServerTooOld) as told:
            made.save_locations(both, expected=versions_seen({}, both))
        assert "upgrade ct there" in told.value.sentence
        assert made.locations(EVERYTHING) == []
        made.save_locations([ROSE], expected=versions_seen({}, [ROSE]))
        assert made.locations(EVERYTHING) == [ROSE]
