"""What a route is: one address and method, who may use it, what it takes and answers. The document is made of it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from fastapi import Response

from ct_cli.backends.access import Role
from ct_cli.server.asked import JSON, Asked

ALL = frozenset(Role)
WRITERS = frozenset({Role.PROVIDER, Role.ADMIN})
ADMINS = frozenset({Role.ADMIN})


@dataclass(frozen=True)
class Parameter:
    """A parameter of a query; `kind` is the name of its schema in the document."""

    name: str
    kind: str
    words: str


@dataclass(frozen=True)
class Route:
    """One address and method."""

    method: str
    path: str
    run: Callable[[Asked], Awaitable[Response]]
    words: str
    """What it does, as its summary."""
    answers: Mapping[int, str | None]
    """The schema of the answer for each good status; None for no content."""
    roles: frozenset[Role] = ALL
    query: tuple[Parameter, ...] = ()
    headers: tuple[str, ...] = ()
    """The names of the headers that it heeds."""
    takes: str | None = None
    """The schema of the body; None where there is none."""
    takes_types: tuple[str, ...] = (JSON,)
    answers_type: str = JSON
    refuses: tuple[int, ...] = field(default=())
    """The statuses, beyond those that any route has, with which it may say no."""

    @property
    def writes(self) -> bool:
        """Whether it changes anything."""
        return "Idempotency-Key" in self.headers
