# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Root mode that doesn't come back is found by another processor, and an NMI shows where it hangs."""

import pytest

from .host import boot, expect_ok, matching


@pytest.mark.quick
@pytest.mark.parametrize("processors", (2, 4))
def test_a_processor_that_hangs_in_root_mode(tmp_path, processors):
    run = expect_ok(boot(tmp_path, "test=watchdog", processors=processors))
    victim = processors - 1
    assert "while it halts: overdue -1" in run.lines
    assert f"while root mode hangs: overdue {victim}, state 4" in run.lines
    assert "after the NMI: state 3, overdue -1" in run.lines
    # Who looked has said so, and who hung has said where: each on COM1, and in its log.
    overdue = f"the watchdog: processor {victim} has not come back from VM exit 2, "
    for head in ("nadir[000] ", "log of processor 0: "):
        assert any(line.startswith(head + overdue) for line in run.lines), run.tail()
    hangs = "root mode hangs in VM exit 2: the watchdog's NMI found it at RIP image+0x"
    for head in (f"nadir[{victim:03}] ", f"log of processor {victim}: "):
        found = [line.removeprefix(head) for line in run.lines if line.startswith(head)]
        assert any(line.startswith(hangs) for line in found), run.tail()
        assert any(line.startswith("root mode: RAX ") for line in found)
        assert sum(line.startswith("root mode: called from image+") for line in found) >= 2
        assert any(line.startswith("VM exit 2: reason 18 (VMCALL)") for line in found)
        assert found[-1] == "this processor is stopped for good"
    assert "processor 0 goes on: CPUID 16" in run.lines
    assert matching(run, "stop: status 71 "), run.tail()
