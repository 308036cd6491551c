"""Rows come back as they were put in, however their keys differ, and however many read them at a time."""

from hypothesis import given
from hypothesis import strategies as st

from ct_cli.returns.reading.kept_rows import KeptRows

KEYS = ["a", "b", "c", "d"]
ROWS = st.lists(st.dictionaries(st.sampled_from(KEYS), st.text() | st.just("\ud800")), max_size=12)


def kept(rows: list[dict[str, str]]) -> KeptRows:
    made = KeptRows()
    for number, row in enumerate(rows, 1):
        made.add(number, tuple(row), list(row.values()))
    made.end()
    return made


@given(ROWS)
def test_each_row_has_a_cell_for_each_key_of_the_file(rows: list[dict[str, str]]) -> None:
    found = list(kept(rows).rows({key: place for place, key in enumerate(KEYS)}))
    assert found == [(number, [row.get(key, "") for key in KEYS]) for number, row in enumerate(rows, 1)]


def test_thousands_of_long_rows_in_hundreds_of_ways_are_read_by_two_at_a_time() -> None:
    rows = [{"id": str(n), f"k{n % 700}": "x" * (n % 300)} for n in range(5_000)]
    keys = {"id": 0, **{f"k{n}": n + 1 for n in range(700)}}
    made = kept(rows)
    assert len(made._sizes) > 2  # so that the two are at different places of the file
    for (number, one), (again, other) in zip(made.rows(keys), made.rows(keys), strict=True):
        assert (number, one) == (again, other)
        assert {key: one[place] for key, place in keys.items() if one[place] or key == "id"} == {
            key: cell for key, cell in rows[number - 1].items() if cell
        }
    made.close()
    made.close()


def test_two_readings_do_not_move_the_file_under_each_other() -> None:
    rows = [{"id": str(n), "note": "x" * 200} for n in range(5_000)]
    made = kept(rows)
    one, other = made.rows({"id": 0, "note": 1}), made.rows({"id": 0, "note": 1})
    found = [next(one)[0] for _ in range(3_000)] + [next(other)[0] for _ in range(5_000)] + [it[0] for it in one]
    assert found == [*range(1, 3_001), *range(1, 5_001), *range(3_001, 5_001)]
