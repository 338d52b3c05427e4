"""Work that goes on beside other work, where there is a second processor for it."""

import os
import sys
import threading
import warnings
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

_T = TypeVar("_T")

PATIENCE = 30.0  # seconds that a copy may take longer than what it goes on beside


def beside(work: Callable[[], _T]) -> Callable[[], _T]:
    """Start work in a copy of this process; give what waits for its result.

    Without a second processor, or a way to copy the process, or where the copy comes to
    nothing, the work is done when the result is asked for. The result is the same.
    """
    if sys.platform != "linux" or not _second_processor():
        return work
    from multiprocessing import get_context

    context = get_context("fork")
    receiving, sending = context.Pipe(duplex=False)
    process = context.Process(target=lambda: sending.send(work()), daemon=True)
    with warnings.catch_warnings():
        # Threads of the store are not copied; reading it needs none.
        warnings.simplefilter("ignore", DeprecationWarning)
        process.start()
    sending.close()

    def wait() -> _T:
        with suppress(EOFError, OSError), receiving:
            if receiving.poll(PATIENCE):
                result: _T = receiving.recv()
                process.join()
                return result
        process.kill()
        return work()

    return wait


def in_thread(work: Callable[[], _T]) -> Callable[[], _T]:
    """Start work that the store does, not Python: loading, queries. Give what waits for it.

    Without a second processor it is done when its result is asked for. What it raises is
    raised there.
    """
    if not _second_processor():
        return work
    results: list[_T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:  # raised again where it is waited for
            errors.append(error)

    # A thread that comes back from the store waits so long for its turn: else as long as
    # many a query takes.
    sys.setswitchinterval(0.0001)
    thread = threading.Thread(target=run, daemon=True)
    thread.start()

    def wait() -> _T:
        thread.join()
        if errors:
            raise errors[0]
        return results[0]

    return wait


def _second_processor() -> bool:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0)) > 1
    return (os.cpu_count() or 1) > 1
