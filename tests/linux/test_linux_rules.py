# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""`nadir set` on a running Linux: what programs and the kernel see of rules on both processors, and an attacker who clears SMEP; and who
watches or protects memory (docs/watchpoints.md), with a program that counts what it does there."""

import json
import re

import pytest

from emulator import debian

from . import guest

pytestmark = pytest.mark.xdist_group("linux-rules")

TOUCHES = 20

# Nobody but the msr module writes IA32_TSC_AUX (C0000103H) once Linux is up. MSR 12345H is none; the emulator reads such as 0.
SCRIPT = f"""
load; insmod /lib/modules/msr.ko; insmod /lib/modules/nadir_pins.ko
pins() {{ dmesg -c | grep -oE 'nadir_pins: .*'; }}
off() {{ nadir set $@ 2>&1; echo status $?; }}
section off; off; off cr4 pin SMEP
section on; request hook_pages=64 on; parameter allocated
section wrong; off msr ia32_lstra write=refuse; off msr ia32_gs_base write=refuse; off cr4 pin PAE; off remove 1
section plain; rules cpuid 0x80000000; rules read 0x12345; rules write 0xC0000103 0x777; rules read 0xC0000103
pins > /dev/null; rules execute 1; pins
section set
nadir set cpuid 80000000 ebx=0x6964614e 'ecx|=0x100'
nadir set msr 0x12345 read=0x1122334455667788
nadir set msr ia32_tsc_aux write=refuse
nadir set cr4 pin SMEP SMAP
section ruled; rules cpuid 0x80000000; rules read 0x12345; rules write 0xC0000103 0x888; rules read 0xC0000103
rules clear 0; pins; rules clear 1; pins
section hotplug; echo 0 > /sys/devices/system/cpu/cpu1/online; echo 1 > /sys/devices/system/cpu/cpu1/online
rules cpuid 0x80000000; pins > /dev/null
section real; nadir dump --cpu 1 | grep -iE '^ *"?guest_cr4|^ *"?cr4_read_shadow'
section counted; nadir set --json
section fault; nadir set remove 5 > /dev/null; nadir set cr4 pin SMEP =fault; rules clear 0; pins
section cleared; nadir set clear; rules cpuid 0x80000000; rules read 0x12345; rules write 0xC0000103 0x999; rules clear 0; pins
parameter allocated
mkfifo /tmp/wishes /tmp/answers; toucher < /tmp/wishes > /tmp/answers & exec 3> /tmp/wishes 4< /tmp/answers
read word data word code <&4; data=$((0x$data)); code=$((0x$code)); before=$(parameter allocated)
at() {{ printf '0x%x' $(($1 + $2)); }}
deed() {{ echo "$@" >&3; read answer <&4; echo "$answer"; }}
deeds() {{ deed write {TOUCHES}; deed read {TOUCHES}; deed execute {TOUCHES}; deed kernel {TOUCHES}; deed words; }}
# A later request is answered when the one before has been.
watch() {{ nadir trace memory "$@" --json > /tmp/trace 2>&1 & tracer=$!
    until [ $(parameter allocated) -gt $before ] || ! kill -0 $tracer; do :; done; request state > /dev/null; }}
ended() {{ kill -INT $tracer; wait $tracer; echo status $?; cat /tmp/trace; echo "data $data code $code"; }}
violations() {{ request statistics | grep -oE '^statistics.*processor=[01]| 48:[0-9]+'; }}
section deeds; deeds
section written; watch --write $(at data 0)+8; deeds; ended
section read-and-written; watch --read $(at data 0)+8 --write $(at data 0)+16; deeds; ended
section executed; watch --execute $(at code 0)+1; deeds; ended
section overlapping; watch --write $(at data 2048)+8; nadir trace memory --write $(at data 2044)+8 2>&1; echo status $?
off protect $(at data 2048)+8 ignore; off protect $(at data 2052)+8 ignore; deed words; deed write {TOUCHES}; deed words; ended
section overlapping-rules; nadir set --json; section ignored; nadir set clear
deed set; deed words; nadir set protect $(at data 8)+8 ignore; deed kernel {TOUCHES}; deed words; nadir set clear; deed kernel 1; deed words
section refused; nadir set protect $(at data 8)-$(at data 15) refuse; deed set; deed words; nadir set clear; deed set; deed words
section tool-killed; watch --write $(at data 0)+4096; violations > /tmp/during; deed write {TOUCHES}; kill -9 $tracer; wait $tracer
violations > /tmp/before; deeds; violations > /tmp/after; diff /tmp/before /tmp/after && echo none; diff /tmp/during /tmp/before > /dev/null || echo some
section freed; watch --write $(at data 0)+8; deed again; ended
section memory-wrong; nadir trace memory --write 0xfec00000+4 2>&1; off protect 0x100000000000+8 ignore; nadir set clear; parameter allocated
section killed; nadir set cr4 pin SMEP > /dev/null; rules execute 1; pins
section end-of-all; request off; off
dmesg -c > /dev/null
finish
"""


@pytest.fixture(scope="module")
def boot(tmp_path_factory):
    modules = [debian.kernel().module("msr"), guest.helper_module("pins")]
    return guest.boot(tmp_path_factory.mktemp("rules"), SCRIPT, programs=("request", "nadir", "rules", "toucher"), modules=modules,
                      append="nopti")


def lines(boot, section: str, start: str) -> list[str]:
    return [line for line in boot[section] if line.startswith(start)]


def test_machine_runs_on(boot):
    guest.assert_quiet(boot)


def test_without_nadir(boot):
    assert boot.text("off").count("Nadir is off") == 2 and boot["off"].count("status 6") == 2


def test_what_is_wrong_is_said_and_changes_nothing(boot):
    text = boot.text("wrong")
    assert 'Did you mean "ia32_lstar"' in text and "each switch between tasks writes it" in text
    assert "UMIP, SMEP, SMAP and TSD" in text and "there is no rule 1" in text
    assert [line for line in boot["wrong"] if line.startswith("status")] == ["status 2", "status 1", "status 1", "status 1"]


def test_the_same_program_without_rules(boot):
    assert all(line.endswith(" 0 0 0") for line in lines(boot, "plain", "cpuid "))
    assert lines(boot, "plain", "read ") == ["read 0: done 0", "read 1: done 0", "read 0: done 777", "read 1: done 777"]
    assert "SMEP was 1, clearing it worked, it is 0" in boot.text("plain")
    assert "the user's code was executed" in boot.text("plain"), "or else SMEP isn't what stops it below"


@pytest.mark.parametrize("section", ["ruled", "hotplug"])
def test_cpuid_on_every_processor(boot, section):
    assert [re.sub(r": \w+", ":", line) for line in lines(boot, section, "cpuid ")] == [
        "cpuid 0: 6964614e 100 0", "cpuid 1: 6964614e 100 0"]


def test_msrs_on_every_processor(boot):
    value = "1122334455667788"
    assert lines(boot, "ruled", "read ") == [f"read 0: done {value}", f"read 1: done {value}", "read 0: done 777", "read 1: done 777"]
    assert lines(boot, "ruled", "write ") == ["write 0: EIO 888", "write 1: EIO 888"]


def test_a_pinned_bit_only_seems_to_be_cleared(boot):
    assert lines(boot, "ruled", "nadir_pins") == [
        f"nadir_pins: processor {number}: SMEP was 1, clearing it worked, it is 0" for number in (0, 1)]


def test_clearing_faults_where_that_was_asked_for(boot):
    assert lines(boot, "fault", "nadir_pins") == ["nadir_pins: processor 0: SMEP was 1, clearing it faulted, it is 1"]


def test_smep_holds_against_who_cleared_it(boot):
    assert "nadir_pins: processor 1: SMEP was 1, clearing it worked, it is 0" in boot["killed"]
    assert "supervisor instruction fetch in kernel mode" in boot.text("killed") and "Killed" in boot["killed"]
    assert "was executed" not in boot.text("killed")


def test_rules_count(boot):
    rules = {rule["rule"]: rule["answered"] for rule in json.loads(boot.text("counted"))["rules"]}
    assert list(rules) == ["cpuid 80000000 ebx=0x6964614e", "cpuid 80000000 ecx|=0x100",
                           "msr 0x12345 read=0x1122334455667788", "msr ia32_tsc_aux write=refuse", "cr4 pin smep smap"]
    assert rules["cpuid 80000000 ebx=0x6964614e"] >= 4
    assert rules["msr 0x12345 read=0x1122334455667788"] == 2
    assert rules["msr ia32_tsc_aux write=refuse"] >= 2 and rules["cr4 pin smep smap"] == 2


def touches(boot, section: str) -> dict[tuple, int]:
    """How often there was the same: processor, privilege level, whose, bytes from which on, how many, access."""
    where = dict(zip(*[iter(boot[section][-1].split())] * 2))  # "data ADDRESS code ADDRESS"
    found: dict[tuple, int] = {}
    for line in boot[section]:
        if line.startswith('{"time"'):
            event = json.loads(line)
            fields = {name: int(value, 16) for name, value in event["fields"].items()}
            page = "code" if fields["physical"] // 4096 == int(where["code"]) // 4096 else "data"
            key = (event["processor"], event["privilege_level"], event["process"]["name"], page,
                   fields["physical"] - int(where[page]), fields["length"], fields["access"])
            found[key] = found.get(key, 0) + 1
    assert "status 0" in boot[section], boot.text(section)
    return found


def words(boot, section: str) -> list[str]:
    return [line for line in boot[section] if line.startswith("words ")]


READ, WRITE, EXECUTE = 1, 2, 4


def on_each(*accesses: tuple) -> dict[tuple, int]:
    return {(processor, level, "toucher", *rest): TOUCHES for processor in (0, 1) for level, *rest in accesses}


def test_who_watches_memory_sees_each_access_on_either_processor(boot):
    assert touches(boot, "written") == on_each((3, "data", 0, 8, READ | WRITE))
    found = touches(boot, "read-and-written")
    asked = [key for key in found if found[key] == 1]  # `words`, by the program's first thread, on any processor
    assert [key[1:] for key in asked] == [(3, "toucher", "data", 0, 8, READ)] or not asked
    found = {key: count - (count == TOUCHES + 1) for key, count in found.items() if key not in asked}
    assert found == on_each((3, "data", 0, 8, READ | WRITE), (3, "data", 0, 8, READ), (0, "data", 8, 8, WRITE))
    assert touches(boot, "executed") == on_each((3, "code", 0, 1, EXECUTE))


def test_who_is_watched_does_what_he_did(boot):
    for number, section in enumerate(("deeds", "written", "read-and-written", "executed"), 1):
        sums = number * 2 * TOUCHES
        assert words(boot, section) == [f"words {sums:x} 0 {sums:x}"]


def test_overlapping_watches_and_rules(boot):
    """A second trace is refused; rules, and a trace of what they are about, go together."""
    assert "Somebody has the events already" in boot.text("overlapping")
    assert [line for line in boot["overlapping"] if line.startswith("status")] == ["status 1", "status 0", "status 0", "status 0"]
    assert touches(boot, "overlapping") == on_each((3, "data", 2048, 8, READ | WRITE))
    sums = 4 * 2 * TOUCHES
    assert words(boot, "overlapping") == [f"words {sums:x} 0 {sums:x}", f"words {sums + 2 * TOUCHES:x} 0 {sums:x}"]
    assert [rule["answered"] for rule in json.loads(boot.text("overlapping-rules"))["rules"]] == [2 * TOUCHES] * 2


def test_protected_memory(boot):
    """Ignored, also where the kernel writes for a program; and refused, which the program gets as a signal."""
    second = [[line.split()[2] for line in words(boot, section)] for section in ("ignored", "refused")]
    assert second == [["77", "77", "0"], ["0", "77"]]
    assert lines(boot, "refused", "set ") == ["set 11", "set 0"]


def test_a_killed_watcher_leaves_nothing(boot):
    assert [line for line in boot["tool-killed"] if line in ("none", "some")] == ["none", "some"]
    assert boot["memory-wrong"][-1] == boot["on"][-1], "memory"


def test_watched_memory_that_is_freed(boot):
    """What is watched is the page, whoever has it next: the kernel clears it, and gives it to somebody."""
    assert "again 1" in boot["freed"], "the program didn't get the same page"
    found = touches(boot, "freed")
    assert sum(count for key, count in found.items() if key[1] == 0) >= 1
    assert sum(count for key, count in found.items() if key[1] == 3) == 1, found


def test_where_memory_cannot_be_watched(boot):
    assert "device" in boot.text("memory-wrong") and "no memory there" in boot.text("memory-wrong")


def test_nothing_is_left_of_them(boot):
    assert "There are no rules." in boot["cleared"]
    assert all(line.endswith(" 0 0 0") for line in lines(boot, "cleared", "cpuid "))
    assert lines(boot, "cleared", "read ") == ["read 0: done 0", "read 1: done 0"]
    assert lines(boot, "cleared", "write ") == ["write 0: done 999", "write 1: done 999"]
    assert boot["cleared"][-1] == boot["on"][-1], "memory"
    assert "Nadir is off" in boot.text("end-of-all")
