"""`ct doctor`: each thing that can be wrong is found, with its remedy, and nothing is changed."""

import json
import os
import re
import sqlite3
import tomllib
from pathlib import Path

import pytest

from ct_cli.actions.examining.machine import _PACKAGES

NOW = "2026-12-10T12:00:00+00:00"


@pytest.fixture
def doctor(ct):
    def examine(status):
        ran = ct("doctor", "--json")
        assert ran.status == status, ran.out
        return {check["name"]: check for check in json.loads(ran.out)["data"]["checks"]}

    return examine


@pytest.fixture
def store(tmp_path, monkeypatch):
    path = tmp_path / "ct.sqlite3"
    monkeypatch.setenv("CT_STORE", str(path))
    return path


def test_all_is_well_in_an_empty_home_and_nothing_is_made_there(ct, home):
    ran = ct("doctor")
    assert ran.status == 0
    assert "bad " not in ran.out
    assert not [path for path in home.rglob("*") if path.is_file()]


def test_a_broken_settings_file_is_told_and_the_rest_is_still_looked_at(doctor, monkeypatch, tmp_path):
    broken = tmp_path / "config.toml"
    broken.write_text("filing =", encoding="utf-8")
    monkeypatch.setenv("CT_CONFIG", str(broken))
    checks = doctor(2)
    assert checks["settings file"]["verdict"] == "bad"
    assert {"store", "cache", "clock", "time zone", "bank holidays", "terminal", "program", "packages"} <= set(checks)


def test_a_wrong_setting_comes_with_what_to_type(doctor, monkeypatch):
    monkeypatch.setenv("CT_FILING", "post")
    check = doctor(2)["setting"]
    assert "CT_FILING" in check["found"]
    assert "ct config set filing" in check["remedy"]


def test_a_misspelt_variable_is_told(doctor, monkeypatch):
    monkeypatch.setenv("CT_STROE", "x")
    assert doctor(0)["environment"]["found"].startswith("CT_STROE")


def test_a_rehearsal_is_told(ct, doctor, monkeypatch):
    monkeypatch.setenv("CT_NOW", NOW)
    assert doctor(0)["clock"]["verdict"] == "warning"
    monkeypatch.setenv("CT_NOW", "noon")
    assert doctor(2)["clock"]["verdict"] == "bad"


def make_store(path):
    from ct_cli.backends.sqlite_file import open_store

    open_store(path).close()


def damage(path):
    make_store(path)
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


def newer(path):
    make_store(path)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()


def of_another_program(path):
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    connection.close()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda path: path.write_bytes(b"not a database, but long enough to be looked at" * 9), "not a SQLite file"),
        (lambda path: path.mkdir(), "it is a folder"),
        (damage, "damaged"),
        (newer, "newer ct"),
        (of_another_program, "another program"),
    ],
)
def test_a_spoilt_store_is_named_with_its_remedy_and_left_as_it_is(doctor, store, spoil, words):
    spoil(store)
    before = store.read_bytes() if store.is_file() else None
    check = doctor(2)["store"]
    assert words in check["found"] and check["remedy"]
    assert (store.read_bytes() if store.is_file() else None) == before


def test_a_whole_store_is_counted(doctor, store):
    make_store(store)
    assert doctor(0)["store"]["found"].startswith("0 locations and 0 returns")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_a_store_that_others_can_read_is_told(ct, store):
    make_store(store)
    store.chmod(0o644)
    assert f"chmod 600 '{store}'" in ct("doctor").out


def test_a_cache_that_cannot_be_written_is_no_failure(doctor, tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.touch()
    monkeypatch.setenv("CT_CACHE", str(blocked / "cache"))
    assert doctor(0)["cache"]["verdict"] == "warning"


def test_a_console_that_lacks_letters_is_told(installed_ct):
    ran = installed_ct("doctor", PYTHONIOENCODING="cp437", PYTHONUTF8="0")
    assert "PYTHONUTF8=1" in ran.out


def test_the_packages_looked_at_are_those_that_ct_declares():
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {re.split(r"[>=; ]", wanted)[0] for wanted in project["dependencies"]} - {"tzdata"}
    assert {name for name, _ in _PACKAGES} == declared


def test_a_broken_collection_is_told_with_its_file_and_line(doctor, tmp_path, monkeypatch):
    folder = tmp_path / "collections"
    folder.mkdir()
    monkeypatch.setenv("CT_COLLECTIONS", str(folder))
    assert doctor(status=0)["collections"]["verdict"] == "ok"
    (folder / "ours.toml").write_text('service = "hospice"\nx = [\n', encoding="utf-8")
    told = doctor(status=2)["collections"]
    assert told["verdict"] == "bad"
    assert "ours.toml, line 2" in told["found"]
