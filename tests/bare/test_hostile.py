# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""A guest that knows of Nadir, has the key, and misuses both: nothing but an error comes back, and Nadir can be stopped."""

import re

import pytest

from .host import boot, expect_ok, matching

COUNTS = re.compile(r"hostile: processor \d+: (\d+) attacks, (\d+) raised #UD, (\d+) refused, (\d+) answered, 0 wrong")


@pytest.mark.parametrize("model, processors, seed", [
    pytest.param("corei7_skylake_x", 2, 1, marks=pytest.mark.quick), ("tigerlake", 4, 2),
    ("corei7_sandy_bridge_2600k", 1, 3)])
def test_attacks_have_no_effect(tmp_path, model, processors, seed):
    run = expect_ok(boot(tmp_path, f"test=hostile cycles=20 seed={seed} log=error", model=model, processors=processors))
    lines = matching(run, "hostile: ")
    assert len(lines) == processors
    for line in lines:
        assert min(map(int, COUNTS.fullmatch(line).groups())) >= 20, line
    assert f"diff after: 0 differences on {processors} processors" in run.lines
