"""One register on a server, as the desk uses it: logging in, going offline, and what waits meanwhile."""

import io
import json
import os
import re
import sqlite3
import stat
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from ct_cli.backends.access import Role
from ct_cli.backends.contract import NewEntry
from ct_cli.backends.http_api import HttpBackend
from ct_cli.backends.server_refusals import ServerUnreachable
from ct_cli.register.location import Location
from ct_cli.returns.identity import Service
from ct_cli.server.examples import RETURN
from ct_cli.settings import read_settings
from tests.backends.answering_proxy import Said
from tests.backends.conftest import submission
from tests.backends.serving import KEY_ID, SECRET, add_key
from tests.cli.on_a_server import LATE, SHARED, Shared


def nil(ct, location: str = "LOC123", reason: str = "no-service-users", **given):
    return ct("nil-return", location, "--reason", reason, **given)


def test_a_command_says_the_same_of_a_servers_register_as_of_one_here(ct, shared, monkeypatch) -> None:
    assert nil(ct).status == 0
    there = ct("status", "--json").out
    for name in ("CT_BACKEND", "CT_SERVER_URL", "CT_SERVER_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("CT_STORE", str(shared.store()._path))
    assert ct("status", "--json").out == there


def test_a_return_waits_while_the_server_is_away_and_says_that_it_is_not_yet_sent(ct, shared) -> None:
    ct("locations", "show", "LOC123")
    shared.proxy.down = True
    ran = nil(ct)
    assert ran.status == 6
    assert "NOT YET SENT" in ran.out and "closes at the end of Monday 16 December 2024" in ran.out
    listed = json.loads(ct("queue", "list", "--json").out)["data"]["returns"]
    assert [(one["location_id"], one["state"]) for one in listed] == [("LOC123", "not-yet-sent")]
    with shared.store() as store:
        assert list(store.walk()) == []


def test_the_next_command_sends_what_waits_and_says_so_on_stderr(ct, shared) -> None:
    shared.proxy.down = True
    assert nil(ct, "LOC123").status == 2  # never asked about before: its service has to be named
    assert ct("nil-return", "LOC123", "--service", "care-home", "--reason", "no-staff").status == 6
    shared.proxy.down = False
    ran = ct("status")
    assert re.search("Sent, as it waited here: LOC123, .* recorded, receipt [0-9a-f]{16}", ran.err)
    assert "1 made" in ran.out
    assert "Nothing waits" in ct("queue", "list").out


def test_what_cannot_be_sent_stays_and_sending_ends_with_6(ct, shared) -> None:
    shared.proxy.down = True
    ct("nil-return", "LOC123", "--service", "care-home", "--reason", "no-staff")
    ran = ct("queue", "send")
    assert ran.status == 6 and "NOT YET SENT: LOC123" in ran.out and "cannot be reached" in ran.out
    shared.proxy.down = False
    assert ct("queue", "send").status == 0
    with shared.store() as store:
        assert len(list(store.walk())) == 1


@pytest.mark.parametrize("command", ["queue send", "status"])
def test_what_was_sent_is_told_where_the_queue_then_fails(ct, shared, command) -> None:
    shared.proxy.down = True
    for place in ("LOC123", "LOC456"):
        ct("nil-return", place, "--service", "care-home", "--reason", "no-staff")
    shared.proxy.down = False
    with closing(sqlite3.connect(read_settings().queue_path)) as queue:
        queue.execute(
            "CREATE TRIGGER refuses BEFORE DELETE ON waiting WHEN OLD.submission LIKE '%LOC456%' "
            "BEGIN SELECT RAISE(ABORT, 'it is refused'); END"
        )
    ran = ct(*command.split())
    assert re.search(r"LOC123, .* recorded(,|\n) *[Rr]eceipt +[0-9a-f]{16}", ran.out + ran.err)
    assert "queue.sqlite3" in ran.err
    with closing(sqlite3.connect(read_settings().queue_path)) as queue:
        queue.execute("DROP TRIGGER refuses")
    assert ct("queue", "send").status == 0
    with shared.store() as store:
        assert [entry.location_id for entry in store.walk()] == ["LOC123", "LOC456"], "each once"


def test_a_return_that_arrives_after_the_close_says_so_and_is_kept_with_its_problems(ct, shared) -> None:
    shared.proxy.down = True
    ct("nil-return", "LOC123", "--service", "care-home", "--reason", "no-staff")
    shared.proxy.down = False
    ran = ct("queue", "send", now=LATE)
    assert ran.status == 3 and "after its window had closed" in ran.out
    assert "window-not-open" in ct("queue", "list").out
    assert "Nothing waits" in ct("queue", "send").out
    assert ct("queue", "drop", "--refused").status == 0
    assert "Nothing waits" in ct("queue", "list").out


def test_later_returns_wait_behind_earlier_ones(ct, shared) -> None:
    ct("locations", "list")
    ct("locations", "show", "LOC123")
    shared.proxy.down = True
    reasons = ["no-staff", "closing"]
    for reason in reasons:
        ct("nil-return", "LOC123", "--service", "care-home", "--reason", reason)
    shared.proxy.down = False
    nil(ct, reason="stopped")
    with shared.store() as store:
        assert [entry.reason for entry in store.history("LOC123")] == [*reasons, "stopped"]


def test_a_file_of_returns_waits_as_a_whole(ct, shared, tmp_path) -> None:
    rows = "location_id,service,month,kind,nil_reason\n" + "".join(
        f"{place},care-home,2024-12,nil,no-staff\n" for place in ("LOC123", "LOC456")
    )
    (tmp_path / "nil.csv").write_text(rows, encoding="utf-8")
    ct("locations", "list")
    shared.proxy.down = True
    ran = ct("submit", "--file", str(tmp_path / "nil.csv"))
    assert ran.status == 6 and "NOT YET SENT" in ran.out
    shared.proxy.down = False
    assert ct("queue", "send").status == 0
    with shared.store() as store:
        assert [entry.location_id for entry in store.walk()] == ["LOC123", "LOC456"]


def test_a_question_that_only_the_server_can_answer_is_an_error_while_it_is_away(ct, shared) -> None:
    ct("status")
    shared.proxy.down = True
    for command in (("status",), ("history", "LOC123"), ("verify",), ("nil-return", "LOC123", "--reason", "no-staff",
                                                                      "--dry-run")):  # fmt: skip
        ran = ct(*command)
        assert ran.status == 6 and "cannot be reached" in ran.err, command
    assert "Nothing waits" in ct("queue", "list").out


def test_dropping_names_what_is_there(ct, shared) -> None:
    shared.proxy.down = True
    ct("nil-return", "LOC123", "--service", "care-home", "--reason", "no-staff")
    assert ct("queue", "drop").status == 2
    assert ct("queue", "drop", "00000000").status == 2
    [one] = json.loads(ct("queue", "list", "--json").out)["data"]["returns"]
    assert "not sent" in ct("queue", "drop", one["id"]).out


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes: the folder guards it")
def test_the_queue_is_its_owners_alone(ct, shared, home) -> None:
    ct("locations", "show", "LOC123")
    [queue] = home.rglob("queue.sqlite3")
    assert stat.S_IMODE(queue.stat().st_mode) == 0o600


def test_another_providers_location_is_as_unknown_as_none(ct, shared, monkeypatch) -> None:
    key = add_key(shared.store, Role.PROVIDER, "Rose Care", "ct_11111111_" + "a" * 43)
    monkeypatch.setenv("CT_SERVER_KEY", key)
    assert nil(ct).status == 0
    theirs, nobodys = nil(ct, "LOC456"), nil(ct, "LOC999")
    assert theirs.status == nobodys.status != 0
    assert theirs.err.replace("LOC456", "") == nobodys.err.replace("LOC999", "")
    assert ct("locations", "edit", "LOC123", "--name", "Mine").status == 5


class TestKeys:
    """Where a key comes from, and that it is never shown."""

    @pytest.fixture(autouse=True)
    def no_key(self, shared, monkeypatch) -> None:
        monkeypatch.delenv("CT_SERVER_KEY")

    def log_in(self, ct, monkeypatch, key: str, *more: str):
        monkeypatch.setattr(sys, "stdin", io.StringIO(key + "\n"))
        return ct("login", *more)

    def test_without_one_it_is_said_how_to_get_one(self, ct) -> None:
        ran = ct("status")
        assert ran.status == 5 and "ct login" in ran.err

    def test_login_keeps_it_and_logout_takes_it_away(self, ct, monkeypatch, home) -> None:
        ran = self.log_in(ct, monkeypatch, SECRET)
        assert ran.status == 0 and KEY_ID in ran.out and SECRET not in ran.out + ran.err
        assert ct("status").status == 0
        [kept] = home.rglob("server-keys.json")
        if os.name != "nt":
            assert stat.S_IMODE(kept.stat().st_mode) == 0o600
        assert SECRET not in ct("config", "list").out + ct("doctor").out
        assert ct("logout").status == 0
        assert ct("status").status == 5

    def test_a_key_that_the_server_does_not_know_is_not_kept(self, ct, monkeypatch, home) -> None:
        ran = self.log_in(ct, monkeypatch, "ct_22222222_" + "b" * 43)
        assert ran.status == 5 and "bbbb" not in ran.err
        assert list(home.rglob("server-keys.json")) == []

    def test_a_key_is_not_sent_to_another_server_than_its_own(self, ct, monkeypatch) -> None:
        self.log_in(ct, monkeypatch, SECRET)
        monkeypatch.setenv("CT_SERVER_URL", "http://127.0.0.1:9")
        ran = ct("status")
        assert ran.status == 5 and "no key for http://127.0.0.1:9" in ran.err

    def test_a_command_can_give_it(self, ct, monkeypatch, tmp_path) -> None:
        script = tmp_path / "pass.py"
        script.write_text(f"print({SECRET!r})", encoding="utf-8")
        monkeypatch.setenv("CT_SERVER_KEY_COMMAND", f'"{sys.executable}" "{script}"')
        assert ct("status").status == 0
        script.write_text("raise SystemExit(3)", encoding="utf-8")
        ran = ct("status")
        assert ran.status == 5 and "ended with status 3" in ran.err

    def test_plain_http_to_another_computer_is_refused(self, ct, monkeypatch) -> None:
        ran = self.log_in(ct, monkeypatch, SECRET, "http://ct.example.org")
        assert ran.status == 2 and "https://" in ran.err

    @pytest.mark.parametrize(
        "typed", [(SECRET,), ("https://ct.example.org", SECRET), ("--key", SECRET), (f"--key={SECRET}",)]
    )
    def test_a_key_is_never_an_argument_and_one_that_was_is_not_repeated(self, ct, home, typed) -> None:
        ran = ct("login", *typed)
        assert ran.status == 2 and SECRET not in ran.err + ran.out
        assert list(home.rglob("server-keys.json")) == []

    def test_a_key_in_the_address_is_refused_and_not_repeated(self, ct, monkeypatch) -> None:
        ran = self.log_in(ct, monkeypatch, SECRET, f"https://sam:{SECRET}@ct.example.org")
        assert ran.status == 2 and SECRET not in ran.err


def test_doctor_tells_the_steps_to_the_server_apart(ct, shared, monkeypatch) -> None:
    def verdicts() -> dict[str, str]:
        return {one["name"]: one["verdict"] for one in json.loads(ct("doctor", "--json").out)["data"]["checks"]}

    whole = verdicts()
    assert {whole[name] for name in ("server", "key", "name", "certificate", "clocks", "version", "queue")} == {"ok"}
    monkeypatch.setenv("CT_SERVER_KEY", "ct_22222222_" + "b" * 43)
    assert verdicts()["key"] == "bad"
    shared.proxy.down = True
    assert verdicts()["connection"] == "bad"
    monkeypatch.setenv("CT_SERVER_URL", "https://nowhere.invalid")
    assert verdicts()["name"] == "bad"


def test_all_or_none_of_more_than_a_server_takes_is_refused_before_anything_is_sent(
    ct, shared: Shared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ct_cli.backends.offline.OfflineToo.most_together", 1)
    file = tmp_path / "returns.csv"
    file.write_text("location_id,service,month,nil_reason\n", encoding="utf-8")
    with file.open("a", encoding="utf-8") as rows:
        rows.writelines(f"{it.id},care-home,2024-12,no-service-users\n" for it in SHARED)

    ran = ct("submit", "--file", str(file), "--atomic")
    assert ran.status == 2
    assert "1 returns at most" in ran.err and "has 2" in ran.err and "leave out --atomic" in ran.err
    with shared.store() as store:
        assert not store.history("LOC123")

    assert ct("submit", "--file", str(file)).status == 0
    with shared.store() as store:
        assert [len(store.history(it.id)) for it in SHARED] == [1, 1]


def full_returns(file: Path, *locations: str) -> Path:
    """A file with a full return of each location, as nearly every row of a real one is."""
    values = RETURN["values"]
    rows = [f"{id},care-home,2024-12,{','.join(map(str, values.values()))}\n" for id in locations]
    file.write_text(f"location_id,service,month,{','.join(values)}\n{''.join(rows)}", encoding="utf-8")
    return file


@pytest.mark.parametrize("done", [True, False], ids=["its answer was lost", "it never arrived"])
def test_a_chunk_that_the_server_goes_away_under_waits_and_is_recorded_once(
    ct, shared: Shared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, done: bool
) -> None:
    monkeypatch.setattr("ct_cli.actions.submit_file.CHUNK", 1)
    monkeypatch.setattr("ct_cli.actions.submit_file.BLOCK", 1)
    with shared.store() as store:
        store.save_locations([replace(SHARED[0], id="LOC789")])
    file = str(full_returns(tmp_path / "returns.csv", "LOC123", "LOC789"))
    sent, keys = HttpBackend.record_rows_under, []

    def and_then_away(self: HttpBackend, rows, key: str):
        keys.append(key)
        if len(keys) == 1:
            return sent(self, rows, key)
        if done:
            [outcome] = sent(self, rows, key)
            assert isinstance(outcome, NewEntry)  # told no more of than its receipt
        raise ServerUnreachable(server=shared.url, reason="it went away", remedy="Try again.")

    with monkeypatch.context() as patched:
        patched.setattr(HttpBackend, "record_rows_under", and_then_away)
        ran = ct("submit", "--file", file, "--json")
    assert ran.status == 6, ran.err
    assert json.loads(ran.out)["data"]["counts"] == {"accepted": 1, "queued": 1}
    waits = ct("queue", "list").out
    assert "LOC789" in waits and "LOC123" not in waits
    assert ct("queue", "send").status == 0
    with shared.store() as store:
        receipts = [it.receipt_id for it in store.walk()]
        assert [it.location_id for it in store.walk()] == ["LOC123", "LOC789"]
        assert [it.receipt_id for it in store.audit_trail() if it.action == "accepted"] == receipts
    again = ct("submit", "--file", file, "--json")
    assert json.loads(again.out)["data"]["counts"] == {"already-recorded": 2}


@pytest.mark.parametrize("status", [401, 403, 409, 413])
def test_a_chunk_that_the_server_does_not_take_hides_none_before_it_and_loses_none_after(
    ct, shared: Shared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    monkeypatch.setattr("ct_cli.actions.submit_file.CHUNK", 1)
    monkeypatch.setattr("ct_cli.actions.submit_file.BLOCK", 1)
    places = [f"LOC7{number}" for number in range(4)]
    with shared.store() as store:
        store.save_locations([replace(SHARED[0], id=id) for id in places])
    file = str(full_returns(tmp_path / "returns.csv", *places))
    said = Said.problem(status, "no")
    shared.proxy.answers = lambda it: said if it.path.endswith("/record") and b"LOC71" in it.body else None
    ran = ct("submit", "--file", file)
    with shared.store() as store:
        receipts = {it.location_id: it.receipt_id for it in store.walk()}
    if status in {401, 403}:  # it holds for all that come after, too
        assert ran.status == 5 and set(receipts) == {"LOC70"}
        assert "3  not looked at" in ran.out and "Send the same file again" in ran.out
    else:
        assert ran.status == 6 and set(receipts) == {"LOC70", "LOC72", "LOC73"}
        assert "1  NOT YET SENT" in ran.out and "LOC71" in ct("queue", "list").out
    assert all(receipt in ran.out for receipt in receipts.values())
    shared.proxy.answers = lambda _: None
    assert ct("submit", "--file", file).status == 0
    with shared.store() as store:
        assert sorted(it.location_id for it in store.walk()) == places


@pytest.mark.parametrize(("now", "told"), [("2024-12-16T23:30:00+00:00", True), ("2024-12-16T22:59:59+00:00", False)])
def test_shortly_before_the_close_a_file_in_several_parts_says_that_each_counts_alone(
    ct, shared, tmp_path, monkeypatch, now, told
) -> None:
    monkeypatch.setattr("ct_cli.actions.submit_file.CHUNK", 2)
    homes = [Location(f"1-{n:09}", "Home", (Service.CARE_HOME,), provider="Rose Care") for n in range(5)]
    with shared.store() as store:
        store.save_locations(homes)
    file = tmp_path / "returns.csv"
    values = RETURN["values"]
    rows = [",".join([home.id, *map(str, values.values())]) for home in homes]
    file.write_text("\n".join([",".join(["location_id", *values]), *rows]))
    given = ("submit", "--file", str(file), "--month", "2024-12")
    words = "closes at 11:59pm on Monday 16 December 2024, in less than an hour"
    assert words not in ct(*given, "--dry-run", now=now).err
    ran = ct(*given, now=now)
    assert ran.status == 0, ran.err
    said = " ".join(ran.err.split())
    assert (words in said and "in 3 parts" in said) is told


def of_figures(ct, *more: str, **given):
    values = RETURN["values"]
    sets = [word for key, value in values.items() for word in ("--set", f"{key}={value}")]
    return ct("submit", "LOC123", "--service", "care-home", "--month", "2024-12", *sets, *more, **given)


def test_over_a_server_a_nil_return_over_figures_is_asked_about_and_confirmed(ct, shared) -> None:
    assert of_figures(ct).status == 0
    asked = nil(ct)
    assert asked.status == 4 and "replaces-figures" in asked.out and "What it would replace:" in asked.out
    confirm = ("--confirm", "replaces-figures")
    dry = ct("nil-return", "LOC123", "--reason", "no-staff", *confirm, "--dry-run", "--json")
    done = ct("nil-return", "LOC123", "--reason", "no-staff", *confirm, "--json")
    assert (dry.status, done.status) == (0, 0)
    tried, made = (json.loads(it.out)["data"]["results"][0] for it in (dry, done))
    assert {**made, "receipt": None} == tried
    with shared.store() as store:
        assert [entry.confirmed for entry in store.history("LOC123")] == [(), ()]


def test_figures_that_this_computer_knows_of_are_asked_about_while_the_server_is_away(ct, shared) -> None:
    assert of_figures(ct).status == 0
    shared.proxy.down = True
    assert nil(ct).status == 4
    assert "Nothing waits" in ct("queue", "list").out
    assert ct("nil-return", "LOC123", "--reason", "no-staff", "--confirm", "replaces-figures").status == 6
    shared.proxy.down = False
    assert ct("queue", "send").status == 0
    with shared.store() as store:
        assert [entry.kind for entry in store.history("LOC123")] == ["return", "nil"]


def test_figures_that_its_sender_had_not_seen_are_not_replaced_by_what_waited(ct, shared) -> None:
    shared.proxy.down = True
    assert ct("nil-return", "LOC123", "--service", "care-home", "--reason", "no-staff").status == 6
    shared.proxy.down = False
    with shared.store() as store:
        made = {"collection": "care-home-2024-04-26", "values": dict(RETURN["values"]), "rehearsal": True}
        store.record([submission("LOC123", **made)])
    assert ct("queue", "send").status == 3
    [waiting] = json.loads(ct("queue", "list", "--json").out)["data"]["returns"]
    assert waiting["state"] == "conflict"
    with shared.store() as store:
        assert [entry.kind for entry in store.history("LOC123")] == ["return"]
    ran = ct("queue", "send", "--overwrite", waiting["id"])  # knowing both
    assert ran.status == 0, ran.out
    with shared.store() as store:
        assert [entry.kind for entry in store.history("LOC123")] == ["return", "nil"]


def test_figures_that_wait_here_themselves_are_asked_about_when_the_server_has_them(ct, shared) -> None:
    """Nothing was recorded when the nil return was made: its sender is asked once the server has both."""
    ct("locations", "show", "LOC123")
    shared.proxy.down = True
    assert of_figures(ct).status == 6
    confirm = ("--confirm", "replaces-figures")
    assert ct("nil-return", "LOC123", "--service", "care-home", "--reason", "no-staff", *confirm).status == 6
    shared.proxy.down = False
    assert ct("queue", "send").status == 0
    with shared.store() as store:
        assert [entry.kind for entry in store.history("LOC123")] == ["return", "nil"]
