# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Folders of runs by hand don't pile up."""

import os
import time

import pytest

from .places import RUNS_KEPT, new_run

pytestmark = pytest.mark.quick


def test_the_oldest_runs_of_a_kind_go(tmp_path):
    hours_ago = time.time() - 7200
    made = [new_run("bare", tmp_path) for _ in range(RUNS_KEPT + 2)]
    (made[0] / "serial.txt").write_text("text")
    other = new_run("bare-other", tmp_path)
    for number, folder in enumerate([other, *made[:3]]):
        os.utime(folder, (hours_ago + number, hours_ago + number))
    new = new_run("bare", tmp_path)
    assert not any(folder.exists() for folder in made[:3]), "the three oldest are more than are kept"
    assert all(folder.exists() for folder in [*made[3:], other, new])
    assert len(list(tmp_path.iterdir())) == RUNS_KEPT + 1
    another = new_run("bare", tmp_path)
    assert made[3].exists() and another.exists(), "of the last hour: somebody may still write there"
