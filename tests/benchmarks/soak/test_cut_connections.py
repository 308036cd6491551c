"""The long form of tests/server/test_cut_connections.py: `pytest tests/benchmarks/soak -m benchmark -s`."""

import os
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.server.conftest import quiet, serving  # noqa: F401 - fixtures
from tests.server.test_cut_connections import hang_up_and_look, kept_in  # noqa: F401 - a fixture

pytestmark = pytest.mark.benchmark

CUTS = int(os.environ.get("SOAK_CUTS", "600"))


def test_many_hundreds_that_hang_up_leave_no_half_of_anything(
    kept_in: str,  # noqa: F811
    serving: Callable[..., Any],  # noqa: F811
    ct: Any,
) -> None:
    began = time.monotonic()
    found = hang_up_and_look(serving, ct, CUTS, seed=1)
    print(f"{kept_in}: {dict(found.cuts)} in {time.monotonic() - began:.0f} s, {len(found.receipts)} receipts found")
