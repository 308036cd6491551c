"""What a code means, and what to do: of problems, of the ways in which ct can fail, of exit statuses."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from pkgutil import walk_packages

from ct_cli.actions.answer import Answer
from ct_cli.errors import CtError, ExitStatus, UsageError
from ct_cli.returns.code import Code
from ct_cli.returns.codes import CODES
from ct_cli.returns.collection import Basis
from ct_cli.returns.identity import Service
from ct_cli.returns.problem import Severity
from ct_cli.returns.rules.registry import NIL_RULES, RULES


class NoSuchCode(UsageError):
    """There is no code {given!r}{nearest}. `ct explain` lists them all."""

    code = "no-such-code"


class Sort(StrEnum):
    """What a code belongs to."""

    PROBLEM = "problem"
    """Something is to be said of a return or another row of data."""
    FAILURE = "failure"
    """ct could not go on."""
    EXIT_STATUS = "exit status"


@dataclass(frozen=True)
class Explanation:
    """One code, in words."""

    code: str
    sort: Sort
    meaning: str
    remedy: str = ""
    severity: Severity | None = None
    """Of a problem: what it does to the return."""
    services: tuple[Service, ...] = ()
    """Of a rule that holds for some services only: which."""
    source: str = ""
    basis: Basis | None = None
    exit_status: ExitStatus | None = None
    """Of a failure: what ct ends with."""


@dataclass(frozen=True)
class CodesExplained(Answer):
    """The code asked for, or all of them."""

    explanations: tuple[Explanation, ...]
    listing: bool
    """Whether all were asked for."""


_STATUSES = {
    ExitStatus.DONE: ("Done.", ""),
    ExitStatus.UNEXPECTED: ("Something that ct did not expect went wrong.", "See the message; then `ct doctor`."),
    ExitStatus.USAGE: ("The command was typed wrongly, or a setting is wrong.", "The message says what to type."),
    ExitStatus.REFUSED: ("All or some of the data was refused.", "Correct what the problems name, and send it again."),
    ExitStatus.OUTSTANDING: (
        "Something is outstanding, or a query was not confirmed.",
        "Make the returns still owed; confirm a query with --confirm CODE --note.",
    ),
    ExitStatus.NOT_ALLOWED: ("Not allowed.", "Ask for a key with the right role."),
    ExitStatus.NETWORK: ("The network failed; the return waits here where it could.", "`ct queue` shows what waits."),
    ExitStatus.WINDOW_NOT_OPEN: ("The reporting window is not open.", "`ct window` says when it is."),
    ExitStatus.INTERRUPTED: ("You interrupted it. What had a receipt is kept.", "Run it again: nothing is doubled."),
}


def explain_code(given: str | None) -> CodesExplained:
    """A code's meaning, or every code's where none is given; `exit-status` for what ct ends with. Raises NoSuchCode."""
    if given is None:
        return CodesExplained((*_problems(), *_failures(), *_statuses()), listing=True)
    wanted = given.strip().lower().replace("_", "-").replace(" ", "-")
    if wanted in CODES:  # most are; failures are found by loading all of ct
        return CodesExplained((_problem(CODES[wanted]),), listing=False)
    if wanted == "exit-status":
        return CodesExplained(tuple(_statuses()), listing=True)
    everything = (*_problems(), *_failures(), *_statuses())
    found = tuple(one for one in everything if one.code in (wanted, wanted.removeprefix("exit-status-")))
    if not found:
        from difflib import get_close_matches

        near = get_close_matches(wanted, [*(one.code for one in everything), "exit-status"], n=1)
        raise NoSuchCode(given=given[:60], nearest=f" (did you mean {near[0]}?)" if near else "")
    return CodesExplained(found, listing=False)


def _problems() -> Iterator[Explanation]:
    return map(_problem, CODES.values())


def _problem(code: Code) -> Explanation:
    services = {service for rule in (*RULES, *NIL_RULES) if rule.code is code for service in rule.services}
    return Explanation(
        code.code,
        Sort.PROBLEM,
        code.meaning,
        code.remedy,
        code.severity,
        tuple(sorted(services)),
        code.source,
        code.basis,
    )


def _failures() -> Iterator[Explanation]:
    """Every way in which ct can fail, found by its class, so that none can be forgotten here."""
    import ct_cli

    for module in walk_packages(ct_cli.__path__, "ct_cli."):
        if not module.name.startswith(_NOT_LOADED):
            import_module(module.name)
    classes = {kind.code: kind for kind in reversed(list(_subclasses(CtError)))}
    for code, kind in sorted(classes.items()):
        yield Explanation(code, Sort.FAILURE, _sentence(kind), exit_status=kind.exit_status)


_FACTS = {"nearest": "", "where": "", "words": "What was typed wrongly, and what to type instead."}
"""Facts that are words of their own, or that only some cases have."""

_NOT_LOADED = ("ct_cli.__main__", "ct_cli.server")
"""Never loaded to explain a code: the program's entrance, and what needs packages that may not be installed."""


def _subclasses(kind: type[CtError]) -> Iterator[type[CtError]]:
    for below in kind.__subclasses__():
        if below.__module__.startswith("ct_cli."):
            yield below
            yield from _subclasses(below)


def _sentence(kind: type[CtError]) -> str:
    """The class's sentence, with the names of a case's own facts in capitals: The store PATH cannot be used: REASON."""
    sentence = " ".join((kind.__doc__ or "").split())
    return re.sub(r"\{(\w+)[^}]*\}", lambda found: _FACTS.get(found[1], found[1].replace("_", " ").upper()), sentence)


def _statuses() -> Iterator[Explanation]:
    for status, (meaning, remedy) in _STATUSES.items():
        yield Explanation(str(int(status)), Sort.EXIT_STATUS, meaning, remedy, exit_status=status)
