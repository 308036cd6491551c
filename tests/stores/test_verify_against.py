"""`ct verify --against` names the receipts that were once given out and that the store no longer has."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ct_cli.stores.verification import NoReceiptsIn, read_receipts
from tests.stores.conftest import Ct, submit

GIVEN, OTHER = "0123456789abcdef", "fedcba9876543210"


def forget(store: Path, receipt: str) -> None:
    """Take a chain of one entry out with the note of its end, as an older copy put in the store's place would."""
    with closing(sqlite3.connect(store)) as there, there:
        [[location]] = there.execute("SELECT location_id FROM entries WHERE receipt_id = ?", [receipt]).fetchall()
        there.execute("DELETE FROM entries WHERE location_id = ?", [location])
        there.execute("DELETE FROM chains WHERE location_id = ?", [location])


def test_a_receipt_that_the_store_no_longer_has_is_named_though_every_chain_is_whole(register: Path, ct: Ct) -> None:
    gone, there = submit(ct, "LOC1"), submit(ct, "LOC2")
    printed = register.parent / "receipts.txt"
    printed.write_text(f"Receipt   {there}\nReceipt   {gone}\n", encoding="utf-8")
    assert ct("verify", "--against", str(printed)).status == 0
    forget(register, gone)

    assert ct("verify").status == 0
    ran = ct("verify", "--against", str(printed))

    assert ran.status == 3
    assert gone in ran.out
    assert there not in ran.out
    assert "1 receipt is not in the ledger, of 2" in ran.out


def test_a_backup_tells_of_which_location_and_month_the_missing_receipt_is(register: Path, ct: Ct) -> None:
    gone, _ = submit(ct, "LOC2"), submit(ct, "LOC1")
    backup = register.parent / "backup.sqlite3"
    assert ct("backup", str(backup)).status == 0
    forget(register, gone)

    ran = ct("verify", "--against", str(backup), "--json")

    data = json.loads(ran.out)["data"]
    assert (ran.status, data["whole"], data["receipts_checked"]) == (3, True, 3)
    [missing] = data["missing"]
    assert (missing["receipt_id"], missing["location_id"], missing["month"]) == (gone, "LOC2", "2024-12")


@pytest.mark.parametrize(
    "text",
    [
        f"{GIVEN}\r\n{OTHER}\r\n",
        f"Row;Location;Receipt;Note\n2;LOC1;{GIVEN};1234567890123456\n3;LOC2;{OTHER};\n4;LOC3;;\n",
        f'{{"data": {{"receipt": {{"id": "{GIVEN}"}}, "content": "{GIVEN * 4}"}}}}\n',
        f'{{"receipt": "{GIVEN}"}}\n{{"receipt": "{OTHER}"}}\n',
        f"<td>{GIVEN}</td><td>{OTHER}</td>",
    ],
    ids=["one a line", "csv", "json", "ndjson", "page"],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_receipts_are_found_in_whatever_they_were_kept_in(tmp_path: Path, text: str, encoding: str) -> None:
    file = tmp_path / "kept"
    file.write_text(text, encoding=encoding, newline="")
    assert set(read_receipts(file)) == ({GIVEN, OTHER} if OTHER in text else {GIVEN})


@pytest.mark.parametrize("content", [b"", b"no receipt here\n", b"\xff\xd8\x00\x10" * 50, b'{"a": 1}'])
def test_a_file_without_receipts_is_refused_for_an_empty_list_proves_nothing(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "kept"
    file.write_bytes(content)
    with pytest.raises(NoReceiptsIn):
        read_receipts(file)


def test_another_programs_database_and_a_file_that_is_not_there_are_refused_in_words(register: Path, ct: Ct) -> None:
    other = register.parent / "songs.sqlite3"
    with closing(sqlite3.connect(other)) as made:
        made.execute("CREATE TABLE songs (title TEXT)")
    for path, words in ((other, "another program"), (register.parent / "none", "cannot be read")):
        ran = ct("verify", "--against", str(path))
        assert (ran.status, words in ran.err) == (2, True), ran.err


def test_receipts_come_from_standard_input_too(register: Path, installed_ct: Ct) -> None:
    ran = installed_ct("verify", "--against", "-", given=f"{GIVEN}\n")
    assert (ran.status, GIVEN in ran.out) == (3, True)


@pytest.mark.parametrize(
    "sql",
    ["UPDATE entries SET month = 'abc'", "UPDATE entries SET location_id = CAST(x'ff40' AS TEXT)",
     "UPDATE entries SET service = x'ff40'"],
)  # fmt: skip
def test_a_backup_with_a_damaged_row_still_tells_its_receipts(register: Path, ct: Ct, tmp_path: Path, sql: str) -> None:
    assert ct("backup", str(tmp_path / "backup.sqlite3")).status == 0
    missing = submit(ct, "LOC1")
    shutil.copy(register, tmp_path / "damaged.sqlite3")
    with closing(sqlite3.connect(tmp_path / "damaged.sqlite3")) as damaging:
        damaging.execute(f"{sql} WHERE location_id = 'LOC1'")
        damaging.commit()
    assert ct("restore", str(tmp_path / "backup.sqlite3"), "--discard-newer").status == 0

    ran = ct("verify", "--against", str(tmp_path / "damaged.sqlite3"))

    assert (ran.status, missing in ran.out) == (3, True), ran.err


def test_a_backup_that_is_damaged_is_not_said_to_be_the_store(register: Path, ct: Ct, tmp_path: Path) -> None:
    backup = tmp_path / "backup.sqlite3"
    assert ct("backup", str(backup)).status == 0
    backup.write_bytes(backup.read_bytes()[:4096])

    ran = ct("verify", "--against", str(backup))

    assert (ran.status, "it is damaged" in ran.err, "The store" in ran.err) == (2, True, False), ran.err


def test_a_backup_on_standard_input_is_asked_for_by_its_name(register: Path) -> None:
    with pytest.raises(NoReceiptsIn, match="named as a file"):
        read_receipts(Path("standard input"), register.read_bytes())
