"""The guard: planted personal data is always caught and never repeated; ids, dates of windows and counts never are."""

from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ct_cli.returns.personal_data import PersonalKind, find_personal_data, is_nhs_number


def kinds(text: str) -> set[PersonalKind]:
    return {found.kind for found in find_personal_data(text)}


@st.composite
def nhs_numbers(draw: st.DrawFn) -> str:
    def check(nine: str) -> int:
        return (11 - sum(int(d) * w for d, w in zip(nine, range(10, 1, -1), strict=True)) % 11) % 11

    nine = draw(st.from_regex(r"[0-9]{9}", fullmatch=True).filter(lambda nine: check(nine) != 10))
    ten = nine + str(check(nine))
    gap = draw(st.sampled_from([" ", "-", ".", "\u00a0", "–", "  ", " - "]))
    return draw(st.sampled_from([ten, gap.join((ten[:3], ten[3:6], ten[6:]))]))


@st.composite
def ni_numbers(draw: st.DrawFn) -> str:
    prefix = draw(st.sampled_from(["AB", "CE", "JK", "PW", "YZ", "TT"]))
    digits = draw(st.from_regex(r"[0-9]{6}", fullmatch=True))
    gap = draw(st.sampled_from(["", " ", "-"]))
    number = gap.join((prefix, digits[:2], digits[2:4], digits[4:], draw(st.sampled_from("ABCD"))))
    return draw(st.sampled_from([number, number.lower()]))


@st.composite
def telephones(draw: st.DrawFn) -> str:
    rest = draw(st.from_regex(r"[0-9]{9}", fullmatch=True))
    start = draw(st.sampled_from(["07", "01", "02", "08", "+44 7", "+441", "0044 20", "+44 (0)1"]))
    number = start + rest[: 11 - len(start)] if start.startswith("0") and not start.startswith("00") else start + rest
    if start == "0044 20":
        number = start + rest[:8]
    at = draw(st.sampled_from([4, 5]))
    return draw(st.sampled_from([number, number[:at] + " " + number[at:], number[:at] + "-" + number[at:]]))


@st.composite
def births(draw: st.DrawFn) -> str:
    day = draw(st.dates(date(1910, 1, 1), date(2009, 12, 31)))
    form = draw(
        st.sampled_from(
            [
                "%d/%m/%Y",
                "%d-%m-%Y",
                "%d.%m.%Y",
                "%Y-%m-%d",
                "%d %B %Y",
                "%d %b %Y",
                "%B %d, %Y",
                "%d%m%Y",
                "%dth %B %Y",
            ]
        )
    )
    return day.strftime(form)


@st.composite
def names(draw: st.DrawFn) -> str:
    title = draw(st.sampled_from(["Mr", "Mrs", "Ms", "Miss", "Mx", "Dr", "Prof", "Rev", "Mr.", "MRS", "Sir"]))
    surname = draw(st.sampled_from(["Smith", "O'Brien", "McDonald", "Patel", "Łukaszewski", "Ng", "SMITH", "J. Jones"]))
    return f"{title} {surname}"


PLANTED = st.one_of(
    nhs_numbers().map(lambda text: (PersonalKind.NHS_NUMBER, text)),
    ni_numbers().map(lambda text: (PersonalKind.NI_NUMBER, text)),
    telephones().map(lambda text: (PersonalKind.TELEPHONE, text)),
    births().map(lambda text: (PersonalKind.DATE_OF_BIRTH, text)),
    names().map(lambda text: (PersonalKind.NAME, text)),
    st.sampled_from(["jo@example.org", "a.b+c@care.example.co.uk", "x_y[at]example.org"]).map(
        lambda text: (PersonalKind.EMAIL, text)
    ),
)
WORDS = st.lists(
    st.sampled_from(
        ["two beds", "closed for repairs", "agency staff", "counted", "again", "since", "the lift,", "ok."]
    ),
    max_size=5,
).map(" ".join)


@given(WORDS, PLANTED, WORDS)
def test_planted_personal_data_is_always_caught(before: str, planted: tuple[PersonalKind, str], after: str) -> None:
    kind, value = planted

    # Some telephone numbers are also valid NHS numbers, and the other way about: that it is caught is what counts.
    found = find_personal_data(f"{before} {value} {after}")
    assert found, value
    assert kind in {one.kind for one in found} or PersonalKind.NHS_NUMBER in {one.kind for one in found}


@given(WORDS, PLANTED, WORDS)
def test_the_place_is_named_and_the_value_never(before: str, planted: tuple[PersonalKind, str], after: str) -> None:
    text = f"{before} {planted[1]} {after}"

    found = find_personal_data(text)

    first, last = len(before) + 2, len(before) + 1 + len(planted[1])
    assert any(one.start <= last and one.end >= first for one in found)
    assert all(planted[1] not in one.in_words for one in found)


IDS = st.one_of(
    st.from_regex(r"1-[0-9]{8,12}", fullmatch=True),
    st.from_regex(r"LOC[0-9]{1,11}", fullmatch=True),
    st.from_regex(r"R[A-Z]{2}[0-9]{2}", fullmatch=True),
)
RECEIPTS = st.from_regex(r"[0-9a-f]{16}", fullmatch=True)
WINDOWS = st.dates(date(2022, 7, 31), date(2031, 12, 31)).flatmap(
    lambda day: st.sampled_from(
        [
            f"{day:%Y-%m-%d}",
            f"{day:%d/%m/%Y}",
            f"{day.day} {day:%B %Y}",
            f"{day:%Y-%m}",
            f"{day:%A} {day.day} {day:%B}",
            f"{day:%d/%m/%Y} 14:30",
            f"{day:%d-%m-%Y} 09.15",
            f"{day:%Y-%m-%d}T10:15:00+00:00",
        ]
    )
)
COUNTS = st.lists(st.integers(0, 999), min_size=1, max_size=5).map(lambda counts: " and ".join(map(str, counts)))
POSTCODES = st.sampled_from(["LS1 4AP", "SW1A 2AA", "NE27 0QF", "AB12 3CD"])


@given(WORDS, st.one_of(IDS, RECEIPTS, WINDOWS, COUNTS, POSTCODES), WORDS)
@example("see", "1-9434765919", "again")
@example("at", "LOC9434765919", "")
def test_ids_receipts_months_dates_of_windows_and_counts_are_never_mistaken(a: str, fact: str, b: str) -> None:
    assert find_personal_data(f"{a} {fact} {b}") == ()


@pytest.mark.parametrize(
    "note",
    [
        "Two beds closed while the lift is mended; back on 3 March 2025.",
        "We miss data for one week. Dr visits stopped, doctor rounds go on.",
        "Lady Anne House merged with Lord Nelson Court.",
        "CQC has 40 beds, we have 38: asked them on 03000 616161 to change it.",
        "Rang NECS on 0191 691 3729 and wrote to necsu.capacitytracker@nhs.net",
        "36 of 40 beds, 12 nurses, 8-14 December, 11:59pm, 10.30 to 11.30",
        "Agency up from 3 to 30 (norovirus), £1,500 a week, ref AB/12/2024",
        "Open since 1 October 2010",
        "12 10 45 36 20 11",
    ],
)
def test_ordinary_notes_pass(note: str) -> None:
    assert find_personal_data(note) == ()


@pytest.mark.parametrize(
    ("note", "kind"),
    [
        ("NHS no 943 476 5918 has a wrong check digit", PersonalKind.NHS_NUMBER),
        ("NHS9434765919", PersonalKind.NHS_NUMBER),
        ("９４３４７６５９１９", PersonalKind.NHS_NUMBER),
        ("94\u200b34765919", PersonalKind.NHS_NUMBER),
        ("DOB: 03/04/2015", PersonalKind.DATE_OF_BIRTH),
        ("born on 3 April 2024", PersonalKind.DATE_OF_BIRTH),
        ("d.o.b. 1/2/50", PersonalKind.DATE_OF_BIRTH),
        ("12/25/1950", PersonalKind.DATE_OF_BIRTH),
        ("mr smith left", PersonalKind.NAME),
        ("Mr & Mrs Jones moved in", PersonalKind.NAME),
        ("Mr.J.Smith", PersonalKind.NAME),
        ("mobile 7700 900123", PersonalKind.TELEPHONE),
        ("call (0191) 498 0123", PersonalKind.TELEPHONE),
        ("write to Jo.Bloggs@EXAMPLE.ORG.", PersonalKind.EMAIL),
    ],
)
def test_other_spellings_are_caught(note: str, kind: PersonalKind) -> None:
    assert kind in kinds(note)


def test_nhs_numbers_are_told_by_modulus_11() -> None:
    assert is_nhs_number("9434765919")
    assert not is_nhs_number("9434765918")
    assert not is_nhs_number("943476591")


@given(st.text(max_size=300))
def test_any_text_is_read_without_failing_and_places_lie_inside_it(text: str) -> None:
    assert all(1 <= found.start <= found.end <= len(text) for found in find_personal_data(text))
