"""A request on its way to a server while whoever gave it goes on."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from ct_cli.errors import CtError

T = TypeVar("T")


def behind(work: Callable[[], T]) -> Callable[[], T]:
    """Begin some work on a thread of its own. What is answered waits for it and tells its result, or raises what it
    raised; the same each time that it is called.

    Who is interrupted need not wait for a server's answer: the thread ends with the program.
    """
    done: Future[T] = Future()

    def run() -> None:
        try:
            result = work()
        except CtError as error:
            done.set_exception(error)
        else:
            done.set_result(result)
        finally:
            if not done.done():  # a fault in ct itself, of which the thread tells; who waits is let go
                done.cancel()

    threading.Thread(target=run, name="ct-sender", daemon=True).start()
    return done.result
