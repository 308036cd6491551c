"""What every action answers with."""

from dataclasses import dataclass

from ct_cli.errors import CtError, ExitStatus
from ct_cli.returns.problem import Problem


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Base of the answers. A subclass's field names are the keys of `data` in JSON."""

    problems: tuple[Problem, ...] = ()
    failures: tuple[CtError, ...] = ()
    """What ct could not do, or did otherwise than asked, once what is answered here was done: told beside the answer,
    never instead of it."""
    exit_status: ExitStatus = ExitStatus.DONE

    @property
    def status(self) -> ExitStatus:
        """What the program ends with: the answer's own status, or that of the first failure where that is 0."""
        statuses = [self.exit_status, *(failure.exit_status for failure in self.failures)]
        return next((status for status in statuses if status is not ExitStatus.DONE), ExitStatus.DONE)
