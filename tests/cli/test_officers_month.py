"""A commissioning officer's month from CQC's directory to the report, and the month after, as it is typed."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Ran
from tests.register.directory_maker import directory, home, write_ods, write_xlsx

DECEMBER, JANUARY = "2024-12-12T10:00:00+00:00", "2025-01-10T10:00:00+00:00"
PROMPT, STEADY, LATE, SILENT, KENT, NEW = (f"1-{digit * 9}" for digit in "123456")


class Office:
    """The officer of Camden at a desk, on a day."""

    def __init__(self, ct: Callable[..., Ran], folder: Path) -> None:
        self._ct, self.folder = ct, folder
        self.now = DECEMBER
        self.chase_list = folder / "chase.csv"

    def type(self, *words: str | Path) -> Ran:
        """A command, which must succeed."""
        ran = self._ct(*map(str, words), now=self.now)
        assert ran.status == 0, (words, ran.err)
        return ran

    def data(self, *words: str | Path) -> dict[str, Any]:
        """Its answer."""
        found: dict[str, Any] = json.loads(self.type(*words, "--json").out)["data"]
        return found

    def take_in(self, **updated: str | None) -> dict[str, Any]:
        """Capacity Tracker's export, in which these homes were last updated then."""
        ids = {"prompt": PROMPT, "steady": STEADY, "late": LATE, "silent": SILENT, "kent": KENT, "new": NEW}
        items = [{"cqcId": ids[it], "isCareHome": True, "vacanciesLastUpdated": at} for it, at in updated.items()]
        page = self.folder / "page.json"
        page.write_text(json.dumps({"totalItems": len(items), "items": items}), encoding="utf-8")
        return self.data("import", "capacity-tracker", page)

    def chase(self) -> list[dict[str, str]]:
        """The chase list, issued to the same file as last time."""
        self.type("report", "chase", "--local-authority", "Camden", "--out", self.chase_list)
        with self.chase_list.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))

    def note(self, rows: list[dict[str, str]], location: str, words: str) -> None:
        """Write into the list's own column for notes."""
        for row in rows:
            row["Notes"] = words if row["Location ID"] == location else row["Notes"]
        with self.chase_list.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)


@pytest.fixture
def office(ct: Callable[..., Ran], tmp_path: Path) -> Office:
    """In December: the directory is in the register, and what Capacity Tracker says is taken in."""
    made = Office(ct, tmp_path)
    rows = [home(it) for it in (PROMPT, STEADY, LATE, SILENT)]
    kent = home(KENT, **{"Location Local Authority": "Kent", "Location Region": "South East"})
    made.type("locations", "import", write_ods(tmp_path / "december.ods", directory([*rows, kent])),
              "--from", "cqc", "--apply")  # fmt: skip
    made.take_in(prompt="2024-12-09T10:00:00Z", steady="2024-12-10T10:00:00Z", late="2024-11-12T10:00:00Z",
                 silent="2024-09-10T10:00:00Z", kent="2024-12-09T10:00:00Z")  # fmt: skip
    return made


def test_status_tells_who_of_the_council_has_not_updated_and_who_is_at_risk(office: Office) -> None:
    found = office.data("status", "--local-authority", "Camden")["obligations"]

    assert {row["location_id"]: (row["status"], row["known_risk"]) for row in found} == {
        PROMPT: ("fulfilled", "none"), STEADY: ("fulfilled", "none"),
        LATE: ("open", "none"), SILENT: ("open", "at-risk"),
    }  # fmt: skip
    assert all(row["source"] == "seen-in-capacity-tracker" for row in found if row["status"] == "fulfilled")


def test_a_reminder_is_planned_for_who_is_late_alone_and_a_dry_run_sends_nothing(office: Office) -> None:
    for place, email in ((PROMPT, "ann@example.org"), (SILENT, "sam@example.org")):
        office.type("users", "add", place, "--email", email)
    planned = office.data("remind", "--dry-run")

    assert [(it["recipient"], it["location_ids"], it["risk"]) for it in planned["would_send"]] == [
        ("sam@example.org", [SILENT], "notice-level")
    ]
    assert office.data("remind", "--dry-run")["would_send"] == planned["would_send"]
    assert office.chase()[0]["Contacts"] == "sam@example.org"


def test_the_month_after_carries_on_from_the_month_before(office: Office) -> None:
    called = office.chase()
    assert [(row["Location ID"], row["Risk"]) for row in called] == [(SILENT, "at risk"), (LATE, "not known")]
    office.note(called, SILENT, "rang on the 12th; the manager is away")
    december = _report(office)
    assert (december["area"], december["last"], december["locations"]) == ("Camden", "2024-12", 4)
    assert december["months"][-1]["groups"][0][1] == {"owed": 4, "made": 2, "missing": 2, "rate": 50.0}
    assert {row["location_id"] for row in december["grid"]} == {PROMPT, STEADY, LATE, SILENT}

    office.now = JANUARY
    rows = [home(STEADY, beds=30.0), home(LATE), home(SILENT), home(NEW, start="20/12/2024")]
    file = write_xlsx(office.folder / "january.xlsx", directory(rows, header_row=5))
    plan = office.data("locations", "import", file, "--from", "cqc", "--apply")
    assert [it["id"] for it in plan["new"]] == [NEW]
    assert {it["id"] for it in plan["absent"]} == {PROMPT, KENT}
    office.take_in(prompt="2025-01-09T10:00:00Z", steady="2025-01-08T10:00:00Z", late="2024-12-15T10:00:00Z",
                   silent="2024-09-10T10:00:00Z", new=None)  # fmt: skip

    was = office.data("status", "--local-authority", "Camden", "--month", "2024-12")["obligations"]
    assert {row["location_id"]: row["status"] for row in was if row["status"] != "not-required"} == {
        PROMPT: "fulfilled", STEADY: "fulfilled", LATE: "fulfilled", SILENT: "missed",
    }  # fmt: skip
    newly = {row["location_id"]: row["known_risk"] for row in was if row["newly_at_risk"]}
    assert newly == {SILENT: "notice-level"}

    called = office.chase()
    assert [row["Location ID"] for row in called] == [SILENT, LATE, NEW]
    assert (called[0]["Risk"], called[0]["Notes"]) == ("notice level", "rang on the 12th; the manager is away")
    january = _report(office)
    rates = {it["month"]: it["groups"][0][1]["rate"] for it in january["months"]}
    assert (rates["2024-12"], rates["2025-01"]) == (75.0, 40.0)
    assert [(row["location_id"], row["level"]) for row in january["at_risk"]] == [(SILENT, "notice-level")]


def test_the_page_and_the_coming_windows_are_ready_to_be_published(office: Office) -> None:
    page = office.folder / "page.html"
    office.type("report", "compliance", "--local-authority", "Camden", "--public", "--out", page)

    text = page.read_text(encoding="utf-8")
    assert "Camden" in text
    assert SILENT not in text and "Rose Care" not in text
    assert "14 January 2025" in office.type("report", "windows", "--next", "2").out


def _report(office: Office) -> dict[str, Any]:
    told = office.type("report", "compliance", "--local-authority", "Camden", "--out", "-", "--format", "json").out
    found: dict[str, Any] = json.loads(told)
    return found
