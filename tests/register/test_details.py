"""Details as people write them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ct_cli.errors import CtError
from ct_cli.register import details
from ct_cli.register.columns import parse_services, write_pounds, write_services
from ct_cli.returns.identity import NotALocationId, Service, parse_location_id


@pytest.mark.parametrize(
    ("given", "postcode"),
    [("ab1 2cd", "AB1 2CD"), ("SW1A1AA", "SW1A 1AA"), (" m1  1ae ", "M1 1AE"), ("", ""), ("GIR0AA", "GIR 0AA")],
)
def test_a_postcode_comes_out_in_capitals_with_one_space(given: str, postcode: str) -> None:
    assert details.parse_postcode(given) == postcode


@pytest.mark.parametrize("given", ["A1", "12345", "AB1 2C", "ＡＢ1 2CD", "AB1-2CD", "AB١ 2CD"])
def test_what_lacks_the_form_of_a_postcode_is_refused(given: str) -> None:
    with pytest.raises(details.NotAPostcode):
        details.parse_postcode(given)


@pytest.mark.parametrize(
    ("given", "pence"),
    [("1234.50", 123450), ("£1,234", 123400), ("1234.5", 123450), ("£ 313", 31300), ("0.07", 7), ("", None)],
)
def test_a_fee_is_pounds(given: str, pence: int | None) -> None:
    assert details.parse_fee(given) == pence


@pytest.mark.parametrize("given", ["1,23", "1e3", "-5", "1_000", "12.345", "$5", "NaN", "٣", "1000001", "9" * 400])
def test_what_is_no_amount_of_pounds_is_refused(given: str) -> None:
    with pytest.raises(details.NotAFee):
        details.parse_fee(given)


@given(st.integers(0, 100_000_000))
def test_a_fee_written_and_read_is_the_same(pence: int) -> None:
    assert details.parse_fee(write_pounds(pence)) == pence


@pytest.mark.parametrize(
    ("given", "beds"), [("40", 40), (" 36 ", 36), ("22.0", 22), ("007", 7), ("0", None), ("", None)]
)
def test_beds_are_a_whole_number(given: str, beds: int | None) -> None:
    assert details.parse_beds(given) == beds


@pytest.mark.parametrize("given", ["١٢", "1_000", "１２", "1e3", "36.5", "-1", "1" + "0" * 30, "NaN", "22.", "10000"])
def test_hostile_numbers_of_beds_are_refused(given: str) -> None:
    with pytest.raises(details.NotACountOfBeds):
        details.parse_beds(given)


@pytest.mark.parametrize("given", ["2024-02-30", "20240208", "8/2/2024", "2024-W05-1", "yesterday", "２024-01-01"])
def test_a_day_is_only_taken_in_iso_form(given: str) -> None:
    with pytest.raises(CtError, match="as in 2024-12-08"):
        details.parse_day(given)


@pytest.mark.parametrize("given", ["2024-02-08", "08/02/2024", "8/2/2024", "2024-02-08 00:00:00", "08/02/2024 00:00"])
def test_a_file_may_write_the_day_as_a_spreadsheet_does(given: str) -> None:
    assert details.parse_day_in_file(given) == date(2024, 2, 8)


@pytest.mark.parametrize("given", ["m@example.org", " Jo.O'Neil+ct@Care.example.ORG "])
def test_an_email_comes_out_in_small_letters(given: str) -> None:
    assert details.parse_email(given) == given.strip().lower()


@pytest.mark.parametrize(
    "given",
    ["", "jo", "jo@", "@example.org", "jo@example", "jo@@example.org", "jo smith@example.org", "jo@-a.org", "jo.@a.org",
     "jo@a..org", "jo@127.0.0.1", "jó@example.org", "a" * 65 + "@example.org", "jo@" + "a" * 64 + ".org", "j\x00@a.org",
     "jo@example.org\nBcc: all@example.org"],
)  # fmt: skip
def test_what_is_no_email_is_refused(given: str) -> None:
    with pytest.raises(details.NotAnEmail):
        details.parse_email(given)


def test_a_name_is_one_line() -> None:
    assert details.parse_name("  Rose \n House ") == "Rose House"
    for bad in ("", "  ", "Rose\x00House", "R" * 201):
        with pytest.raises(details.DetailRefused):
            details.parse_name(bad)


def test_services_are_each_kept_once_in_one_order() -> None:
    given = "Home care; care_home,home-care"
    assert parse_services(given) == (Service.CARE_HOME, Service.HOME_CARE)
    assert write_services(parse_services(given)) == "care-home; home-care"


@pytest.mark.parametrize("spoilt", ["Jan-34", "01/01/2034", "2034-01-01", "2034-01-01 00:00:00", "1-Jan", "01-Jan-2034",
                                    "1.23E+11", "1-12-2034", "sept-2034"])  # fmt: skip
def test_an_id_that_excel_spoilt_is_refused_with_the_reason(spoilt: str) -> None:
    with pytest.raises(NotALocationId, match="Excel turned"):
        parse_location_id(spoilt)


@given(st.integers(10**7, 10**12 - 1))
def test_cqcs_usual_ids_pass(digits: int) -> None:
    assert parse_location_id(f" 1-{digits} ") == f"1-{digits}"


@given(st.text(max_size=30))
def test_an_id_is_taken_in_its_alphabet_or_refused_in_words(text: str) -> None:
    try:
        taken = parse_location_id(text)
    except NotALocationId as refusal:
        assert refusal.sentence
    else:
        assert 3 <= len(taken) <= 14
        assert set(taken) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-")
        assert parse_location_id(taken.lower()) == taken
