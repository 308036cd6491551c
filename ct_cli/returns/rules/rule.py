"""What a rule is: a small declared object with a code, the services it holds for, and a function."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ct_cli.returns.code import Code
from ct_cli.returns.codes import CODES
from ct_cli.returns.identity import MANDATED, Service
from ct_cli.returns.problem import Severity
from ct_cli.returns.rules.case import Case


class Found(NamedTuple):
    """What a rule found: words, what to do, the item it is about, and the figures."""

    words: str
    remedy: str | None
    """None for what the code's own declaration says."""
    field: str | None
    facts: dict[str, Any]


Look = Callable[[Case], Sequence[Found]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. Its severity, source and basis stand with its code in `ct_cli.returns.codes`."""

    code: Code
    services: frozenset[Service]
    look: Look
    about: frozenset[str] = frozenset()
    """It finds nothing where none of these items is given; empty where that can not be said."""

    @property
    def severity(self) -> Severity:
        """What a finding does to the return."""
        return self.code.severity


def rule(code: str, *services: Service, about: frozenset[str] = frozenset()) -> Callable[[Look], Rule]:
    """Declare a rule for some services, or for both mandated ones where none is named."""
    return lambda look: Rule(CODES[code], frozenset(services) or MANDATED, look, about)
