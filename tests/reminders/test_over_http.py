"""Reminders of a register on a server: the outbox is this computer's own, and says so; who is erased is erased here."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ct_cli.backends.sqlite import SqliteBackend
from ct_cli.register.location import Location, User
from tests.backends.serving import BY_ITS_OWN_CLOCK, SECRET, add_key, quay
from tests.conftest import Ran
from tests.reminders.conftest import CARE_HOME, OPENING, World

Ct = Callable[..., Ran]
SAM = "sam@example.org"


@pytest.fixture
def there(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], SqliteBackend]]:
    """Opens the server's store; this computer's settings name the server."""

    def store() -> SqliteBackend:
        return SqliteBackend(tmp_path / "there" / "ct.sqlite3", rehearsing=True)

    add_key(store)
    with store() as opened:
        opened.save_locations([Location("LOC123", "Rose House", (CARE_HOME,))])
        opened.save_users([User("LOC123", SAM, "")])
    served = quay().moor(store, BY_ITS_OWN_CLOCK)
    for name, value in {"CT_BACKEND": "http", "CT_SERVER_URL": served, "CT_SERVER_KEY": SECRET}.items():
        monkeypatch.setenv(name, value)
    yield store
    quay().leave(served)


def send(ct: Ct) -> Ran:
    return ct("remind", "--channel", "stdout", now=OPENING)


def test_a_person_is_told_once_and_the_log_says_that_it_is_this_computers_alone(
    ct: Ct, there: Callable[[], SqliteBackend]
) -> None:
    assert send(ct).out.count(f"To: {SAM}") == 1
    assert send(ct).out == ""
    assert list(there().letters()) == [], "the server keeps no outbox of its clients"
    log = ct("remind", "log").out
    assert "Only what this computer sent" in log
    assert SAM in log


def test_on_another_computer_nothing_that_is_shown_is_misleading(
    ct: Ct, there: Callable[[], SqliteBackend], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(ct)
    monkeypatch.setenv("CT_STORE", str(tmp_path / "another" / "ct.sqlite3"))
    log = ct("remind", "log").out
    assert "Only what this computer sent" in log
    assert SAM not in log
    assert "another that sends has told people too" in ct("remind", "--dry-run", now=OPENING).out
    assert "note it on the one that sends" in ct("remind", "away", SAM, now=OPENING).out


def test_who_is_erased_on_the_server_is_erased_from_this_computers_outbox(
    ct: Ct, world: World, there: Callable[[], SqliteBackend]
) -> None:
    send(ct)
    ct("remind", "away", SAM, now=OPENING)
    with there() as opened:
        opened.remove_users(SAM)
    send(ct)
    with SqliteBackend(world.store) as own:
        assert SAM not in repr(own.letters()) + repr(own.contact_notes())


def test_who_is_erased_from_here_is_erased_in_both_places(
    ct: Ct, world: World, there: Callable[[], SqliteBackend]
) -> None:
    send(ct)
    assert ct("users", "remove", SAM).status == 0
    assert SAM not in ct("remind", "log").out
