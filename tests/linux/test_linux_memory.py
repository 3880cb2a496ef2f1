# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Linux reads all of its memory while Nadir is active, and finds nothing of Nadir's but the module that it loaded itself."""

import re

from . import guest
from emulator.bochs import Machine

MEMORY = 256  # MiB: the emulator reads each word of it six times

SCRIPT = f"""
load
insmod /lib/modules/nadir_scan.ko megabytes={MEMORY} code=$(cat /sys/module/nadir/sections/.text)
section before; cat /proc/nadir_scan
section on; request on
section during; cat /proc/nadir_scan
section off; request off
finish
"""


def counts(lines):
    (line,) = lines
    return {name: int(value) for name, value in re.findall(r"(\w+) (\d+)", line)}


def test_nothing_of_ours_is_in_memory(tmp_path):
    boot = guest.boot(tmp_path, SCRIPT, machine=Machine(processors=2, memory_mib=MEMORY),
                      modules=[guest.helper_module("scan")])
    guest.assert_quiet(boot)
    assert boot.report("on", "on")["status"] == 0
    before, during = counts(boot["before"]), counts(boot["during"])
    assert before["pages"] > MEMORY * 256 * 9 // 10
    assert before["code"] >= 1, "not even the module itself was found"
    assert during == before
