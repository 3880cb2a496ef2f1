# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""1 to 10,000 hidden breakpoints: each is hit as often as it is called. What they cost is bench/'s."""

from __future__ import annotations

import re

from .host import boot, expect_ok, matching


def test_ten_thousand_hooks(tmp_path):
    run = expect_ok(boot(tmp_path, "test=hook_growth hook_pages=10000 reserve=128 log=error", memory_mib=256))
    found = [dict(re.findall(r'"(\w+)": (\d+)', line)) for line in matching(run, "@@ hook_growth ")]
    assert [int(one["hooks"]) for one in found] == [1, 10, 100, 1000, 10000]
    assert all(one["hits"] == "300" for one in found)
    assert int(found[-1]["hidden_pages"]) > 8000 and int(found[-1]["bytes"]) < 9000 * 4096


def test_hooks_that_do_not_fit(tmp_path):
    run = boot(tmp_path, "test=hook_growth hook_pages=600 reserve=128 log=error", memory_mib=256)
    assert "1000 hooks: Hook " in run.serial and "the memory for hidden pages is used up" in run.serial, run.tail()
