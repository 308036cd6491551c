"""A newer ct at an older server, and an older one at a newer server, say which to upgrade, and lose nothing."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ct_cli.backends import about, api_paths
from ct_cli.backends.about import which_to_upgrade
from ct_cli.backends.sqlite import SqliteBackend
from ct_cli.register.location import Location
from ct_cli.returns.identity import Service
from tests.backends.serving import BY_ITS_OWN_CLOCK, SECRET, add_key, quay
from tests.stores.conftest import NOW, Ct

NIL = ("nil-return", "LOC1", "--service", "care-home", "--reason", "no-staff", "--no-input")


@pytest.fixture
def served(store: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The path of a store that a server is before, and settings that name the server."""
    there = store.parent / "there.sqlite3"
    monkeypatch.setenv("CT_NOW", NOW)
    add_key(lambda: SqliteBackend(there))
    with SqliteBackend(there) as backend:
        backend.save_locations([Location("LOC1", "Rose House", (Service.CARE_HOME,), beds=40)])
    url = quay().moor(lambda: SqliteBackend(there, rehearsing=True), BY_ITS_OWN_CLOCK)
    for name, value in (("BACKEND", "http"), ("SERVER_URL", url), ("SERVER_KEY", SECRET)):
        monkeypatch.setenv(f"CT_{name}", value)
    yield there
    quay().leave(url)


def test_what_an_older_server_does_not_know_waits_until_it_is_upgraded(
    served: Path, ct: Ct, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as newer:
        newer.setattr(about, "__version__", "99.1")
        newer.setattr(api_paths, "LEDGER_RECORD", "/v1/ledger/of-a-newer-ct")
        for typed in (NIL, ("queue", "send")):
            ran = ct(*typed)
            assert ran.status == 6, ran.out + ran.err
            assert "older than 99.1 here: upgrade the server first" in ran.out + ran.err
    listed = json.loads(ct("queue", "list", "--json").out)["data"]["returns"]
    assert [(one["location_id"], one["state"]) for one in listed] == [("LOC1", "not-yet-sent")]

    assert ct("queue", "send").status == 0
    with SqliteBackend(served) as backend:
        assert len(backend.history("LOC1")) == 1


def test_a_refusal_between_equals_says_nothing_of_versions(
    served: Path, ct: Ct, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_paths, "LEDGER_RECORD", "/v1/ledger/of-a-newer-ct")
    ran = ct(*NIL)
    assert ran.status != 0
    assert "upgrade" not in (ran.out + ran.err).lower()


@pytest.mark.parametrize(
    ("here", "words"), [("99.1", "upgrade the server first"), ("0.0.1", "upgrade ct on this computer")]
)
def test_doctor_says_which_to_upgrade(
    served: Path, ct: Ct, monkeypatch: pytest.MonkeyPatch, here: str, words: str
) -> None:
    assert "upgrade" not in ct("doctor").out
    monkeypatch.setattr(about, "__version__", here)
    assert words in ct("doctor").out


@pytest.mark.parametrize(
    ("theirs", "here", "words"),
    [
        ("0.9", "0.10.1", "older"),
        ("0.10", "0.9.9", "newer"),
        ("1.0rc1", "1.0", ""),
        ("1.0", "1.0", ""),
        ("unknown", "1.0", ""),
        ("", "1.0", ""),
    ],
)
def test_versions_are_compared_by_their_numbers(
    monkeypatch: pytest.MonkeyPatch, theirs: str, here: str, words: str
) -> None:
    monkeypatch.setattr(about, "__version__", here)
    assert words in which_to_upgrade(theirs) and bool(words) == bool(which_to_upgrade(theirs))
