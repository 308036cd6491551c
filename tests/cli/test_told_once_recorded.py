"""What was recorded is told, whatever goes wrong once it is: a report, a map, a setting, a later part of the work."""

import contextlib
import csv
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ct_cli.backends.postgres_errors import NOT_WRITTEN, StoreUnreachable
from ct_cli.backends.sqlite import SqliteBackend
from ct_cli.register.sync_state import SyncState
from ct_cli.settings import read_settings
from tests.cli import test_locations_sync
from tests.cli.conftest import GOOD, INSIDE, sets
from tests.cli.test_import_capacity_tracker import AFTER, export
from tests.cli.test_locations_sync import NOW as SYNCED
from tests.cli.test_locations_sync import Cqc
from tests.conftest import Ran
from tests.permissions import bound_by_permissions
from tests.register.listening import Listening

Ct = Callable[..., Ran]
cqc = test_locations_sync.cqc
posix = pytest.mark.skipif(os.name == "nt", reason="named pipes and modes of POSIX")
TWO = [("LOC123", "care-home", GOOD), ("LOC124", "care-home", {**GOOD, "occupied": "41"})]
"""One that every rule passes, and one with more people than beds."""


@pytest.fixture(autouse=True)
def in_a_folder(homes: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)


def csv_of(rows: list[tuple[str, str, dict[str, str]]]) -> str:
    lines = [",".join(["location_id", "service", *GOOD])]
    lines += [",".join([location, service, *values.values()]) for location, service, values in rows]
    return "\n".join(lines) + "\n"


@pytest.fixture
def file() -> str:
    Path("r.csv").write_text(csv_of(TWO), encoding="utf-8")
    return "r.csv"


def history(ct: Ct, location: str = "LOC123") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(ct("history", location, "--json", now=INSIDE).out)["data"]["entries"]
    return found


@contextlib.contextmanager
def trigger(event: str, when: str = "") -> Iterator[None]:
    """A store that refuses something, as one whose disk fails does."""
    with contextlib.closing(sqlite3.connect(read_settings().store_path)) as store:
        store.execute(f"CREATE TRIGGER refuses {event} {when} BEGIN SELECT RAISE(ABORT, 'it is refused'); END")
    yield
    with contextlib.closing(sqlite3.connect(read_settings().store_path)) as store:
        store.execute("DROP TRIGGER refuses")


@pytest.mark.parametrize("report", ["no/such/back.csv", "folder.csv", pytest.param("link.csv", marks=posix)])
def test_a_report_that_cannot_be_written_is_found_before_anything_is_recorded(ct: Ct, file: str, report: str) -> None:
    Path("folder.csv").mkdir()
    if report == "link.csv":
        Path(report).symlink_to(Path("gone") / "back.csv")
    ran = ct("submit", "--file", file, "--report", report, now=INSIDE)
    assert (ran.status, str(Path(report)) in ran.err) == (2, True)
    assert history(ct) == []


@posix
def test_a_report_in_a_folder_that_only_others_write_in_is_found_as_well(ct: Ct, file: str) -> None:
    Path("theirs").mkdir(mode=0o500)
    ran = bound_by_permissions(lambda: ct("submit", "--file", file, "--report", "theirs/back.csv", now=INSIDE))
    assert (ran.status, "permission denied" in ran.err) == (2, True)
    assert history(ct) == []


@pytest.mark.skipif(os.name != "nt", reason="only Windows keeps others from a file that is open")
def test_a_report_that_is_open_in_another_program_is_found_as_well(ct: Ct, file: str) -> None:
    Path("back.xlsx").write_bytes(b"as it was")
    with Path("back.xlsx").open("rb"):
        ran = ct("submit", "--file", file, "--report", "back.xlsx", now=INSIDE)
    assert (ran.status, "another program has it open" in ran.err) == (2, True)
    assert history(ct) == []
    assert Path("back.xlsx").read_bytes() == b"as it was"


def test_a_report_that_was_there_is_left_as_it_is_where_the_file_is_refused(ct: Ct) -> None:
    Path("back.csv").write_text("as it was", encoding="utf-8")
    assert ct("submit", "--file", "missing.csv", "--report", "back.csv", now=INSIDE).status == 2
    assert Path("back.csv").read_text(encoding="utf-8") == "as it was"
    assert [path.name for path in Path().iterdir()] == ["back.csv"]


@contextlib.contextmanager
def submitting(report: str, *options: str) -> Iterator[list[Ran]]:
    """`ct submit` at the point where it has tried its report's place and waits for the file, out of a named pipe; how
    it ended, once `with` is left."""
    os.mkfifo("rows.csv")
    program = [Path(sys.executable).with_name("ct"), "submit", "--file", "rows.csv", "--report", report, *options]
    environment = {**os.environ, "CT_NOW": INSIDE}
    running = subprocess.Popen(program, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    ended: list[Ran] = []
    with Path("rows.csv").open("w", encoding="utf-8") as pipe:  # Once it is open, ct has opened it too.
        yield ended
        pipe.write(csv_of(TWO))
    out, err = running.communicate(timeout=60)
    ended.append(Ran(running.returncode, out, err))


@posix
def test_a_report_that_cannot_be_written_after_all_goes_beside_its_place(ct: Ct) -> None:
    Path("back (2).csv").write_text("somebody's", encoding="utf-8")
    with submitting("back.csv") as ended:
        Path("back.csv").mkdir()
    [ran], [entry] = ended, history(ct)
    assert ran.status == 3, "as the rows have it"
    assert entry["receipt_id"] in ran.out
    assert "back.csv cannot be written: it is a folder. So the report is in back (3).csv." in ran.err
    assert "back (3).csv has every one" in ran.out
    with Path("back (3).csv").open(encoding="utf-8-sig", newline="") as found:
        assert {row["location_id"] for row in csv.DictReader(found)} == {"LOC124"}
    assert Path("back (2).csv").read_text(encoding="utf-8") == "somebody's"


@posix
@pytest.mark.parametrize("json_too", [False, True])
def test_where_no_report_can_be_written_at_all_the_receipts_are_told_all_the_same(ct: Ct, json_too: bool) -> None:
    Path("reports").mkdir()
    with submitting("reports/back.csv", *["--json"] * json_too) as ended:
        shutil.rmtree("reports")
    [ran], [entry] = ended, history(ct)
    assert ran.status == 3
    assert entry["receipt_id"] in ran.out
    assert "There is no report" in ran.err and "nothing is recorded twice" in ran.err
    if json_too:
        told = json.loads(ran.out)
        assert told["data"]["report"] is None
        assert "report-missing" in {problem["code"] for problem in told["problems"]}


@posix
def test_ctrl_c_after_rows_were_recorded_tells_them_first(ct: Ct, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    Path("r.csv").write_text(csv_of(TWO), encoding="utf-8")
    monkeypatch.setattr("ct_cli.actions.submit_file.write_report", interrupted)
    ran = ct("submit", "--file", "r.csv", "--report", "back.csv", now=INSIDE)
    [entry] = history(ct)
    assert (ran.status, "ct: interrupted" in ran.err) == (130, True)
    assert entry["receipt_id"] in ran.out


def test_a_map_that_cannot_be_kept_is_found_before_anything_is_recorded(
    ct: Ct, file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ct("submit", "--file", file, "--save-map", "a b!", now=INSIDE).status == 2
    assert history(ct) == []
    Path("taken").touch()
    monkeypatch.setenv("CT_CONFIG", str(Path("taken") / "config.toml"))
    ran = ct("submit", "--file", file, "--save-map", "ours", now=INSIDE)
    monkeypatch.delenv("CT_CONFIG")
    assert (ran.status, "cannot be" in ran.err) == (2, True)
    assert history(ct) == []


@posix
@pytest.mark.parametrize("report", ["back.csv", "back.json", "back.xlsx"])
def test_a_file_with_a_name_that_is_no_text_has_its_report(installed_ct: Ct, ct: Ct, report: str) -> None:
    name = os.fsdecode(b"\xff.csv")
    try:
        Path(name).write_text(csv_of(TWO), encoding="utf-8")
    except OSError:
        pytest.skip("this file system keeps only names that are text")
    ran = installed_ct("submit", "--file", name, "--report", report, now=INSIDE)
    assert (ran.status, "went wrong" in ran.err) == (3, False), ran.err
    [entry] = history(ct)
    assert entry["receipt_id"] in ran.out
    assert Path(report).stat().st_size > 0


def test_what_was_recorded_before_the_store_failed_is_told_with_why(ct: Ct, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ct_cli.actions.submit_file.BLOCK", 1)
    monkeypatch.setattr("ct_cli.actions.submit_file.CHUNK", 1)
    rows = [("LOC123", "care-home", GOOD), ("LOC124", "care-home", GOOD)]
    Path("r.csv").write_text(csv_of(rows), encoding="utf-8")
    with trigger("BEFORE INSERT ON entries", "WHEN NEW.location_id = 'LOC124'"):
        ran = ct("submit", "--file", "r.csv", now=INSIDE)
        told = json.loads(ct("submit", "--file", "r.csv", "--json", now=INSIDE).out)
    [entry] = history(ct)
    assert ran.status == 1
    assert entry["receipt_id"] in ran.out and "1  recorded" in ran.out
    assert "1  not looked at" in ran.out and "Send the same file again" in ran.out
    assert "ct: The store" in ran.err
    assert [row["receipt"] for row in told["data"]["rows"]] == [entry["receipt_id"]]
    assert [problem["code"] for problem in told["problems"] if problem["code"].startswith("store-")]
    again = ct("submit", "--file", "r.csv", now=INSIDE)
    assert (again.status, "2  recorded" in again.out) == (0, True), "as one run that was not broken off"


@pytest.mark.parametrize(
    "command",
    [
        ("submit", "LOC123", *sets()),
        ("nil-return", "LOC123", "--reason", "no-service-users"),
        ("submit", "--file", "r.csv"),
    ],
)
def test_a_setting_that_is_asked_for_last_is_looked_at_before_anything_is_recorded(
    ct: Ct, file: str, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.setenv("CT_FILING", "by-post")
    ran = ct(*command, now=INSIDE)
    monkeypatch.delenv("CT_FILING")
    assert (ran.status, "CT_FILING" in ran.err) == (2, True)
    assert history(ct) == []


def test_what_was_imported_before_the_store_failed_is_told_with_why(ct: Ct) -> None:
    Path("page.json").write_text(
        json.dumps(export({"cqcId": "LOC123", "isCareHome": True, "vacanciesLastUpdated": "2024-12-09T10:00:00Z"})),
        encoding="utf-8",
    )
    with trigger("BEFORE INSERT ON sightings"):
        ran = ct("import", "capacity-tracker", "page.json", "--json", now=AFTER)
    told = json.loads(ran.out)
    assert (ran.status, told["data"]["recorded"], told["data"]["sightings"]) == (1, 1, 0)
    first, second = (problem["code"] for problem in told["problems"])
    assert (first, second.startswith("store-")) == ("not-all-taken-in", True)
    assert "import the same again" in ran.err


def test_where_some_of_an_import_is_recorded_it_is_not_said_that_nothing_was_written(
    ct: Ct, homes: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(self: SqliteBackend, _: Any) -> None:
        raise StoreUnreachable(path="there", reason="it is away", remedy=NOT_WRITTEN)

    monkeypatch.setattr(SqliteBackend, "save_sightings", away)
    seen = export({"cqcId": "LOC123", "isCareHome": True, "vacanciesLastUpdated": "2024-12-09T10:00:00Z"})
    Path("page.json").write_text(json.dumps(seen), encoding="utf-8")
    ran = ct("import", "capacity-tracker", "page.json", "--json", now=AFTER)
    assert json.loads(ran.out)["data"]["recorded"] == 1
    assert "it is away" in ran.err and "othing was written" not in ran.out + ran.err


@posix
def test_locations_that_were_saved_are_told_where_ct_cannot_note_that(
    ct: Ct,
    cqc: tuple[Cqc, Listening],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def finish(_: SyncState) -> None:
        shutil.rmtree(read_settings().cache_folder)
        read_settings().cache_folder.touch()
        return kept()

    def kept() -> None:
        SyncState.save(SyncState(SyncState.path_of(read_settings().cache_folder, "x")))

    monkeypatch.setattr(SyncState, "finish", finish)
    ran = ct("locations", "sync", "--since", "2026-11-01", "--apply", now=SYNCED)
    assert "Saved 2 locations." in ran.out
    assert (ran.status, "The register is up to date, but" in ran.err) == (2, True)


def test_where_a_synchronisation_cannot_be_kept_is_said_before_anything_is_asked(
    ct: Ct,
    cqc: tuple[Cqc, Listening],
) -> None:
    read_settings().cache_folder.touch()
    ran = ct("locations", "sync", "--since", "2026-11-01", "--apply", now=SYNCED)
    assert (ran.status, "cannot be kept" in ran.err) == (2, True)
    assert cqc[1].asked == []


@pytest.mark.skipif(os.name == "nt" or not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("command", [("submit", "LOC123", *sets()), ("submit", "--file", "r.csv")])
def test_receipts_that_cannot_be_printed_are_said_to_be_there_and_where(
    ct: Ct, file: str, command: tuple[str, ...]
) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        program = [Path(sys.executable).with_name("ct"), *command]
        environment = {**os.environ, "CT_NOW": INSIDE}
        ran = subprocess.run(program, env=environment, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert ran.returncode == 1
    assert "What was recorded stays recorded" in ran.stderr and "ct history LOC" in ran.stderr
    assert len(history(ct)) == 1


@posix
def test_a_reader_that_leaves_and_a_terminal_that_lacks_characters_hide_nothing(ct: Ct, file: str) -> None:
    environment = {**os.environ, "CT_NOW": INSIDE, "PYTHONIOENCODING": "ascii"}
    program = [Path(sys.executable).with_name("ct"), "submit", "--file", file]
    reads, writes = os.pipe()
    os.close(reads)
    ran = subprocess.run(program, env=environment, stdout=writes, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writes)
    assert (ran.returncode, ran.stderr) == (128 + signal.SIGPIPE, "")
    [entry] = history(ct)
    ran = subprocess.run(program, env=environment, capture_output=True, encoding="ascii", check=False)
    assert ran.returncode == 3
    assert entry["receipt_id"] in ran.stdout
