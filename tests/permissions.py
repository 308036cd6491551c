"""Permissions that bind whoever runs the tests: root, as in a container, may read and write whatever it likes."""

import ctypes
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest

T = TypeVar("T")

_VERSION_3 = 0x20080522
_OVERRIDING = 1 << 1 | 1 << 2  # CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH


def bound_by_permissions(work: Callable[[], T]) -> T:
    """What `work` returns where modes forbid the owner of a file what they forbid. Skips where that cannot be.

    On Linux each thread has capabilities of its own, so root works in one that has given these up.
    """
    if os.name == "nt":
        pytest.skip("Windows has no such modes")
    if os.geteuid() != 0:
        return work()
    if sys.platform != "linux":
        pytest.skip("root is bound by no permissions here")
    with ThreadPoolExecutor(1, initializer=_give_up) as thread:
        return thread.submit(work).result()


def _give_up() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    header, sets = (ctypes.c_uint32 * 2)(_VERSION_3, 0), (ctypes.c_uint32 * 6)()
    assert libc.capget(header, sets) == 0
    for place in (0, 1):  # those in effect and those permitted: access(2) asks for the latter
        sets[place] &= ~_OVERRIDING
    assert libc.capset(header, sets) == 0
