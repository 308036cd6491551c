"""Taking in Capacity Tracker's export of the whole country, against `json.load` of it and one `executemany`.

The first import, by which everything is new: every item becomes a return in the ledger and a sighting beside it.
"""

import json
import os
import shutil
import sqlite3
import tempfile
from pathlib import Path
from typing import Any

from ratio import Row, compare

from ct_cli.actions.import_capacity_tracker import import_capacity_tracker
from ct_cli.actions.workplace import Workplace
from ct_cli.backends.sqlite import SqliteBackend
from ct_cli.register.location import Location
from ct_cli.register.tracker_items import WORKFORCE
from ct_cli.returns.identity import Service
from ct_cli.settings import Settings

NOW = "2024-12-20T12:00:00+00:00"
TYPES = ("General Residential", "General Nursing", "Dementia Residential", "Dementia Nursing")


def rows(rounds: int, *, small: bool) -> list[Row]:
    """31,000 items, 5 rounds at most: a round of either takes some seconds."""
    items = 40 if small else 31_000
    os.environ["CT_NOW"] = NOW
    try:
        with tempfile.TemporaryDirectory() as folder:
            return [_measure(Path(folder), items, min(rounds, 5))]
    finally:
        del os.environ["CT_NOW"]


def _measure(folder: Path, items: int, rounds: int) -> Row:
    file, register = folder / "export.json", folder / "register.sqlite3"
    page = {"totalItems": items, "items": [_item(number) for number in range(items)]}
    file.write_text(json.dumps(page), encoding="utf-8")
    with SqliteBackend(register) as backend:
        backend.save_locations(Location(_id(n), f"Rose House {n}", (_service(n),)) for n in range(items))

    def floor() -> None:
        (folder / "floor.sqlite3").unlink(missing_ok=True)
        with file.open(encoding="utf-8") as opened:
            found = json.load(opened)["items"]
        connection = sqlite3.connect(folder / "floor.sqlite3")
        connection.execute("CREATE TABLE seen (id TEXT PRIMARY KEY, updated_at TEXT, content TEXT)")
        told = [(it["cqcId"], it["vacanciesLastUpdated"], str(it["workforce"])) for it in found]
        connection.executemany("INSERT INTO seen VALUES (?, ?, ?)", told)
        connection.commit()
        connection.close()

    def ours() -> None:
        store = folder / "ours.sqlite3"
        for left in folder.glob("ours.sqlite3*"):
            left.unlink()
        shutil.copy(register, store)
        settings = Settings(folder / "none.toml", environment={"CT_STORE": str(store), "CT_CACHE": str(folder)})
        workplace = Workplace(settings)
        answer = import_capacity_tracker(workplace, [str(file)])
        workplace.close()
        assert answer.recorded == items

    return compare(f"import of {items:,} items", "json.load and one executemany", floor, ours, 3.0, rounds=rounds)


def _id(number: int) -> str:
    return f"1-{100_000_000 + number}"


def _service(number: int) -> Service:
    return Service.CARE_HOME if number % 2 else Service.HOME_CARE


def _item(number: int) -> dict[str, Any]:
    """An item with every field that was ever seen, as the export has them."""
    home = number % 2 == 1
    beds = [
        {
            "bedType": name,
            "total": 12,
            "used": 10,
            "reserved": 0,
            "spare": number % 3,
            "closed": 0,
            "closureReason": None,
        }
        for name in TYPES[: 1 + number % 4]
    ]
    return {
        "cqcId": _id(number), "locationName": f"Rose House {number}", "odsCode": f"V{number:05}",
        "cqcType": "Care home service with nursing" if home else "Domiciliary care service", "isCareHome": home,
        "providerOdsCode": None, "reportInclusion": True, "confirmedSave": True, "totalResidentCount": 30,
        "vacanciesLastUpdated": f"2024-12-{9 + number % 7:02}T{8 + number % 9:02}:{number % 60:02}:11.123",
        "admissionStatus": "Open", "acceptingOutOfHoursAdmissions": False, "isAcute": False, "isCommunity": False,
        "isHospice": False, "isSubstanceMisuse": False,
        "geography": {name: f"{name} {number % 150}" for name in (
            "icbName", "icbOdsCode", "laCode", "laName", "laRegionName", "laSnacCode", "lrfName", "nhseRegionName",
            "subIcbName", "subIcbOdsCode")},
        "vacancies": beds if home else [],
        "vaccinations": [
            {"questionGroup": "Flu", "questionId": part, "questionText": f"How many, part {part}", "response": "12"}
            for part in range(6)
        ],
        "workforce": {name: (number + place) % 40 for place, name in enumerate(WORKFORCE)},
        "ascSupport": {"hasIdentifiedPcnLead": None, "hasStaffInfectionTraining": True, "hasWeeklyCheckin": True,
                       "isVisitorsInsideCareHome": True, "isVisitsOffCareHomePremises": True},
        "internationalRecruitment": {"intlVisaIsLicensed": False, "intlVisaCountNurses": 0, "intlVisaCountCare": 0},
    }  # fmt: skip
