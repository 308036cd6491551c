"""A user's own collection files: they add versions, override ct's, hold surveys, and are refused by file and line."""

from pathlib import Path

import pytest

from ct_cli.returns.catalogue import Catalogue, NoSuchSurvey
from ct_cli.returns.checking import Checker, LocationFacts
from ct_cli.returns.collection import Basis, ItemKind
from ct_cli.returns.collection_file import CollectionRefused
from ct_cli.returns.identity import Service
from ct_cli.returns.the_return import Return, ReturnKind
from ct_cli.windows.month import Month

HOSPICE = """\
service = "hospice"
title = "Our hospice list"
effective_from = 2026-01-01
source = "Agreed with the commissioner"

[[group]]
name = "Beds"
mandatory = true
items = [
    { key = "beds_in_use", label = "Beds in use", unit = "beds" },
    { key = "open", label = "Open to referrals", unit = "yes or no", kind = "yes-no", mandatory = false },
]
"""

SURVEY = """\
service = "care-home"
title = "A survey of waiting lists"
survey = true
opens = 2026-10-02
closes = 2026-10-23
source = "A letter"

[[group]]
name = "Waiting"
items = [{ key = "people_waiting", label = "People waiting", unit = "people", mandatory = true }]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "collections"
    made.mkdir()
    return made


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_gives_a_service_the_list_that_ct_does_not_know(folder: Path) -> None:
    path = write(folder, "hospice-ours.toml", HOSPICE)

    asked = Catalogue.load(folder).for_month(Service.HOSPICE, Month(2026, 2))

    assert [item.key for item in asked.items] == ["beds_in_use", "open"]
    assert [item.mandatory for item in asked.items] == [True, False]
    assert asked.by_key["open"].kind is ItemKind.YES_NO
    assert {item.basis for item in asked.items} == {Basis.USER}
    assert asked.origin == str(path)
    assert Catalogue.load(folder).for_month(Service.HOSPICE, Month(2025, 12)).items == ()


def test_a_later_version_is_written_as_changes_to_one_of_cts(folder: Path) -> None:
    write(
        folder,
        "care-home-2027.toml",
        'service = "care-home"\ntitle = "2027"\neffective_from = 2027-01-01\nsource = "A new notice"\n'
        'based_on = "care-home-2025-11-01"\nremove = ["visitors_inside"]\n\n'
        "[change.nurses_absent]\nmandatory = true\n\n"
        '[[group]]\nname = "Bed capacity"\nitems = [{ key = "respite", label = "Respite beds", unit = "beds" }]\n',
    )
    catalogue = Catalogue.load(folder)

    before = catalogue.for_month(Service.CARE_HOME, Month(2026, 12))
    after = catalogue.for_month(Service.CARE_HOME, Month(2027, 1))

    assert before.id == "care-home-2025-11-01"
    assert after.by_key.keys() - before.by_key.keys() == {"respite"}
    assert before.by_key.keys() - after.by_key.keys() == {"visitors_inside"}
    assert after.by_key["nurses_absent"].mandatory
    assert [item.key for item in after.items[:5]][-1] == "respite"  # with its group, not at the end


def test_a_file_with_the_name_of_one_of_cts_takes_its_place(folder: Path) -> None:
    write(folder, "home-care-2025-11-01.toml", HOSPICE.replace('"hospice"', '"home-care"'))

    asked = Catalogue.load(folder).for_month(Service.HOME_CARE, Month(2026, 2))

    assert "beds_in_use" in asked.by_key
    assert Catalogue.load(folder).for_month(Service.CARE_HOME, Month(2026, 2)).id == "care-home-2025-11-01"


def test_a_survey_has_dates_of_its_own_and_never_stands_in_for_the_month(folder: Path) -> None:
    write(folder, "waiting.toml", SURVEY)
    catalogue = Catalogue.load(folder)
    month = Month(2026, 10)

    survey = catalogue.survey("waiting")
    given = Return("LOC123", Service.CARE_HOME, month, ReturnKind.FULL, {"people_waiting": "4"}, survey="waiting")
    checked = Checker(survey, month).check(given, LocationFacts("LOC123", frozenset({Service.CARE_HOME})), None)

    assert (survey.voluntary, str(survey.opens), str(survey.closes)) == (True, "2026-10-02", "2026-10-23")
    assert catalogue.for_month(Service.CARE_HOME, Month(2026, 11)).id == "care-home-2025-11-01"
    assert checked.checked is not None
    assert checked.checked.survey == "waiting"


def test_an_unknown_survey_is_answered_with_those_that_there_are(folder: Path) -> None:
    with pytest.raises(NoSuchSurvey, match="none is known"):
        Catalogue.load().survey("nope")
    write(folder, "waiting.toml", SURVEY)
    with pytest.raises(NoSuchSurvey, match="waiting"):
        Catalogue.load(folder).survey("nope")


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ('title = "Our', "title = Our", 2, "it is not TOML"),
        ("2026-01-01", '"1 January"', 3, "effective_from must be a date such as 2024-04-26"),
        ("2026-01-01", "2026-01-01T10:00:00", 3, "effective_from must be a date"),
        ('service = "hospice"', 'service = "hospital"', 1, "'hospital' is not a service"),
        ('source = "Agreed', 'sauce = "Agreed', 4, "did you mean source?"),
        ('source = "Agreed with the commissioner"\n', "", 1, "source is missing"),
        ("mandatory = true", 'mandatory = "yes"', 8, "mandatory must be true or false"),
        ('kind = "yes-no"', 'kind = "yesno"', 11, "kind 'yesno' is not one of"),
        ('"open", label = "Open to referrals"', '"open"', 11, "label is missing"),
        ('key = "open"', 'key = "Open!"', 11, "is not lower case letters, digits and _"),
        ('key = "open"', 'key = "beds_in_use"', 10, "is there already"),
        ('unit = "beds"', 'units = "beds"', 10, "did you mean unit?"),
        ("[[group]]", "[group]", 6, "group must be a list"),
        ('[[group]]\nname = "Beds"', 'based_on = "nothing"\n[[group]]\nname = "Beds"', 6, "there is no collection"),
        ('[[group]]\nname = "Beds"', 'remove = ["x"]\n[[group]]\nname = "Beds"', 6, "has no such item"),
        ("[[group]]", "[change.x]\nunit = 'a'\n[[group]]", 6, "has no such item"),
        ("mandatory = true\n", "season = [13]\n", 8, "season is a list of months"),
    ],
)
def test_a_broken_file_is_refused_with_file_line_and_reason(
    folder: Path, old: str, new: str, line: int, reason: str
) -> None:
    assert old in HOSPICE
    path = write(folder, "hospice-ours.toml", HOSPICE.replace(old, new, 1))

    with pytest.raises(CollectionRefused) as refused:
        Catalogue.load(folder).for_month(Service.HOSPICE, Month(2026, 2))

    assert refused.value.sentence.startswith(f"The collection file {path}, line {line}: ")
    assert reason in refused.value.sentence


def test_a_file_that_is_based_on_itself_or_is_not_text_is_refused(folder: Path) -> None:
    write(folder, "a.toml", HOSPICE.replace("[[group]]", 'based_on = "b"\n[[group]]'))
    write(folder, "b.toml", HOSPICE.replace("[[group]]", 'based_on = "a"\n[[group]]'))
    with pytest.raises(CollectionRefused, match="based on itself"):
        Catalogue.load(folder).for_month(Service.HOSPICE, Month(2026, 2))

    (folder / "b.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(CollectionRefused, match="not UTF-8"):
        Catalogue.load(folder).for_month(Service.HOSPICE, Month(2026, 2))


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CollectionRefused, match="names no folder"):
        Catalogue.load(tmp_path / "nowhere")
