"""What every action answers with."""

from dataclasses import dataclass

from ct_cli.errors import ExitStatus
from ct_cli.returns.problem import Problem


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Base of the answers. A subclass's field names are the keys of `data` in JSON."""

    problems: tuple[Problem, ...] = ()
    exit_status: ExitStatus = ExitStatus.DONE
