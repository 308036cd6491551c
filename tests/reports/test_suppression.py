"""What is left out of a public table cannot be worked out: tried by somebody who knows all sums and can count."""

import itertools
from collections.abc import Mapping

from hypothesis import example, given
from hypothesis import strategies as st

from ct_cli.reports.suppression import SMALLEST_SHOWN, Sum, left_out

COUNTS = st.one_of(st.integers(0, 12), st.integers(0, 400))


def test_a_count_under_six_and_one_beside_it_are_left_out() -> None:
    hidden = left_out({"all": 100, "a": 3, "b": 40, "c": 57}, [Sum("all", ("a", "b", "c"))])

    assert hidden == {"a", "b"}


def test_six_is_shown_and_nought_is_not() -> None:
    assert left_out({"a": 6, "b": 5, "c": 0}, []) == {"b", "c"}


def test_two_noughts_are_not_told_by_their_sum() -> None:
    """Left out alone, they would be known to make nought together."""
    assert left_out({"all": 50, "a": 0, "b": 0, "c": 50}, [Sum("all", ("a", "b", "c"))]) == {"a", "b", "c"}


def test_two_fives_are_not_told_by_making_ten() -> None:
    assert "c" in left_out({"all": 40, "a": 5, "b": 5, "c": 30}, [Sum("all", ("a", "b", "c"))])


def test_a_total_under_six_takes_its_parts_with_it() -> None:
    assert left_out({"all": 5, "a": 2, "b": 3}, [Sum("all", ("a", "b"))]) == {"all", "a", "b"}


def test_what_gives_nothing_away_stays_whatever_is_left_out_elsewhere() -> None:
    cells = {"beds": 0, "all": 100, "a": 40, "b": 60, "none": 3}

    assert left_out(cells, [Sum("beds", ()), Sum("all", ("a", "b")), Sum("none", ())]) == {"beds", "none"}


@given(st.lists(COUNTS, min_size=2, max_size=5))
@example([5, 5, 30])
@example([0, 6])
@example([0, 0, 0])
def test_no_small_count_of_a_row_has_only_one_value_that_fits(parts: list[int]) -> None:
    names = tuple("abcde"[: len(parts)])
    cells = {"all": sum(parts), **dict(zip(names, parts, strict=True))}

    hidden = left_out(cells, [Sum("all", names)])

    assert {name for name, count in cells.items() if count < SMALLEST_SHOWN} <= hidden
    unknown = [name for name in names if name in hidden]
    if not unknown or "all" in hidden:
        assert "all" not in hidden or unknown
        return
    together = sum(cells[name] for name in unknown)
    assert len(unknown) > 1
    assert together >= SMALLEST_SHOWN
    for small in [name for name in unknown if cells[name] < SMALLEST_SHOWN]:
        # The others could make up any other value of this one, small ones only with what small ones can be.
        others = [name for name in unknown if name != small]
        most = sum(SMALLEST_SHOWN - 1 if cells[name] < SMALLEST_SHOWN else together for name in others)
        fits = [value for value in range(SMALLEST_SHOWN) if 0 <= together - value <= most]
        assert len(fits) > 1


@given(st.lists(st.lists(COUNTS, min_size=3, max_size=3), min_size=2, max_size=4))
def test_no_cell_of_a_table_with_margins_follows_from_the_others(rows: list[list[int]]) -> None:
    cells, sums = table(rows)

    hidden = left_out(cells, sums)

    assert {name for name, count in cells.items() if count < SMALLEST_SHOWN} <= hidden
    assert worked_out(cells, hidden, sums) == set()


def table(rows: list[list[int]]) -> tuple[dict[tuple[int, int], int], list[Sum[tuple[int, int]]]]:
    """Cells with their margins in row and column -1."""
    down, across = range(len(rows)), range(len(rows[0]))
    cells = {(r, c): rows[r][c] for r in down for c in across}
    cells |= {(r, -1): sum(rows[r]) for r in down} | {(-1, c): sum(row[c] for row in rows) for c in across}
    cells[-1, -1] = sum(map(sum, rows))
    sums = [Sum((r, -1), tuple((r, c) for c in across)) for r in (*down, -1)]
    sums += [Sum((-1, c), tuple((r, c) for r in down)) for c in (*across, -1)]
    return cells, sums


def worked_out(
    cells: Mapping[tuple[int, int], int], hidden: frozenset[tuple[int, int]], sums: list[Sum[tuple[int, int]]]
) -> set[tuple[int, int]]:
    """Hidden cells that some adding and subtracting of up to four sums leaves alone."""
    found = set()
    for many in range(1, min(4, len(sums)) + 1):
        for chosen in itertools.combinations(sums, many):
            for signs in itertools.product((1, -1), repeat=many - 1):
                left: dict[tuple[int, int], int] = {}
                for sign, each in zip((1, *signs), chosen, strict=True):
                    for cell, factor in ((each.total, -1), *((part, 1) for part in each.parts)):
                        if cell in hidden:
                            left[cell] = left.get(cell, 0) + sign * factor
                unknown = [cell for cell, factor in left.items() if factor]
                if len(unknown) == 1:
                    found.add(unknown[0])
    return found
