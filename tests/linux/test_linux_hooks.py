# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""`nadir hook` on a running Linux with two processors: what passes is counted, what is read and rewritten stays the kernel's own, and
nothing of it is left behind, however its user ends."""

from __future__ import annotations

import json
import re

import pytest

from . import guest

pytestmark = [pytest.mark.xdist_group("linux-hooks")]

FUNCTION = "__x64_sys_sched_get_priority_max"
CALL = 146  # its number; no other program of this guest calls it
CALLS = 3000

SCRIPT = f"""
load; insmod /lib/modules/nadir_probe.ko
call() {{ asker call {CALL} $1 0 & other=$!; asker call {CALL} $1 1; wait $other; }}
probe() {{ echo "$@" > /proc/nadir_probe; dmesg -c | grep -oE '(nadir_probe|nadir): (sum|probe|called|module).*'; }}
held() {{ echo "allocated $(($(parameter allocated) - before))"; }}
hook() {{ rm -f /tmp/hook; nadir hook --symbols /tmp/symbols "$@" > /tmp/hook 2>&1 & hook=$!
    until grep -q set /tmp/hook 2> /dev/null || ! kill -0 $hook 2> /dev/null; do sleep 0.05; done; }}
end() {{ kill -INT $hook; wait $hook; echo status $?; cat /tmp/hook; }}
made_by_call() {{ set -- $(tail -n 1 /tmp/sum); try $(printf '0x%x' $((0x$(head -n 1 /tmp/symbols | cut -d ' ' -f 1) + 5 + 0x$9$8$7$6))); }}
try() {{ nadir hook --symbols /tmp/symbols "$@" 2>&1; echo status $?; }}
# Reading all symbols takes the emulator long: once.
section symbols; nadir symbols {FUNCTION} nadir_probe_target nadir_probe_other jiffies > /tmp/symbols; cat /tmp/symbols
section off; try {FUNCTION}
section without; nadir on --hook-pages 0 > /dev/null; try {FUNCTION}; nadir off > /dev/null
section on; nadir on; before=$(parameter allocated)
section wrong; try jiffies; try 0x401000; try 0xffffffffff000000; try 0xffffc90000000000; try __x64_sys_sched_get; try {FUNCTION} {FUNCTION}
section plain; probe sum
section counted; hook {FUNCTION} --json; call {CALLS}; kill -INT $hook; wait $hook; echo status $?; held; tail -n 1 /tmp/hook
section lines; hook {FUNCTION} --count 4; call 2; wait $hook; echo status $?; cat /tmp/hook
section read; hook {FUNCTION} {FUNCTION}+5 -q; probe sum; call 10; probe sum; end
section rewritten; hook {FUNCTION} {FUNCTION}+5 {FUNCTION}+9 -q
probe probe 0; call 50; probe sum | tee /tmp/sum; made_by_call; probe end; call 50; probe probe 9; call 50; probe end; probe sum; call 50; end
section shared; hook {FUNCTION} -q; first=$hook; call 10; mv /tmp/hook /tmp/first
hook {FUNCTION} nadir_probe_target -q; call 10
try {FUNCTION} --redirect nadir_probe_other; nadir hook --list --symbols /tmp/symbols; kill -9 $hook; wait $hook; call 10
kill -INT $first; wait $first; cat /tmp/first; held
section kept; try {FUNCTION} --keep; call 5; try --list; try --clear; try --list; held
section watched; try {FUNCTION} --keep --json > /tmp/kept; physical=$(grep -o '"physical_address": "0x[0-9a-f]*' /tmp/kept | grep -o '0x.*')
nadir trace memory --execute $physical 2>&1; nadir set protect $physical 2>&1; nadir hook --clear
nadir set protect $physical; try {FUNCTION}; nadir set clear; call 5
section module; hook nadir_probe_target {FUNCTION} -q; probe call 7; text=$(cat /sys/module/nadir_probe/sections/.text); rmmod nadir_probe
until grep -q gone /tmp/hook; do sleep 0.05; done; call 5; end
dmesg -c | grep -oE 'nadir: module.*'
section redirected; insmod /lib/modules/nadir_probe.ko; moved=$(($(cat /sys/module/nadir_probe/sections/.text) - text))
while read address type name; do case $name in nadir_probe*) printf '%x %s %s\n' $((0x$address + moved)) $type "$name";; *)
    echo $address $type "$name";; esac; done < /tmp/symbols > /tmp/moved; mv /tmp/moved /tmp/symbols
probe call 3; hook nadir_probe_target --redirect nadir_probe_other; probe call 3; end; probe call 3
section killed; hook {FUNCTION}; call 20; kill -9 $hook; wait $hook; try --list; call 20; held; probe sum
section hotplug; hook {FUNCTION} -q; call 10; echo 0 > /sys/devices/system/cpu/cpu1/online; asker call {CALL} 10 0
echo 1 > /sys/devices/system/cpu/cpu1/online; call 10; end
section turned-off; hook {FUNCTION}; call 5; nadir off; wait $hook; echo status $?; tail -n 4 /tmp/hook
section after; nadir on > /dev/null; try --list; call 5; nadir off
finish
"""


@pytest.fixture(scope="module")
def boot(tmp_path_factory):
    return guest.boot(tmp_path_factory.mktemp("hooks"), SCRIPT, programs=("asker", "nadir"),
                      modules=[guest.helper_module("probe")], timeout=600)


def statuses(boot, section: str) -> list[int]:
    return [int(line.split()[1]) for line in boot[section] if line.startswith("status ")]


def hits(boot, section: str) -> dict[str, int]:
    """Of the table at the end: hits by place."""
    found = {}
    for line in boot[section]:
        if match := re.match(r"\s+([\d,]+)  (?:(?:mine|stays|a program's)\s+)?(\S+)", line):
            found[match[2]] = int(match[1].replace(",", ""))
    return found


def sums(boot, section: str) -> list[str]:
    return [line for line in boot[section] if line.startswith("nadir_probe: sum")]


def test_machine_runs_on(boot):
    guest.assert_quiet(boot)


def test_symbols_of_the_running_kernel(boot):
    kernel, module, *_ = boot["symbols"]
    assert re.fullmatch(rf"ffffffff[89][0-9a-f]{{7}} T {FUNCTION}", kernel)
    assert re.fullmatch(r"ffffffffc0[0-9a-f]{6} t nadir_probe_target \[nadir_probe\]", module, re.IGNORECASE)


def test_what_is_missing_is_said(boot):
    assert "Nadir is off: there can be no hooks" in boot.text("off") and statuses(boot, "off") == [1]
    assert "without memory for hooks" in boot.text("without") and "--hook-pages" in boot.text("without")
    assert "Nadir is on: 2 processors" in boot.text("on")


def test_where_there_can_be_no_hook(boot):
    text = boot.text("wrong")
    for words in ("the one at jiffies was refused: what lies at", "isn't executable", "0x401000 is an address of programs",
                  "nothing is mapped at 0xffffffffff000000", "nothing is mapped at 0xffffc90000000000", "Did you mean",
                  "there is a hook at"):
        assert words in text, words
    assert statuses(boot, "wrong") == [1, 2, 1, 1, 2, 1]


def test_each_call_is_a_hit(boot):
    """On both processors at once."""
    status, held, end = boot["counted"]
    end = json.loads(end)
    (hook,) = end["hooks"]
    assert (hook["symbol"], hook["hits"], hook["changes"], hook["gone"]) == (FUNCTION, 2 * CALLS, 0, True)
    assert [one["processor"] for one in end["end"]] == [0, 1]
    assert [one["seen"] + one["lost"] for one in end["end"]] == [CALLS, CALLS]
    assert (status, held) == ("status 0", "allocated 0")


def test_hits_in_words(boot):
    lines = [line for line in boot["lines"] if "rdi" in line]
    assert len(lines) == 4 and statuses(boot, "lines") == [0]
    for line in lines:
        assert re.search(rf"cpu [01] +asker/\d+ +{FUNCTION}  rdi 0x[0-9a-f]+  rsi 0x[0-9a-f]+$", line), line
    assert hits(boot, "lines") == {FUNCTION: 4}


def test_who_reads_sees_the_kernels_own_code(boot):
    (plain,) = sums(boot, "plain")
    assert sums(boot, "read") == [plain, plain]
    assert hits(boot, "read") == {FUNCTION: 20, f"{FUNCTION}+0x5": 20}


def test_the_kernel_rewrites_hooked_code(boot):
    """By its own probes: one by ftrace's call at the function's entry, and one by INT3. Both count what they do without hooks."""
    (plain,) = sums(boot, "plain")
    lines = boot["rewritten"]
    assert [line for line in lines if "probe at" in line] == ["nadir_probe: probe at 0: 0", "nadir_probe: probe at 9: 0"]
    assert [line for line in lines if "probed" in line] == ["nadir_probe: probed 100", "nadir_probe: probed 100"]
    probed, after = sums(boot, "rewritten")
    assert probed != plain and after == plain
    counted = hits(boot, "rewritten")
    assert counted == {FUNCTION: 400, f"{FUNCTION}+0x5": 400, f"{FUNCTION}+0x9": 400}
    assert len([line for line in lines if re.search(rf"{FUNCTION}(\+0x9)? \(rewritten \d+ times\)", line)]) == 2


def test_code_that_the_kernel_may_free_is_refused(boot):
    """The first probe calls a trampoline, which was made for it."""
    assert "is neither in the kernel's own code nor in a module's: the kernel may free it" in boot.text("rewritten")
    assert statuses(boot, "rewritten") == [1, 0]


def test_two_users_at_one_place(boot):
    """One is killed, and the other's goes on."""
    assert "somebody has set a hook of another kind" in boot.text("shared")
    listed = [line.split() for line in boot["shared"] if "a program's" in line]
    assert [int(line[0]) for line in listed] == [40, 20, 0]
    final = [line for line in boot["shared"] if re.match(rf"\s+\d+  {FUNCTION}$", line)]
    assert [int(line.split()[0]) for line in final] == [60]
    assert boot["shared"][-1] == "allocated 0"


def test_hooks_that_stay(boot):
    assert statuses(boot, "kept") == [0, 0, 0, 0]
    counts = [int(line.split()[0]) for line in boot["kept"] if "stays" in line]
    assert counts == [0, 10]
    assert boot["kept"].count("There are no hooks.") == 2 and boot["kept"][-1] == "allocated 0"


def test_a_page_is_hooked_or_watched(boot):
    text = boot.text("watched")
    assert text.count("can't be watched or protected: there is a hook in one of its pages") == 2
    assert f"the one at {FUNCTION} was refused: its page is watched or protected" in text


def test_a_module_that_goes_takes_its_hooks(boot):
    text = boot.text("module")
    assert "nadir: module nadir_probe frees its code: 1 hooks in it were removed first" in text
    assert "(the hook at nadir_probe_target [nadir_probe] is gone" in text
    assert hits(boot, "module") == {"nadir_probe_target": 7, FUNCTION: 10}


def test_redirected(boot):
    assert [line for line in boot["redirected"] if "called" in line] == [
        "nadir_probe: called 1", "nadir_probe: called 1000", "nadir_probe: called 1"]


def test_killed(boot):
    (plain,) = sums(boot, "plain")
    assert "There are no hooks." in boot["killed"] and "allocated 0" in boot["killed"]
    assert sums(boot, "killed") == [plain]


def test_processors_come_and_go(boot):
    assert hits(boot, "hotplug") == {FUNCTION: 50}


def test_nadir_is_turned_off(boot):
    assert statuses(boot, "turned-off") == [1] and "turned off meanwhile" in boot.text("turned-off")
    assert "There are no hooks." in boot["after"]
