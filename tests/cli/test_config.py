"""`ct config`: what is set, what may be set, and what happens when the file is broken."""

import json
import os
import stat
import tomllib
from pathlib import Path

import pytest

from ct_cli import settings
from ct_cli.settings_known import Kind, Setting
from tests.permissions import bound_by_permissions


@pytest.fixture
def config(tmp_path, monkeypatch):
    path = tmp_path / "settings" / "config.toml"
    monkeypatch.setenv("CT_CONFIG", str(path))
    return path


def written(path):
    return tomllib.loads(path.read_text(encoding="utf-8"))


def test_a_value_is_set_shown_with_its_origin_and_unset(ct, config):
    assert ct("config", "set", "filing", "capacity-tracker").status == 0
    shown = {s["key"]: s for s in json.loads(ct("config", "list", "--json").out)["data"]["settings"]}
    assert (shown["filing"]["value"], shown["filing"]["origin"]) == ("capacity-tracker", "file")
    assert shown["backend"]["origin"] == "default"
    assert ct("config", "get", "filing").out == "capacity-tracker\n"
    assert ct("config", "unset", "filing").status == 0
    assert ct("config", "get", "filing").out == "ct\n"


def test_the_environment_wins_over_the_file_and_that_is_said(ct, config, monkeypatch):
    monkeypatch.setenv("CT_FILING", "ct")
    assert "CT_FILING is set in the environment" in ct("config", "set", "filing", "capacity-tracker").out
    assert ct("config", "get", "filing").out == "ct\n"
    assert "CT_FILING" in ct("config", "list").out


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_the_file_is_readable_by_its_owner_alone(ct, config):
    ct("config", "set", "filing", "ct")
    assert stat.S_IMODE(config.stat().st_mode) == 0o600
    assert stat.S_IMODE(config.parent.stat().st_mode) == 0o700


def test_the_rest_of_the_file_is_kept_and_lost_comments_are_told(ct, config):
    config.parent.mkdir()
    config.write_text('# ours\nfiling = "ct"\n[bank_holidays]\n"2027-06-14" = "A Day"\n', encoding="utf-8")
    ran = ct("config", "set", "recorded_by", "front desk")
    assert written(config) == {"filing": "ct", "bank_holidays": {"2027-06-14": "A Day"}, "recorded_by": "front desk"}
    assert "comments in that file are lost" in ran.out
    assert "# ours" in config.with_name("config.toml.before").read_text(encoding="utf-8")


def test_a_bank_holiday_moves_the_close_as_soon_as_it_is_set(ct, config):
    assert ct("config", "set", "bank_holidays.2026-12-14", "A Proclaimed Day").status == 0
    assert "Tuesday 15 December 2026" in ct("window", "--month", "2026-12").out
    assert ct("config", "get", "bank_holidays.2026-12-14").out == "A Proclaimed Day\n"
    assert ct("config", "unset", "bank_holidays.2026-12-14").status == 0
    assert written(config) == {}


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("filing", "post", "it is one of ct, capacity-tracker"),
        ("filling", "ct", "did you mean filing?"),
        ("bank_holidays", "x", "`ct config set bank_holidays.NAME VALUE`"),
        ("bank_holidays.June", "x", "write the date as 2022-09-19"),
    ],
)
def test_a_wrong_value_is_refused_and_nothing_is_written(ct, config, key, value, words):
    ran = ct("config", "set", key, value)
    assert ran.status == 2
    assert words in ran.err
    assert not config.exists()


def test_a_path_is_kept_whole_because_the_file_is_read_from_other_folders(ct, config, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ct("config", "set", "store", "data/ct.sqlite3")
    assert written(config)["store"] == str(tmp_path / "data" / "ct.sqlite3")


def broken(path, how):
    path.parent.mkdir()
    if how == "folder":
        path.mkdir()
    else:
        path.write_bytes({"not TOML": b"filing =", "not UTF-8": b'filing = "\xff"'}[how])


@pytest.mark.parametrize("how", ["folder", "not TOML", "not UTF-8"])
def test_a_broken_file_is_named_with_the_reason_and_never_written_over(ct, config, how):
    broken(config, how)
    for arguments in (["window"], ["config", "list"], ["config", "set", "filing", "ct"], ["config", "unset", "filing"]):
        ran = ct(*arguments)
        assert ran.status == 2
        assert str(config) in ran.err and "CT_CONFIG" in ran.err
    assert config.is_dir() if how == "folder" else config.read_bytes().startswith(b"filing =")


@pytest.mark.parametrize("how", ["folder", "not TOML", "not UTF-8"])
def test_a_broken_file_is_still_found_by_path(ct, config, how):
    broken(config, how)
    assert ct("config", "path").out == f"{config}\n"


def test_an_unreadable_file_is_named(ct, config):
    config.parent.mkdir()
    config.touch(0o000)
    assert "permission denied" in bound_by_permissions(lambda: ct("window").err)


def test_each_wrong_value_is_told_and_hides_no_other(ct, config):
    config.parent.mkdir()
    config.write_text('filng = "x"\nbackend = 3\nfiling = "ct"\n', encoding="utf-8")
    ran = ct("config", "list", "--json")
    answer = json.loads(ran.out)
    assert ran.status == 2
    assert [problem["field"] for problem in answer["problems"]] == ["filng", "backend"]
    assert "filing" in {shown["key"] for shown in answer["data"]["settings"]}
    assert ct("config", "unset", "filng").status == 0
    assert "filng" not in written(config)


def test_a_secret_is_taken_and_never_shown(ct, config, monkeypatch):
    secret = Setting("test_key", Kind.TEXT, None, "a key", secret=True)
    monkeypatch.setitem(settings._BY_KEY, "test_key", secret)
    monkeypatch.setattr("ct_cli.actions.show_settings.SETTINGS", (secret,))
    changed = ct("config", "set", "test_key", "hunter2")
    assert written(config)["test_key"] == "hunter2"
    shown = [ct("config", "list"), ct("config", "list", "--json"), ct("config", "get", "test_key")]
    assert all("hunter2" not in ran.out + ran.err for ran in [changed, *shown])
    assert shown[2].status == 2 and "is a secret" in shown[2].err


def test_a_secret_can_come_from_standard_input(installed_ct, config):
    installed_ct("config", "set", "recorded_by", "-", given="front desk\n", CT_CONFIG=str(config))
    assert written(config) == {"recorded_by": "front desk"}


def test_where_the_store_is_by_default_is_said(ct):
    told = ct("config", "get", "store").out.strip()
    assert Path(told).name == "ct.sqlite3"
    assert told in ct("config", "list").out
