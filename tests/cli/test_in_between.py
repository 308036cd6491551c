"""Two people at one register: what one records between the question and the answer of the other is not replaced."""

import os
import select
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ct_cli.actions.workplace import Workplace
from ct_cli.register.location import Location
from ct_cli.returns.identity import Service
from ct_cli.settings import read_settings
from tests.cli.conftest import GOOD, INSIDE, sets
from tests.cli.on_a_server import Shared
from tests.postgres_server import running

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals of this kind")

Ct = Callable[..., Any]
WORKERS = "non_care_workers_employed"
Step = tuple[str, str | Callable[[], object]]
"""What to wait for, and then what to type or to do."""


def at_a_terminal(steps: list[Step], *arguments: str) -> tuple[str, int]:
    """Run the command at a terminal of its own, step by step; what it said, and its exit status."""
    import pty

    program = str(Path(sys.executable).with_name("ct"))
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.update(CT_NOW=INSIDE, NO_COLOR="1")
        os.execv(program, [program, *arguments])
    said, looked_at = b"", 0
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        while steps and (found := said.find(steps[0][0].encode(), looked_at)) >= 0:
            looked_at = found + len(steps[0][0].encode())
            _, do = steps.pop(0)
            if isinstance(do, str):
                os.write(terminal, do.encode())
            else:
                do()
        if not select.select([terminal], [], [], 1)[0]:
            continue
        try:
            heard = os.read(terminal, 65_536)
        except OSError:  # Linux's word for "the other end is gone"
            break
        if not heard:
            break
        said += heard
    os.close(terminal)
    _, status = os.waitpid(pid, 0)
    assert not steps, said.decode()
    return said.decode().replace("\r\n", "\n"), os.waitstatus_to_exitcode(status)


@pytest.fixture(params=["sqlite", "postgres", "http"])
def register(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A register with a location, in each kind of store, that the settings name."""
    if request.param == "http":
        shared: Shared = request.getfixturevalue("shared")
        assert shared.url
    elif request.param == "postgres":
        server = running()
        monkeypatch.setenv("CT_BACKEND", "postgres")
        monkeypatch.setenv("CT_DATABASE", server.conninfo(server.new_schema()))
    monkeypatch.setenv("CT_NOW", INSIDE)
    if request.param != "http":
        workplace = Workplace(read_settings())
        workplace.backend.save_locations([Location("LOC123", "Rose House", (Service.CARE_HOME,), beds=40)])
        workplace.close()
    yield str(request.param)


@pytest.fixture
def somebody_else(ct: Ct, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], Callable[[], None]]:
    """Records a return, from another desk."""

    def with_workers(workers: int) -> Callable[[], None]:
        def submits() -> None:
            with monkeypatch.context() as there:
                there.setenv("CT_RECORDED_BY", "office B")
                assert ct("submit", "LOC123", *sets(**{WORKERS: str(workers)})).status == 0

        return submits

    return with_workers


def workers_of() -> list[int]:
    """The figure by which the returns here differ, of each version."""
    workplace = Workplace(read_settings())
    try:
        return [int(it.values.get(WORKERS, -1)) for it in workplace.backend.history("LOC123")]
    finally:
        workplace.close()


def test_a_return_that_came_while_the_questions_were_answered_is_not_replaced(
    ct: Ct, register: str, somebody_else: Callable[[int], Callable[[], None]]
) -> None:
    answers = "".join(f"{value}\n" for value in GOOD.values())
    steps: list[Step] = [
        ("Maximum capacity", answers),
        ("Pages:", "\n"),
        ("Record this return?", somebody_else(7)),
        ("", "yes\n"),
    ]
    said, status = at_a_terminal(steps, "submit", "LOC123")
    assert status == 3, said
    assert "somebody changed it first" in said and "Yours" in said and "In the register" in said
    assert "newer-return" in said and "run the same again" in said
    assert "office B" in said or register == "http"
    assert workers_of() == [7]
    # Run again, it shows the newer one; what is said then replaces it.
    again: list[Step] = [("[7]" if key == WORKERS else f"[{value}]", "\n") for key, value in GOOD.items()]
    said, status = at_a_terminal([*again[:-1], again[-1], ("Pages:", "\n"), ("Record this return?", "yes\n")],
                                 "submit", "LOC123")  # fmt: skip
    assert status == 0, said


def test_a_return_that_came_before_a_nil_returns_reason_was_chosen_is_not_replaced(
    ct: Ct, register: str, somebody_else: Callable[[int], Callable[[], None]]
) -> None:
    steps: list[Step] = [("1 to 7:", somebody_else(7)), ("", "1\n")]
    said, status = at_a_terminal(steps, "nil-return", "LOC123")
    assert status == 3, said
    assert "newer-return" in said
    assert workers_of() == [7]


def test_a_nil_return_replaces_the_figures_that_were_shown_and_none_that_came_after(
    ct: Ct, register: str, somebody_else: Callable[[int], Callable[[], None]]
) -> None:
    somebody_else(9)()
    given = ("nil-return", "LOC123", "--reason", "no-service-users")
    steps: list[Step] = [("Replace these figures?", somebody_else(7)), ("", "yes\n")]
    said, status = at_a_terminal(steps, *given)
    assert status == 3, said
    assert "newer-return" in said
    assert workers_of() == [9, 7]
    said, status = at_a_terminal([("Replace these figures?", "yes\n")], *given)
    assert status == 0, said
    assert workers_of() == [9, 7, -1]


def test_unchanged_after_somebody_elses_correction_confirms_that_one(
    ct: Ct, register: str, somebody_else: Callable[[int], Callable[[], None]]
) -> None:
    assert ct("submit", "LOC123", *sets()).status == 0
    somebody_else(7)()
    assert ct("submit", "LOC123", "--unchanged").status == 0
    assert set(workers_of()) == {9, 7} and workers_of()[-1] == 7
