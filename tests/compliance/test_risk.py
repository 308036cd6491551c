"""The thresholds against hand-made histories, and against a reading of the rules that knows no bits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ct_cli.compliance.risk import NO_RISK, RULES, RiskLevel, assess, assess_if_made, assess_if_missed, penalty_in_words
from ct_cli.register.location import Location
from ct_cli.returns.identity import Service


def bits(history: str) -> int:
    """Oldest on the left, X for a missed window: "..XX" missed the last two."""
    return int(history.replace("X", "1").replace(".", "0"), 2)


@pytest.mark.parametrize(
    ("history", "level", "rule", "because"),
    [
        ("............", RiskLevel.NONE, None, "............"),
        ("...........X", RiskLevel.NONE, None, "............"),
        (".........XX.", RiskLevel.NONE, None, "............"),
        ("..........XX", RiskLevel.AT_RISK, "last-two", "..........XX"),
        ("X...X...X...", RiskLevel.AT_RISK, "three-in-twelve", "X...X...X..."),
        ("X.........XX", RiskLevel.AT_RISK, "last-two", "..........XX"),
        (".........XXX", RiskLevel.NOTICE, "three-in-a-row", ".........XXX"),
        ("XXX.........", RiskLevel.NOTICE, "three-in-a-row", "XXX........."),
        ("..XXXX..X...", RiskLevel.NOTICE, "three-in-a-row", "..XXXX......"),
        ("X..X..X..X..", RiskLevel.NOTICE, "four-in-twelve", "X..X..X..X.."),
        ("XX.XX.......", RiskLevel.NOTICE, "four-in-twelve", "XX.XX......."),
    ],
)
def test_a_history_brings_its_level_by_its_rule(history: str, level: str, rule: str | None, because: str) -> None:
    risk = assess(bits(history))

    assert risk.level == level
    assert (risk.rule.code if risk.rule else None) == rule
    assert risk.months == bits(because)


def test_a_fourth_miss_thirteen_windows_ago_is_forgotten() -> None:
    assert assess(bits("X..X..X...X.")).level is RiskLevel.NOTICE
    assert assess(bits("X..X..X...X..")).level is RiskLevel.AT_RISK


def test_three_in_a_row_that_begin_before_the_twelve_are_not_three_within_them() -> None:
    assert assess(bits("XXX..........")) is NO_RISK


def test_missing_one_more_after_two_brings_a_notice_and_making_it_clears_the_risk() -> None:
    assert assess_if_missed(bits("..........XX")).level is RiskLevel.NOTICE
    assert assess_if_made(bits("..........XX")) is NO_RISK


def test_one_more_window_lets_the_oldest_miss_go() -> None:
    assert assess_if_missed(bits("X...X...X...")).level is RiskLevel.AT_RISK


def plainly(missed: list[bool]) -> RiskLevel:
    """The rules read aloud; `missed` is oldest first."""
    twelve = missed[-12:]
    if any(all(twelve[i : i + 3]) for i in range(len(twelve) - 2)) or sum(twelve) >= 4:
        return RiskLevel.NOTICE
    if (len(twelve) >= 2 and all(twelve[-2:])) or sum(twelve) >= 3:
        return RiskLevel.AT_RISK
    return RiskLevel.NONE


@given(st.lists(st.booleans(), min_size=3, max_size=40))
def test_bits_and_plain_words_agree(missed: list[bool]) -> None:
    number = int("".join("1" if one else "0" for one in missed), 2)

    risk = assess(number)

    assert risk.level is plainly(missed)
    assert assess_if_missed(number).level is plainly([*missed, True])
    assert assess_if_made(number).level is plainly([*missed, False])
    assert risk.months & ~number == 0
    assert bool(risk.months) == (risk.level is not RiskLevel.NONE)


@given(st.integers(0, 4095), st.integers(0, 11))
def test_one_more_missed_window_never_lowers_the_level(missed: int, another: int) -> None:
    assert assess(missed | 1 << another).level.severity >= assess(missed).level.severity


def test_every_rule_says_where_it_comes_from() -> None:
    assert all(rule.source for rule in RULES)
    assert len({rule.code for rule in RULES}) == len(RULES)


@pytest.mark.parametrize(
    ("history", "words"),
    [
        ("............", ""),
        (".........XXX", "missed 3 in a row"),
        (".......XXXXX", "missed 3 or more in a row"),
        ("XX.XX.XX.XX.", "missed 8 in 12"),
        ("..........XX", "missed the last 2"),
        ("X...X...X...", "missed 3 in 12"),
    ],
)
def test_the_reason_says_how_many(history: str, words: str) -> None:
    assert assess(bits(history)).words == words


def test_the_penalty_is_the_users_own_fee_or_the_quoted_range() -> None:
    def words(**more: object) -> str:
        return penalty_in_words(Location("LOC123", "Rose House", (Service.CARE_HOME,), **more))  # type: ignore[arg-type]

    assert "£313 to £15,710" in words()
    assert words(fee_pence=437_550).endswith("£4,375.50")
    assert words(public_body=True, fee_pence=437_500).startswith("no penalty")
