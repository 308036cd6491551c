"""The risk of a penalty: which missed months bring a service at a location where, by which rule, on whose word.

Everything here works on the missed months as bits, the newest decided window being bit 0 (`ct_cli.compliance.span`).
Counting is per location and care type over twelve rolling windows, from the later of 1 December 2022 and the
registration date; that much is inferred, the thresholds themselves are quoted.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from ct_cli.register.location import Location
from ct_cli.returns.collection import Basis

ROLLING = 12
"""How many windows are looked at."""
_TWELVE = (1 << ROLLING) - 1

LOWEST_FEE_PENCE = 313_00
HIGHEST_FEE_PENCE = 15_710_00
"""The range quoted for the penalty: a provider's CQC registration fee. CQC's fee bands are not known to ct."""


class RiskLevel(StrEnum):
    """How near a penalty is, mildest first."""

    NONE = "none"
    AT_RISK = "at-risk"
    NOTICE = "notice-level"
    """NHSBSA may send a Notice of Intent."""

    @property
    def severity(self) -> int:
        """0 for none, 2 for notice level."""
        return _SEVERITY[self]


_SEVERITY = {level: number for number, level in enumerate(RiskLevel)}


class Pattern(StrEnum):
    """How missed months are counted."""

    IN_A_ROW = "in a row"
    """So many next to each other, anywhere in the twelve."""
    THE_LAST = "the last"
    """So many, up to and with the newest."""
    IN_ALL = "in all"


@dataclass(frozen=True, slots=True)
class RiskRule:
    """So many missed windows, counted in a certain way, bring a level."""

    code: str
    level: RiskLevel
    pattern: Pattern
    missed: int
    source: str
    basis: Basis

    def months(self, missed: int) -> int:
        """The bits of the months that meet this rule; 0 where it is not met."""
        match self.pattern:
            case Pattern.IN_ALL:
                return missed if missed.bit_count() >= self.missed else 0
            case Pattern.THE_LAST:
                run = (~missed & (missed + 1)).bit_length() - 1
                return (1 << run) - 1 if run >= self.missed else 0
            case Pattern.IN_A_ROW:
                begins = missed
                for step in range(1, self.missed):
                    begins &= missed >> step
                together = 0
                for step in range(self.missed):
                    together |= begins << step
                return together


_REGULATIONS = "Adult Social Care Information (Enforcement) Regulations 2022, as NHSBSA applies them"
_COUNCILS = "Capacity Tracker's reports to councils"

RULES: tuple[RiskRule, ...] = (
    RiskRule("three-in-a-row", RiskLevel.NOTICE, Pattern.IN_A_ROW, 3, _REGULATIONS, Basis.NOTICE),
    RiskRule("four-in-twelve", RiskLevel.NOTICE, Pattern.IN_ALL, 4, _REGULATIONS, Basis.NOTICE),
    RiskRule("last-two", RiskLevel.AT_RISK, Pattern.THE_LAST, 2, _COUNCILS, Basis.NOTICE),
    RiskRule(
        "three-in-twelve",
        RiskLevel.AT_RISK,
        Pattern.IN_ALL,
        3,
        _REGULATIONS,
        Basis.INFERRED,
    ),
)
"""Severest first; the first that is met speaks."""


@dataclass(frozen=True, slots=True)
class Risk:
    """A level, the rule that brings it and the months that meet the rule, as bits."""

    level: RiskLevel
    rule: RiskRule | None
    months: int

    @property
    def words(self) -> str:
        """Why, in a few words: missed 4 in 12; empty where there is no risk."""
        if self.rule is None:
            return ""
        more = self.months.bit_count() > self.rule.missed
        if self.rule.pattern is Pattern.IN_A_ROW:
            return f"missed {self.rule.missed}{' or more' if more else ''} in a row"
        if self.rule.pattern is Pattern.THE_LAST:
            return f"missed the last {self.rule.missed}"
        return f"missed {self.months.bit_count()} in {ROLLING}"


NO_RISK = Risk(RiskLevel.NONE, None, 0)


def assess(missed: int) -> Risk:
    """The risk that missed months bring; bit 0 is the newest decided window, and only twelve are looked at."""
    return _assess_twelve(missed & _TWELVE)


def assess_if_missed(missed: int) -> Risk:
    """The risk if the window after bit 0 were missed too."""
    return _assess_twelve((missed << 1 | 1) & _TWELVE)


def assess_if_made(missed: int) -> Risk:
    """The risk if the window after bit 0 were met."""
    return _assess_twelve(missed << 1 & _TWELVE)


@lru_cache(maxsize=1 << ROLLING)  # There are only 4,096 histories: a register of 31,000 asks for few of them.
def _assess_twelve(missed: int) -> Risk:
    for rule in RULES:
        months = rule.months(missed)
        if months:
            return Risk(rule.level, rule, months)
    return NO_RISK


def penalty_in_words(location: Location) -> str:
    """How large a penalty would be, or why there is none.

    Source: the penalty is the provider's CQC registration fee; the quoted range is £313 to £15,710. It reaches private
    providers only (2022 Regulations).
    """
    if location.public_body:
        return "no penalty: a public body owes the return, but the Regulations of 2022 do not reach it"
    if location.fee_pence is not None:
        return f"the provider's CQC registration fee: {pounds(location.fee_pence)}"
    return f"the provider's CQC registration fee, quoted as {pounds(LOWEST_FEE_PENCE)} to {pounds(HIGHEST_FEE_PENCE)}"


def pounds(pence: int) -> str:
    """An amount for people: £15,710, or £313.50."""
    whole, rest = divmod(pence, 100)
    return f"£{whole:,}.{rest:02}" if rest else f"£{whole:,}"
