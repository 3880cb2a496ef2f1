# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Root mode loses a processor: the driver finds it, says so, and stays where it is."""

import pytest

from nt.machine import boot, expect_ok

from .products import driver


@pytest.mark.parametrize("words", ["lost", "hang"])
def test_a_lost_processor(tmp_path, words):
    run = expect_ok(boot(tmp_path, driver(), f"test={words}", processors=2))
    hangs = words == "hang"
    assert ("dbg: nadir: processor 1 does not come back from root mode: it gets an NMI" in run.serial) == hangs
    assert ("dbg: nadir: processor 1: root mode hangs in VM exit" in run.serial) == hangs
    assert ("dbg: nadir: processor 1: fault in root mode: vector 6" in run.serial) != hangs
    assert "dbg: nadir: a processor is lost and still uses Nadir's memory" in run.serial
