# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""The second-level translation of a running guest: page by page, with the emulator's debugger as witness; and what the
guest finds, and can do, where Nadir's memory lies."""

import re
import struct

import pytest

from emulator import fastboot, product
from emulator.debugger import show
from emulator.elf import Elf

from .ept_witness import Memory, Mtrrs, dump, parse_dumps
from .host import boot, boot_kernel, expect_ok, guest, matching

STEPS = 15  # of the part "types"; the guest stops after each
# What the firmware says without what nadir.elf keeps of it; it lies elsewhere where processors have to be started
# (hosts/bare/README.md).
LOW_MEMORY = 632 << 10
WIDTH = 40  # physical-address bits of all models
TABLES = 40  # more pages than the tables have
EPTP = "VMX.VMCS_CACHE.VMEXEC_CTRLS.eptptr"
ROOT_CR3 = "VMX.VMCS_CACHE.HOST_STATE.CR3"


def run_part(directory, part, below=64, **settings):
    module = fastboot.Module(guest("conformance.elf"), f"below={below} {part}")
    return boot(directory, "log=error", [module], **settings)


def run_types(directory, processors, **settings):
    """A first run up to the first stop says where the tables are (runs repeat exactly), a second one reads them."""
    first = run_part(directory / "first", "types", magic_break=True, processors=processors,
                     commands=("c", *show(processors), "q"), **settings)
    root, page_tables = first.stops[0].value(0, EPTP) & ~0xFFF, first.stops[0].value(0, ROOT_CR3)
    look = [*show(processors, ("VMX", "MSR", "CR0")), dump(root, TABLES)]
    commands = ["c", dump(page_tables, (root - page_tables) // 4096), *look, *["c", *look] * (STEPS - 1), "c"]
    return run_part(directory / "second", "types", magic_break=True, processors=processors, commands=commands, **settings)


def hidden_page(leaves):
    """What many leaves lead to, none of them at its own address but perhaps one."""
    count = {}
    for leaf in leaves:
        count[leaf.physical] = count.get(leaf.physical, 0) + 1
    return max(count, key=count.get)


def expect_right(leaves, mtrrs, hidden, processors):
    """Every page of the physical address space that is mapped; returns which are hidden."""
    out_of_sight = set()
    end = 0
    for leaf in leaves:
        assert leaf.rights == 7
        assert leaf.start == end or leaf.start % (1 << 30) == 0, f"a gap before {leaf.start:#x}"
        end = leaf.start + leaf.span
        if leaf.physical == hidden:
            assert leaf.span == 4096 and leaf.type == 6
            out_of_sight.add(leaf.start)
        elif processors > 1 and leaf.start < LOW_MEMORY:
            assert leaf.span == 4096 and leaf.type == 6 and leaf.physical - leaf.start == leaves[0].physical
        else:
            assert leaf.physical == leaf.start, f"{leaf.start:#x} is not itself"
            assert mtrrs.types(leaf.start, leaf.span) == {leaf.type}, f"{leaf.start:#x}, {leaf.span:#x} bytes"
    assert end <= 1 << WIDTH
    return out_of_sight


@pytest.mark.parametrize("model, processors", [
    pytest.param("corei7_skylake_x", 2, marks=pytest.mark.quick), ("corei7_skylake_x", 1),
    ("corei7_sandy_bridge_2600k", 2)])
def test_every_page_at_every_change(tmp_path, model, processors):
    run = expect_ok(run_types(tmp_path, processors, model=model))
    bare = expect_ok(boot_kernel(tmp_path / "bare", guest("conformance.elf"), "below=64 types", model=model,
                                 processors=processors))
    assert matching(run, "types ") == matching(bare, "types ")
    names = [line.removeprefix("types after ") for line in matching(run, "types after ")]
    dumps = parse_dumps(run.debugger)
    assert len(run.stops) == len(dumps) == len(names) == STEPS

    largest = 2 << 20 if "sandy" in model else 1 << 30
    sizes = []
    for name, stop, words in zip(names, run.stops, dumps):
        mtrrs = [Mtrrs(stop.states[number]) for number in range(processors)]
        assert name == "on one processor only" or all(one == mtrrs[0] for one in mtrrs)
        roots = {stop.value(number, EPTP) for number in range(processors)}
        assert len(roots) == 1, "one EPT for all"
        memory = Memory(words)
        leaves = list(memory.leaves(roots.pop() & ~0xFFF))
        hidden = hidden_page(leaves)
        out_of_sight = expect_right(leaves, mtrrs[-1], hidden, processors)
        assert max(leaf.span for leaf in leaves) == largest
        assert memory.tables <= out_of_sight, "the guest could write to the tables"
        sizes.append(len(memory.tables))
        if name == names[0]:
            # Whatever root mode maps, and what processors use by physical address only: nothing less, and nothing more.
            ours = set(memory.pages(stop.value(0, ROOT_CR3))) | {hidden}
            for number in range(processors):
                ours |= {stop.value(number, "VMX.vmxonptr"), stop.value(number, "VMX.vmcsptr")}
            assert out_of_sight == ours
    assert sizes[names.index("none of ours")] == sizes[0], "tables that are needed no more are still there"
    assert max(sizes) > sizes[0]
    # The processor's own: the guest's PAT and CR0.CD are in effect as the guest wrote them.
    pat = run.stops[names.index("IA32_PAT")]
    assert all(pat.value(number, "MSR.pat") == 0x0001_0405_0607_0400 for number in range(processors))
    assert run.stops[names.index("CR0.CD")].value(0, "CR0") >> 30 & 1


def test_more_parts_than_tables_reach(tmp_path):
    """Without 1 GiB pages, 200 different gigabytes on each of two processors: more than the pool has tables for."""
    run = expect_ok(run_part(tmp_path, "far", processors=2, model="corei7_sandy_bridge_2600k"))
    assert matching(run, "far ") == [f"far processor {number}: 200 are all ones" for number in (0, 1)] * 2


def quadwords(data):
    return struct.unpack_from(f"<{len(data) // 8}Q", data)


def words_of_root_code(count):
    """Aligned quadwords of the image's code, each once in it and not in the guest, which shares code with the host. From
    the first 64 KiB: of what was loaded at 1 MiB the guest overwrites that much when it is loaded."""
    guests = set(quadwords(Elf(guest("conformance.elf").read_bytes()).segments[0].data))
    image = Elf((product.bare_kernel().parent / "nadir64.elf").read_bytes()).segments[0].data
    words = quadwords(image)
    once = [word for word in words[0x200:0x2000] if word >> 56 and word not in guests and words.count(word) == 1]
    return [once[len(once) * i // count] for i in range(count)]


def test_the_guest_finds_nothing_and_breaks_nothing(tmp_path):
    """All memory is read: Nadir's signature is nowhere, its code is there once (the host's image, which is the guest's), no
    page begins as a VMXON region or a VMCS. Then all is overwritten that isn't the guest's own, and both go on."""
    signature = int.from_bytes(b"NadirVMM", "little")
    words = [signature, *words_of_root_code(2)]
    find = " ".join(f"find={word:#x}" for word in words)
    run = expect_ok(run_part(tmp_path, f"scan top=64 {find}", below=32, processors=2, memory_mib=64))
    times = dict(re.findall(r"^scan word (\d): (\d+) times$", run.serial, re.MULTILINE))
    assert times == {"0": "0", "1": "1", "2": "1"}, run.tail()
    assert "scan pages with a VMCS revision: 0" in run.lines
    assert any(line.startswith("scan overwritten: 4") for line in run.lines), run.tail()
    assert len(matching(run, "scan processor ")) == 2
