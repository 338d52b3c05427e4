"""A small run of the mutation test: slips in the real data are found, or have a reason."""

import importlib.util
import sys
from collections.abc import Iterator
from types import ModuleType

import pytest

from kytkos.project import Project
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def mutations() -> Iterator[ModuleType]:
    spec = importlib.util.spec_from_file_location("mutations", ROOT / "benchmarks" / "mutations.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["mutations"] = module  # where its dataclasses look for it
    spec.loader.exec_module(module)
    yield module
    del sys.modules["mutations"]


def test_slips_in_the_data_are_found_or_have_a_reason(mutations: ModuleType) -> None:
    tally = mutations.run(Project(ROOT), 90, seed=1)

    # A date that is some days off is hard to tell for a rule: it is counted, and asks for no share.
    kinds = [kind for kind in mutations.KINDS if kind != "move_date_by_days"]
    made, caught = (sum(of[kind] for kind in kinds) for of in (tally.made, tally.caught))
    assert set(tally.made) == set(mutations.KINDS)
    assert caught / made >= 0.9
    assert not [key for key in tally.through if key not in mutations.REASONS]


def test_it_fails_where_a_slip_gets_through_without_a_reason(
    mutations: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    only = {"move_date_by_days": mutations.KINDS["move_date_by_days"]}
    monkeypatch.setattr(mutations, "KINDS", only)
    monkeypatch.setattr(sys, "argv", ["mutations.py", "--mutations", "15"])

    explained = mutations.main()
    monkeypatch.setattr(mutations, "REASONS", {})

    assert (explained, mutations.main()) == (0, 1)
    assert "without a reason:\n" in capsys.readouterr().out
