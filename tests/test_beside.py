import os
import sys
import time

import pytest

import kytkos.beside
from kytkos.beside import beside


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is one process")
def test_work_goes_on_in_another_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})

    assert beside(os.getpid)() != os.getpid()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is one process")
def test_with_one_processor_there_is_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})

    assert beside(os.getpid)() == os.getpid()


def test_where_the_other_process_ends_early_the_work_is_done_here() -> None:
    here = os.getpid()

    def work() -> str:
        if os.getpid() != here:
            os._exit(1)
        return "done"

    assert beside(work)() == "done"


def test_much_is_handed_over_whole() -> None:
    assert beside(lambda: b"x" * 10_000_000)() == b"x" * 10_000_000


def test_where_the_other_process_hangs_the_work_is_done_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(kytkos.beside, "PATIENCE", 0.2)
    here = os.getpid()

    def work() -> str:
        if os.getpid() != here:
            time.sleep(60)
        return "done"

    assert beside(work)() == "done"
