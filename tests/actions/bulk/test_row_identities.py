"""The identities of a file's rows."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from ct_cli.actions.bulk.row_identities import RowIdentities

NUMBERS = st.one_of(st.integers(-3, 3), st.integers(-(2**63), 2**63 - 1))


@given(st.lists(NUMBERS), NUMBERS)
def test_they_are_what_a_set_and_a_counter_would_say(numbers: list[int], other: int) -> None:
    identities = RowIdentities(iter(numbers))

    assert len(identities) == len(numbers)
    assert identities.repeated() == {number for number, count in Counter(numbers).items() if count > 1}
    assert all(number in identities for number in numbers)
    assert (other in identities) == (other in numbers)
    assert "LOC123" not in identities
