"""That the benchmarks work, cheaply and whatever the speed; and, with `-m benchmark -s`, the bounds themselves."""

import itertools

import pytest
from ratio import Row, compare, table
from run import BENCHMARKS, main, measure


@pytest.mark.parametrize("name", BENCHMARKS)
def test_each_benchmark_measures_something(name: str) -> None:
    for row in measure(name, 1, small=True):
        assert min(*row.floor, *row.ours) > 0
        assert row.ratio > 0


def test_floor_and_ours_run_by_turns_after_one_of_each_that_is_not_counted() -> None:
    order: list[str] = []

    row = compare("b", "a", lambda: order.append("a"), lambda: order.append("b"), 2, rounds=3)

    assert order == list(itertools.islice(itertools.cycle("ab"), 8))
    assert (len(row.floor), len(row.ours)) == (3, 3)


def test_the_ratio_is_of_medians_so_one_slow_round_does_not_count() -> None:
    row = Row("ours", "floor", (0.1, 0.1, 9.0), (0.11, 0.12, 0.12), 1.25)

    assert row.ratio == pytest.approx(1.2)
    assert row.met
    assert not Row("ours", "floor", (0.1,), (0.13,), 1.25).met


def test_the_table_shows_the_noise_beside_the_median() -> None:
    shown = table([Row("ours", "floor", (0.1, 0.2, 0.3), (0.2, 0.3, 0.4), 1.25)])

    assert "300.0 ms (200.0 to 400.0)" in shown
    assert "200.0 ms (100.0 to 300.0)" in shown
    assert shown.splitlines()[-1].endswith("1.50   1.25    not met")


@pytest.mark.benchmark
def test_every_bound_is_met() -> None:
    assert [row.name for row in main(rounds=15) if not row.met] == []
