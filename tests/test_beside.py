import os
import sys
import threading
import time

import pytest

import kytkos.beside
from kytkos.beside import beside, in_thread
from kytkos.errors import QueryError


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


def test_work_of_the_store_goes_on_in_another_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kytkos.beside, "_second_processor", lambda: True)
    asked = threading.Event()

    def work() -> int:
        assert asked.wait(60)
        return threading.get_ident()

    wait = in_thread(work)
    asked.set()

    assert wait() != threading.get_ident()


def test_with_one_processor_there_is_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kytkos.beside, "_second_processor", lambda: False)

    assert in_thread(threading.get_ident)() == threading.get_ident()


@pytest.mark.parametrize("processors", [1, 2])
def test_what_went_wrong_in_a_thread_is_told_where_it_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, processors: int
) -> None:
    monkeypatch.setattr(kytkos.beside, "_second_processor", lambda: processors > 1)

    def work() -> None:
        raise QueryError("a check can't be parsed")

    wait = in_thread(work)
    with pytest.raises(QueryError, match="can't be parsed"):
        wait()
