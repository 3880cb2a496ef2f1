# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""`nadir memory` on a running Linux: what it reads and how it translates, against what the kernel itself says of both."""

import json
import re

import pytest

from emulator import debian
from emulator.elf import Elf

from . import guest

pytestmark = pytest.mark.xdist_group("linux-inspect")

CODE = 0x1000  # bytes of the kernel's code that are compared
BEHIND = 0x20_0000  # _text
LINKED_AT = 0xFFFF_FFFF_8100_0000

SCRIPT = f"""
load; echo 0 > /proc/sys/kernel/kptr_restrict
memory() {{ nadir memory "$@" 2>&1; echo status $?; }}
buffer > /tmp/buffer & while [ ! -s /tmp/buffer ]; do sleep 0.1; done
read pid physical < /tmp/buffer
text=$(grep -m 1 ' T _text' /proc/kallsyms | cut -d ' ' -f 1); code=$(printf %x $((0x$text + {BEHIND})))
section facts; echo physical $physical; echo text $text; echo code $code; grep -m 1 'Kernel code' /proc/iomem
section off; memory translate $code
section nobody; su -s /bin/sh nobody -c 'nadir memory read 1000' 2>&1; echo status $?
section on; request on
section kernel; nadir memory translate $code --json
section user; nadir memory translate 10000010 --process $pid --cpu 1 --json
section text; memory translate 10000010 --process $pid
section buffer; memory read 10000000+62 --process $pid
section physical; memory read $physical+62 --physical
section code; nadir memory read $code+{CODE} --raw /tmp/code; hexdump -ve '1/1 "%02x"' /tmp/code; echo
section words; memory read int_sqrt+32 --disassemble
section untouched; memory translate 10001000 --process $pid; memory read 10000ff0+32 --process $pid
section inaccessible; memory translate 10002000 --process $pid
section secret; memory read 20000000 --process $pid
section device; memory read fec00000 --physical; memory translate fec00000 --physical
section nothing; memory read ffff000000 --physical; memory read 8000000000000 --physical; memory translate 8000000000000 --physical
section odd; memory translate 1234567800000000; memory read $physical+9000000000 --physical
eptp=$(nadir memory translate $physical --physical --json | grep -m 1 eptp | grep -oE '0x[0-9a-f]+'); ours=${{eptp%???}}000
section ours; memory read $ours --physical; memory translate $ours --physical
section processes; memory read 1000 --process 2; kill $pid; wait $pid; memory read 10000000 --process $pid
section offline; echo 0 > /sys/devices/system/cpu/cpu1/online; memory translate $physical --physical --cpu 1
memory translate $physical --physical --cpu 77; echo 1 > /sys/devices/system/cpu/cpu1/online
section requests; request state
section stopped; request off; memory translate $physical --physical; memory read $physical --physical
finish
"""


@pytest.fixture(scope="module")
def boot(tmp_path_factory):
    return guest.boot(tmp_path_factory.mktemp("inspect"), SCRIPT, programs=("request", "nadir", "buffer"),
                      append="secretmem.enable=1")


@pytest.fixture(scope="module")
def facts(boot):
    return {line.split()[0]: int(line.split()[1], 16) for line in boot["facts"][:3]}


def test_machine_runs_on(boot):
    guest.assert_quiet(boot)


def test_an_address_of_the_kernel(boot):
    """Its physical address is as far behind the kernel's code in /proc/iomem as it is behind _text."""
    (code,) = [line for line in boot["facts"] if "Kernel code" in line]
    expected = int(code.split("-")[0], 16) + BEHIND
    answer = json.loads(boot.text("kernel"))
    walk = answer["page_walk"]
    assert int(walk["physical"], 16) == expected and walk["levels"] == 4 and not walk["user"]
    assert [entry["level"] for entry in walk["entries"]] in ([4, 3, 2], [4, 3, 2, 1])
    (ept,) = answer["ept"]
    assert int(ept["physical"], 16) == expected and ept["memory_type"] == "write back (WB)" and not ept["ours"]


def test_a_page_of_a_process(boot, facts):
    answer = json.loads(boot.text("user"))
    walk = answer["page_walk"]
    assert int(walk["physical"], 16) == facts["physical"] + 0x10
    assert walk["user"] and walk["writable"] and not walk["executable"] and walk["page_size"] == 4096
    (ept,) = answer["ept"]
    assert (ept["processor"], ept["tables"]) == (1, "the tables of all processors")
    assert int(ept["physical"], 16) == facts["physical"] + 0x10 and ept["read"] and ept["write"] and ept["execute"]
    assert re.search(r"PTE +at 0x\w+  0x8\w+67  4-KiB page 0x\w+: present writable user accessed dirty .*execute_disable",
                     boot.text("text"))
    assert boot["text"][-1] == "status 0"


def characters(lines):
    return "".join(re.search(r"\|(.*)\|$", line)[1] for line in lines if line.endswith("|"))


def test_content(boot):
    text = "This was written by a process that is looked at from beneath."
    for section in ("buffer", "physical"):
        assert characters(boot[section])[:len(text)] == text, boot.text(section)
        assert boot[section][-1] == "status 0"


def test_the_kernels_code_is_that_of_its_image(boot):
    """But for what it patches while it starts."""
    read = bytes.fromhex(boot["code"][-1])
    (segment,) = [segment for segment in Elf(debian.kernel().vmlinux.read_bytes()).segments if segment.virtual == LINKED_AT]
    image = segment.data[BEHIND:BEHIND + CODE]
    equal = sum(one == other for one, other in zip(read, image))
    assert len(read) == CODE and len(set(image)) > 100 and equal > CODE * 0.9, equal


def test_disassembly(boot):
    lines = boot["words"]
    assert lines[-1] == "status 0"
    assert lines[0] == "int_sqrt:" and "  # " in boot.text("words"), boot.text("words")
    assert all(re.match(r"ffffffff\w{8}  ([0-9a-f]{2} )+ +\w+", line) for line in lines[1:-1]), boot.text("words")
    assert "(bad)" not in boot.text("words") and "mov" in boot.text("words")


def test_what_is_not_mapped(boot):
    untouched = boot.text("untouched")
    assert "not mapped: the entry is not present (P is 0), and empty" in untouched
    assert "16 bytes from 0x10001000 on can't be read: the entry is not present" in untouched
    assert "00 00 00  -- --" not in untouched and re.search(r"10001000  -- --", untouched)
    assert untouched.count("status 1") == 2
    assert "It isn't empty, so the system has noted something in it" in boot.text("inaccessible")
    assert "not canonical" in boot.text("odd") and "at most 1,048,576" in boot.text("odd")
    assert [line for line in boot["odd"] if line.startswith("status")] == ["status 1", "status 2"]


def test_what_is_refused(boot):
    assert "doesn't map the RAM at physical address" in boot.text("secret") and boot["secret"][-1] == "status 1"
    device = boot.text("device")
    assert "is no RAM but a device's or the firmware's" in device and "uncacheable (UC)" in device
    nothing = boot.text("nothing")
    assert "There is nothing at physical address 0xffff000000" in nothing
    assert "is beyond the 40 bits" in nothing and "no physical address so high" in nothing
    assert nothing.count("status 1") == 3
    ours = boot.text("ours")
    assert "Nadir's own memory is at physical address" in ours and "Nadir's own memory lies at this address" in ours
    assert "status 4" in boot.text("nobody")


def test_processes(boot):
    lines = boot["processes"]
    assert "Process 2 (kthreadd) has no address space of its own" in lines[0]
    assert "There is no process" in lines[-2] and lines.count("status 1") == 2, boot.text("processes")


def test_without_nadir_or_its_processor(boot):
    assert boot.text("off").count("Nadir is off: there is no EPT") == 1 and boot["off"][-1] == "status 0"
    assert boot.text("offline").count("That processor is not under Nadir") == 2
    assert "Nadir is off: there is no EPT" in boot.text("stopped") and "|This was" not in boot.text("stopped")
    assert boot["stopped"][-1] == "status 0"
