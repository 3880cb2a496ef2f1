# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""The general registers that come with an event."""

from __future__ import annotations

import pytest

from .host import boot, expect_ok, matching


@pytest.mark.parametrize("processors", [1, pytest.param(2, marks=pytest.mark.quick)])
def test_registers_before_the_instruction(tmp_path, processors):
    run = expect_ok(boot(tmp_path, "test=event_registers log=error", processors=processors))
    for number in range(processors):
        assert f"processor {number}: 1 events, 3 parts, 0 lost" in run.lines, run.tail()
        values = []
        for part in range(3):
            (line,) = matching(run, f"registers {part} of processor {number}: ")
            values += [int(word, 16) for word in line.split(": ")[1].split()]
        rax, rcx, rdx, rbx, rsp, _, rsi, rdi, *rest = values
        assert (rax, rcx, rdx, rbx, rsi, rdi) == (0x41424344, 0xC, 0xD, 0xB, 0x51, 0xD1)
        assert rest[:8] == [0x8888, 0x9999, 0xAAAAAAAAAAAAAAAA, 0xBBBB, 0xCCCC, 0xDDDD, 0xEEEE, 0xFFFF]
        assert rsp > 4096 and rsp % 8 == 0, "the guest's, not root mode's"
        assert rest[8] & 3 == 3, "RFLAGS: bit 1, and CF as it was set"
        assert rest[9] == 0
    (line,) = matching(run, "storm: ")
    records, lost = (int(word) for word in line.split() if word.isdigit())
    assert records == 4 * 5001
    assert processors > 1 or lost == 4 * 5001 - 1023, "where nobody reads meanwhile, the ring's are left"
