"""Work that goes on beside other work, where there is a second processor for it."""

import os
import sys
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
    if sys.platform != "linux" or len(os.sched_getaffinity(0)) < 2:
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
