# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""The module's watchdog: root mode hangs on one processor of a running Linux, and the other one finds it and goes on."""

from __future__ import annotations

from . import guest

# With a processor lost, so may be the interrupts of the serial port: programs' output stays in the kernel then, and only
# what is logged is printed.
SCRIPT = """
load watchdog=1
taskset -p 1 $$ > /dev/null # the other processor is about to be lost, with whoever is on it
dmesg -n 8
section hang
request allow_provoke=1 on
( taskset 2 sh -c 'echo 8 > /sys/module/nadir/parameters/provoke' & )
n=0
while [ $n -lt 8 ]; do sleep 1; n=$((n + 1)); done
( nadir status | grep dead: > /dev/kmsg & )
sleep 2
echo the end > /dev/kmsg
sleep 100
"""


def test_a_processor_that_hangs_is_found(tmp_path):
    # The kernel would wait for the lost processor before it let the machine off.
    boot = guest.boot(tmp_path, SCRIPT, programs=("request", "nadir"),
                      stop_when=lambda line: line.endswith("] the end"))
    assert boot.run.reason == "stopped", boot.run.tail()
    log = boot.text("hang")
    assert "nadir: processor 1 does not come back from root mode: it gets an NMI" in log, log
    assert "nadir: processor 0: the watchdog: processor 1 has not come back from VM exit " in log
    assert "nadir: processor 1: root mode hangs in VM exit " in log
    assert "nadir: processor 1: root mode: called from image+0x" in log
    assert "nadir: processor 1: this processor is stopped for good" in log
    assert "processors dead:      1" in log
