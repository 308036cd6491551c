"""Clients that hang up at any moment of what is done for them: nobody else notices, and nothing is half done."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from ct_cli.actions.workplace import Workplace
from ct_cli.backends.access import AccessBackend, Role
from ct_cli.backends.registry import open_backend
from ct_cli.settings import read_settings
from tests.postgres_server import running as postgres
from tests.server.cutting import Cutting, last_returns_are_taken, locations


@pytest.fixture(params=["sqlite", "postgres"])
def kept_in(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The store that the server is before."""
    if request.param == "postgres":
        monkeypatch.setenv("CT_BACKEND", "postgres")
        monkeypatch.setenv("CT_DATABASE", postgres().conninfo(postgres().new_schema()))
    return str(request.param)


def test_hundreds_that_hang_up_leave_no_half_of_anything(kept_in: str, serving: Callable[..., Any], ct: Any) -> None:
    hang_up_and_look(serving, ct, cuts=80)


def hang_up_and_look(serving: Callable[..., Any], ct: Any, cuts: int, seed: int = 0) -> Cutting:
    """Hang up so often on a server, beside others, and look at what is kept then."""
    with serving() as running:
        workplace = Workplace(read_settings())
        workplace.backend.save_locations(locations())
        workplace.close()
        cutting = Cutting(running, seed)
        cutting.run(cuts)
        with running.client(Role.ADMIN) as client:
            assert last_returns_are_taken(client) == []
    assert cutting.wrong == []
    assert '"unexpected"' not in running.logged.getvalue()
    verified = ct("verify")
    assert (verified.status, verified.err) == (0, "")
    with open_backend(read_settings(), rehearsing=True) as store:
        assert isinstance(store, AccessBackend)
        entries = list(store.walk())
        trail = Counter(line.receipt_id for line in store.audit_trail() if line.receipt_id)
    assert trail == Counter(entry.receipt_id for entry in entries)
    assert cutting.receipts <= set(trail)
    kept = Counter(entry.values["hours_paid"] for entry in entries)
    for number, together in cutting.sent.items():
        assert kept[number] in together, f"a part of what {number} sent was kept: {kept[number]}"
    return cutting
