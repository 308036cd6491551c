"""`ct demo`: the tour works from end to end, and leaves the user's own things alone."""

import csv
import json
import os
import shlex
from pathlib import Path

import pytest

from ct_cli.actions.demo_data import DEMO_NOW, LOCATIONS, STORE_NAME, sample_files
from ct_cli.actions.make_demo import make_demo
from ct_cli.actions.workplace import Workplace
from ct_cli.cli.tour import STEPS
from ct_cli.settings import read_settings


@pytest.fixture
def tour(ct):
    ran = ct("demo", "--json")
    assert ran.status == 0, ran.err
    return {step["command"]: step for step in json.loads(ran.out)["data"]["steps"]}


def test_every_step_of_the_tour_ends_as_its_words_say(tour):
    expected = {"ct submit --file returns-wrong.csv --dry-run": 3}
    assert {
        command: step["status"] for command, step in tour.items() if step["status"] != expected.get(command, 0)
    } == {}


def test_the_year_before_is_taken_by_the_rules(monkeypatch, tmp_path):
    monkeypatch.setenv("CT_STORE", str(tmp_path / "x.sqlite3"))
    monkeypatch.setenv("CT_NOW", DEMO_NOW.isoformat())
    made = make_demo(Workplace(read_settings()))
    assert (made.locations, made.returns, made.refused) == (len(LOCATIONS), 12 * 5 - 2, 0)


def test_the_tour_touches_nothing_of_the_users(ct, home, tmp_path, monkeypatch):
    config, store = tmp_path / "config.toml", tmp_path / "own.sqlite3"
    config.write_text(f"store = '{store}'\nfiling = 'capacity-tracker'\n", encoding="utf-8")
    monkeypatch.setenv("CT_CONFIG", str(config))
    before, here = {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}, Path.cwd()
    assert ct("demo").status == 0
    assert not store.exists()
    assert not [path for path in home.rglob("*") if path.is_file()]
    assert {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"} == before
    assert Path.cwd() == here


def test_a_pipe_gets_the_whole_tour_unasked(ct):
    out = ct("demo").out
    assert all(f"\n{number}. {step.words}\n" in out for number, step in enumerate(STEPS, start=1))


def test_the_sample_files_are_those_of_the_tour(ct, tmp_path):
    folder = tmp_path / "samples"
    ran = ct("demo", "--files", str(folder))
    assert ran.status == 0
    assert sorted(path.name for path in folder.iterdir()) == sorted([*sample_files(), STORE_NAME])
    with (folder / "locations.csv").open(encoding="utf-8", newline="") as file:
        assert next(csv.reader(file))[0] == "location_id"
    assert "CT_STORE" in ran.out and "CT_NOW" in ran.out


def test_the_sample_files_write_over_nothing(ct, tmp_path):
    mine = tmp_path / "returns.csv"
    mine.write_text("mine", encoding="utf-8")
    ran = ct("demo", "--files", str(tmp_path))
    assert ran.status == 2
    assert mine.read_text(encoding="utf-8") == "mine"
    assert [path.name for path in tmp_path.glob("*.csv")] == ["returns.csv"]


def test_the_steps_can_be_typed_by_hand_from_the_files(ct, tour, tmp_path, monkeypatch):
    folder = tmp_path / "by hand"
    assert ct("demo", "--files", str(folder)).status == 0
    monkeypatch.chdir(folder)
    monkeypatch.setenv("CT_STORE", str(folder / STORE_NAME))
    monkeypatch.setenv("CT_RECORDED_BY", "demo")
    for step in STEPS:
        ran = ct(*step.typed, now=DEMO_NOW.isoformat())
        assert (ran.status, ran.out) == (tour[f"ct {shlex.join(step.typed)}"]["status"], ran.out)
    assert ran.out == tour["ct verify"]["output"]
