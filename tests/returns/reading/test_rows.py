"""A row as the return that it means."""

from pathlib import Path

import pytest

from ct_cli.returns.identity import Service
from ct_cli.returns.reading.columns import match_columns
from ct_cli.returns.reading.headers import known_names
from ct_cli.returns.reading.open_sheet import open_sheet
from ct_cli.returns.reading.rows import RowDecoder, RowDefaults, RowRefused
from ct_cli.returns.the_return import NilReason, Return, ReturnKind
from ct_cli.windows.month import Month

HEADER = "location_id,service,month,kind,nil_reason,unchanged,confirm,note,maximum_capacity,occupied"
OWED = {"LOC123": (Service.CARE_HOME,), "LOC124": (Service.CARE_HOME, Service.HOME_CARE)}


def decoded(folder: Path, row: str, header: str = HEADER) -> Return | RowRefused:
    path = folder / "returns.csv"
    path.write_text(f"{header}\n{row}\n", encoding="utf-8")
    with open_sheet(str(path)) as sheet:
        plan, problems = match_columns(sheet, known_names({"maximum_capacity": (), "occupied": ()}))
        assert plan is not None, problems
        ((number, cells),) = sheet.rows(plan.names)
        decoder = RowDecoder(sheet, plan, RowDefaults(Month(2024, 12), lambda id: OWED.get(id, ())))
        quick = decoder.plain_identity(cells)
        slow = decoder.decode(number, cells)
        if quick is not None and isinstance(slow, Return):
            assert quick == (slow.location_id, slow.service, slow.month), "the quick way says the same"
        return slow


def refused(folder: Path, row: str) -> list[tuple[str, str | None]]:
    result = decoded(folder, row)
    assert isinstance(result, RowRefused)
    return [(problem.code, problem.place.cell if problem.place else None) for problem in result.problems]


def test_a_full_row(tmp_path: Path) -> None:
    given = decoded(tmp_path, " loc123 ,Care home,2024-11,,,,beds-unaccounted; large-jump,two rooms shut,40, 36 ")

    assert isinstance(given, Return)
    assert (given.location_id, given.service, given.month) == ("LOC123", Service.CARE_HOME, Month(2024, 11))
    assert (given.kind, given.raw) == (ReturnKind.FULL, {"maximum_capacity": "40", "occupied": "36"})
    assert (given.confirm, given.note) == (frozenset({"beds-unaccounted", "large-jump"}), "two rooms shut")


def test_what_is_blank_is_the_location_s_only_service_and_the_month_of_the_run(tmp_path: Path) -> None:
    given = decoded(tmp_path, "LOC123,,,,,,,,40,")

    assert isinstance(given, Return)
    assert (given.service, given.month, given.raw) == (Service.CARE_HOME, Month(2024, 12), {"maximum_capacity": "40"})


@pytest.mark.parametrize(
    ("row", "kind", "reason"),
    [
        ("LOC123,,,,no service users,,,,,", ReturnKind.NIL, NilReason.NO_SERVICE_USERS),
        ("LOC123,,,nil,,,,,,", ReturnKind.NIL, None),
        ("LOC123,,,,,yes,,,,", ReturnKind.UNCHANGED, None),
        ("LOC123,,,,,TRUE,,,,", ReturnKind.UNCHANGED, None),
        ("LOC123,,,return,no,no,,,3,", ReturnKind.FULL, None),
        ("LOC123,,,,,,,,3,", ReturnKind.FULL, None),
    ],
)
def test_nil_and_unchanged_have_their_own_columns(
    tmp_path: Path, row: str, kind: ReturnKind, reason: NilReason | None
) -> None:
    given = decoded(tmp_path, row)

    assert isinstance(given, Return)
    assert (given.kind, given.reason) == (kind, reason)


@pytest.mark.parametrize(
    ("cell", "taken"),
    [("40.0", "40"), ("0.000", "0"), ("40.5", "40.5"), ("-1.0", "-1.0"), ("'-1", "-1"), ("'40", "'40"), ("1e3", "1e3")],
)
def test_counts_that_a_program_wrote_as_floats_and_what_ct_itself_guarded_are_as_they_were(
    tmp_path: Path, cell: str, taken: str
) -> None:
    given = decoded(tmp_path, f"LOC123,,,,,,,,{cell},")

    assert isinstance(given, Return)
    assert given.raw == {"maximum_capacity": taken}


def test_a_note_that_ct_guarded_comes_back_without_its_guard(tmp_path: Path) -> None:
    given = decoded(tmp_path, "LOC123,,,,,,large-jump,'- two rooms shut,40,")

    assert isinstance(given, Return)
    assert given.note == "- two rooms shut"


def test_a_date_that_a_spreadsheet_made_of_a_month_is_that_month(tmp_path: Path) -> None:
    given = decoded(tmp_path, "LOC123,,2024-11-01,,,,,,3,")

    assert isinstance(given, Return)
    assert given.month == Month(2024, 11)


def test_everything_wrong_with_a_row_comes_at_once(tmp_path: Path) -> None:
    row = "LOC_1,care-hom,Dec-24,,no-people,maybe,,,1,2,,9"

    assert refused(tmp_path, row) == [
        ("cell-without-header", "L2"),
        ("location-id-wrong", "A2"),
        ("service-wrong", "B2"),
        ("month-wrong", "C2"),
        ("nil-reason-wrong", "E2"),
        ("kind-wrong", "F2"),
    ]


@pytest.mark.parametrize("id", ["01-Dec", "Dec-01", "1/12/2024", "1.23E+11", "1E5", "2024-12-01", "12345 (a number)"])
def test_an_id_that_a_spreadsheet_misread_is_refused_with_the_reason(tmp_path: Path, id: str) -> None:
    assert refused(tmp_path, f"{id},care-home,,,,,,,1,2") == [("location-id-misread", "A2")]


def test_a_blank_service_where_there_are_two_is_not_guessed(tmp_path: Path) -> None:
    assert refused(tmp_path, "LOC124,,,,,,,,1,2") == [("service-wrong", "B2")]


@pytest.mark.parametrize("row", ["LOC123,,,,closing,yes,,,,", "LOC123,,,unchanged,closing,,,,,"])
def test_two_kinds_at_once_are_refused(tmp_path: Path, row: str) -> None:
    assert [code for code, _ in refused(tmp_path, row)] == ["kind-wrong"]


def test_what_stands_where_an_id_a_service_or_a_month_should_is_never_repeated(tmp_path: Path) -> None:
    result = decoded(tmp_path, "Margaret 9434765919,Margaret,Margaret,Margaret,Margaret,Margaret,,,1,2")

    assert isinstance(result, RowRefused)
    assert len(result.problems) == 5
    assert "943476" not in repr(result)
    assert "margaret" not in repr(result).lower()
