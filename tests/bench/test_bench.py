# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""The figures of bench/ are exact, and none has grown past what bench/budget.json allows."""

import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench"))

import bench  # noqa: E402
from emulator import product  # noqa: E402

BUDGET = json.loads((ROOT / "bench" / "budget.json").read_text())

pytestmark = [pytest.mark.quick, pytest.mark.xdist_group("bench")]


@pytest.fixture(scope="module")
def figures() -> dict:
    return bench.measure(product.bare_kernel())["figures"]


def test_two_runs_agree(figures):
    assert bench.measure(product.bare_kernel())["figures"] == figures


@pytest.mark.parametrize("name", sorted(BUDGET["most"]))
def test_within_budget(figures, name):
    # Nothing costs nothing, but for the exits that nobody needs.
    assert (name == "optional_exits") == (figures[name] == 0)
    assert figures[name] <= BUDGET["most"][name]


def test_every_figure_has_a_budget(figures):
    assert set(figures) == set(BUDGET["most"]), "a figure without a budget can grow unseen"


def test_bare_costs_nothing(figures):
    # The empty loop is subtracted; what is left of a bare CPUID is the CPUID. Otherwise the method itself is wrong.
    assert figures["cpuid_bare"] == 1


def test_comparison_sees_growth(figures, capsys):
    before = {"figures": {**figures, "cpuid_leaf_0": figures["cpuid_leaf_0"] - 1}}
    assert bench.compare({"figures": figures}, before) == 1
    assert "cpuid_leaf_0" in capsys.readouterr().err
