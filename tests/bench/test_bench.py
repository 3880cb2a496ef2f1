# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""The figures of bench/ are exact, and none has grown past what bench/budget.json allows."""

import json
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
import bench
from costs.exit_kinds import FOR_FIDELITY, UNCONDITIONAL, Exits
from costs.figures import linux_exits
from emulator import product

BUDGET = json.loads((ROOT / "bench" / "budget.json").read_text())
ONCE, AGAIN = ("bare", "processors", "tables", "hooks"), ("bare", "tables")  # processors: their clock isn't read, and it takes seconds

pytestmark = [pytest.mark.quick, pytest.mark.xdist_group("bench")]


@pytest.fixture(scope="module")
def figures() -> dict:
    return bench.measure(product.bare_kernel(), sources=ONCE)["figures"]


def test_two_runs_agree(figures):
    again = bench.measure(product.bare_kernel(), sources=AGAIN)["figures"]
    assert len(again) > 10 and again == {name: figures[name] for name in again}


@pytest.mark.parametrize("name", sorted(BUDGET["most"]))
def test_within_budget(figures, name):
    assert 0 <= figures[name] <= BUDGET["most"][name]
    # Nothing costs nothing, but for the exits that nobody needs, and hidden code that nobody reads: else the measurement is wrong.
    assert (figures[name] > 0) == (name not in ("optional_exits", "hidden_page_executed"))


def test_every_figure_has_a_budget(figures):
    assert set(figures) == set(BUDGET["most"]), "a figure without a budget can grow unseen"


def test_bare_costs_nothing(figures):
    # The empty loop is subtracted; what is left of a bare CPUID is the CPUID. Otherwise the method itself is wrong.
    assert figures["cpuid_bare"] == 1


def test_a_linux_boot_and_a_workload_have_no_optional_exits():
    exits = linux_exits(product.bare_kernel())
    assert exits.optional() == {}
    # And they did exit: the kernel reads CPUID, sets XCR0, and turns CR0.NE on.
    assert exits.by_reason[10] > 500 and exits.by_reason[55] > 0 and exits.by_reason[28] > 0
    # Reads and writes of MSRs are of these kinds only while they are few: those that Linux uses all the time don't exit.
    assert exits.by_reason[31] + exits.by_reason[32] < 50


def test_what_nobody_asked_for_is_optional():
    external_interrupt, cpuid, hlt, nmi_window, rdtsc = 1, 10, 12, 8, 16
    exits = Exits({rdtsc: 1, cpuid: 4, external_interrupt: 3, nmi_window: 7, hlt: 2})
    assert exits.optional() == {external_interrupt: 3, hlt: 2, rdtsc: 1}
    assert (exits.unconditional(), exits.for_fidelity()) == (4, 7)
    assert not set(UNCONDITIONAL) & set(FOR_FIDELITY)
