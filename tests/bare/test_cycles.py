# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""A thousand starts and stops: nothing leaks, nothing changes."""

from .host import boot, expect_ok


def test_a_thousand_cycles_on_two_processors(tmp_path):
    run = expect_ok(boot(tmp_path, "test=cycles cycles=1000 log=error", processors=2, timeout=600))
    assert any(line.startswith("cycle 1000 of 1000:") for line in run.lines)
    assert "diff after: 0 differences on 2 processors" in run.lines
