"""Every rule across items, in the order in which its findings are told."""

from ct_cli.returns.rules import refusals
from ct_cli.returns.rules.rule import Rule

RULES: tuple[Rule, ...] = (
    refusals.beds_over_capacity,
    refusals.absent_over_employed,
)

NIL_RULES: tuple[Rule, ...] = ()
