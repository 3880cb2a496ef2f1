# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""The debugger beneath the system, with a real GDB: threads, registers, memory, hidden breakpoints, steps; and the guest sees none of it."""

from __future__ import annotations

import re
import time

import pytest

from emulator.gdb import COM2, Visit
from emulator.places import BUILD

from .host import boot, expect_fail, expect_ok, matching

SYMBOLS = BUILD / "hosts" / "bare" / "nadir64.elf"
END = ["delete", "set var nadir_gdb_over = 1", "detach"]


def debug(tmp_path, talk, processors=1, model="corei7_skylake_x", pages=64, timeout=120):
    """The run, and what `talk` returned."""
    visit = Visit(talk)
    run = boot(tmp_path, f"test=gdb gdb={COM2:#x} hook_pages={pages} log=error", processors=processors, model=model,
               timeout=timeout, extra=[visit.line.configuration])
    return run, visit.result()


def gdb(*commands):
    return lambda line, machine: line.gdb(machine, [*commands, *END], SYMBOLS)


@pytest.mark.parametrize("model, processors", [pytest.param("corei7_skylake_x", 2, marks=pytest.mark.quick), ("tigerlake", 3),
                                               ("corei7_haswell_4770", 1)])
def test_a_session(tmp_path, model, processors):
    run, words = debug(tmp_path, gdb(
        "info threads", "break nadir_gdb_work", "continue", "print/x *(unsigned char*)nadir_gdb_work", "bt 1", "stepi", "stepi",
        "set scheduler-locking on", "print nadir_gdb_rounds", "stepi", "print nadir_gdb_rounds", "set scheduler-locking off",
        "continue", "delete", "set var $rdi = 5", "finish", "info registers cr0 cr4 efer gs_base tr", "monitor exits", "monitor why",
        "x/2i nadir_gdb_work", "thread 1", "print $pc", f"thread {processors}", "print $pc", "monitor cpu 0 vmcs guest_rip",
        f"monitor cpu {processors} exits", "monitor cpu 1"), processors, model)
    expect_ok(run)
    assert "traces 0" in run.lines, run.tail()  # no flag, no breakpoint register, no other byte
    for n in range(processors):
        assert f"(processor {n}, CPL 0)" in words
    assert len(re.findall(r"hit Breakpoint 1, nadir_gdb_work|^Breakpoint 1, nadir_gdb_work", words, re.M)) >= 2
    assert re.search(r"\$1 = 0x48", words), words  # LEA, not INT3
    assert "Value returned is $4 = 16" in words, words  # 5 * 3 + 1: GDB's value was used
    assert re.search(r"\$2 = (.*)\n", words)[1] == re.search(r"\$3 = (.*)\n", words)[1]  # the others stood still
    assert re.search(r"^cr0 .*\[ pe mp .*ne wp pg", words, re.M) and re.search(r"^efer .*lme lma nxe", words, re.M), words
    assert "VMX-preemption timer expired" in words and "Nothing was refused." in words
    assert "lea " in words and "int3" not in words
    # GDB doesn't say which thread it shows: a command may, and each answer tells whose it is.
    shown = re.findall(r"^\$\d+ = \(void \(\*\)\(void\)\) (0x\w+)", words, re.M)[-2]
    assert f"processor 0:\n0x681e guest_rip: {shown}\n" in words, words
    assert f"there is no processor {processors} that stands still" in words and "cpu needs a processor's number and a command" in words


def test_refusals_and_what_is_not_there(tmp_path):
    """And `monitor why` speaks of the newest refusal each time."""
    run, words = debug(tmp_path, gdb("monitor why", "print *(int*)0x123456789000", "monitor why",
                                     "break *0x123456788000", "continue", "monitor why", "delete",
                                     "set var $cr3 = 0", "monitor why", "print *(int*)0xfee00300", "monitor why",
                                     "set var $pc = 0x8000000000000000", "monitor why", "set var *(char*)0x123456787000 = 1", "monitor why",
                                     "monitor nothing", "monitor walk 0x123456789000", "monitor walk", "info registers st0",
                                     "print/x $pc", "monitor vmcs Guest RIP", "monitor vmcs guest_rib", "monitor vmcs all",
                                     "monitor vmcs ffff", "monitor vmcs instruction_error",
                                     "tbreak nadir_gdb_traces", "continue", "monitor vmcs instruction_error", "set var $eflags = $eflags | 0x100", "stepi",
                                     "monitor why", "set var $eflags = $eflags & ~0x100", "stepi"))
    expect_ok(run)
    assert words.count("Cannot access memory at address") >= 3, words
    reasons = re.findall(r"^(?:[AWR].*: |Nothing was ref).*", words, re.M)
    assert [reason for reason in reasons if not reason.startswith("Warning")] == [
        "Nothing was refused.",
        "Reading memory at 0x123456789000: this processor's page tables don't map the address.",
        "A breakpoint at 0x123456788000: this processor's page tables don't map the address.",
        "Writing cr3: of the registers, general ones, rip, eflags, cr2, fs_base, gs_base and k_gs_base can be written.",
        "Reading memory at 0xfee00300: what this processor's page tables map there is no ordinary memory: a device's, or nothing.",
        "Writing rip: it takes a canonical address only.",
        "Writing memory at 0x123456787000: this processor's page tables don't map the address.",
        next(reason for reason in reasons if reason.startswith("A step of processor 0: "))], words
    assert int(re.search(r"^\$1 = (0x\w+)$", words, re.M)[1], 16) == int(re.search(r"^0x681e guest_rip: (\w+)\n", words, re.M)[1], 16), words
    assert "There is no field of that name. Like it: guest_rip.\n" in words, words
    for field in ("0x4000 pin_controls: 0x", "0x6c16 host_rip: 0x"):  # in the first part of the answer, and in the last one
        assert words.count(field) == 1, words
    # What is looked for isn't there, and that doesn't leave an error of ours where the machine's own would be,
    # at the next stop either.
    assert "0xffff: this processor has no such field" in words and words.count("0x4400 instruction_error: 0x00000000\n") == 3, words
    assert re.search(r"^entry at 0x[0-9a-f]+: 0x0\n0x123456789000 is not mapped$", words, re.MULTILINE), words
    assert "walk needs a linear address" in words
    assert 'Could not write register "cr3"' in words and 'Could not write register "rip"' in words
    assert "Target does not support this command" in words
    assert "is not mapped" in words and "<unavailable>" in words
    # The next instruction is PUSHF, and would store the trap flag of a step; and the guest has one of its own.
    assert "Remote failure reply: E01" in words and "monitor trap flag" in words, words
    assert "traces 0" in run.lines, run.tail()


def test_there_is_always_memory_for_breakpoints(tmp_path):
    run, words = debug(tmp_path, gdb("break nadir_gdb_work", "continue", "monitor why"), pages=0)
    expect_ok(run)
    assert "Breakpoint 1, nadir_gdb_work" in words and "Nothing was refused" in words, words


ANY = "*(char(*)[4100])&nadir_gdb_pages[2]"


def test_watchpoints(tmp_path):
    """Of one byte to two pages; on another processor; across pages. What is written beside them stops nobody."""
    visit = Visit(gdb("watch nadir_gdb_rounds[1]", "continue", "delete",
                      "watch *(long*)&nadir_gdb_pages[4092]", "continue", "delete", "watch nadir_gdb_pages[4096]", "continue", "delete",
                      "watch nadir_gdb_pages[100]", "break nadir_gdb_other", "continue 4", "delete", f"watch {ANY}", "continue", "continue",
                      "delete", "rwatch nadir_gdb_over", "continue", "delete", "awatch nadir_gdb_seen_flags", "continue", "x/i $pc",
                      "continue", "x/i $pc", "delete", "watch *(char(*)[20000000])0x100000", "continue", "monitor why", "delete",
                      "watch *(char*)&nadir_gdb_work", "break nadir_gdb_work", "continue", "monitor why", "delete"))
    run = boot(tmp_path, f"test=gdb gdb={COM2:#x} log=error", processors=2, timeout=120, extra=[visit.line.configuration])
    words = visit.result()
    expect_ok(run)
    assert "traces 0" in run.lines, run.tail()
    for what, number in (("nadir_gdb_rounds[1]", 1), ("*(long*)&nadir_gdb_pages[4092]", 2), ("nadir_gdb_pages[4096]", 3), (ANY, 6)):
        assert re.search(rf"Thread 2 hit Hardware watchpoint {number}: {re.escape(what)}\n\nOld value = .*\nNew value = ", words), words
    assert words.count(f"hit Hardware watchpoint 6: {ANY}") == 2, words  # the write across the pages, and the one below
    assert re.search(r"hit Breakpoint 5, nadir_gdb_other", words) and "hit Hardware watchpoint 4" not in words, words
    assert re.search(r"hit Hardware read watchpoint 7: nadir_gdb_over\n\nValue = 0", words), words
    assert words.count("hit Hardware access (read/write) watchpoint 8: nadir_gdb_seen_flags") == 2, words
    assert "more than 4,096 pages" in words and "one of these pages is used otherwise" in words, words
    # GDB hasn't stepped its way there.
    assert visit.line.sent.count(b"$Z2,") >= 5 and len(re.findall(rb"\$vCont;s", visit.line.sent)) < 20


def test_flags_are_stepped_and_not_seen(tmp_path):
    """PUSHF, POPF, STI, CLI and IRET, one by one: nadir_gdb_flags looks for the trap flag meanwhile."""
    at_sti = ("code = gdb.selected_frame().architecture().disassemble(int(gdb.parse_and_eval('$pc')), count=40); "
              "gdb.execute('tbreak *%d' % next(one['addr'] for one in code if one['asm'].startswith('sti')))")
    run, words = debug(tmp_path, gdb("tbreak nadir_gdb_flags", "continue", *["stepi"] * 26, "print $eflags & 0x100", "print $pc",
                                     "tbreak nadir_gdb_flags", "continue", f"python {at_sti}", "continue", "stepi", "x/i $pc",
                                     "print $eflags & 0x200", "monitor vmcs guest_interruptibility", "stepi", "x/i $pc",
                                     "print $eflags & 0x200"))
    expect_ok(run)
    assert "E01" not in words and "$1 = 0\n" in words, words
    # A step of STI is one of STI: the guest's interrupts are on, and held back for one instruction.
    assert re.search(r"^=> .*:\tcli *\n\$3 = 512\nprocessor 0:\n0x4824 guest_interruptibility: 0x00000001\n.*\n=> .*:\tpopf *\n\$4 = 0$", words,
                     re.M), words
    assert re.search(r"\$2 = .*(run_in_circles|nadir_gdb_flags)", words), words
    assert "traces 0" in run.lines, run.tail()


def wish(letter):
    """The system does it itself, and says what came of it. Meanwhile other points may be met, by whichever processor is faster."""
    until_done = "while gdb.selected_frame().name() != 'nadir_gdb_done': gdb.execute('continue')"
    return [f"set var nadir_gdb_wish = '{letter}'", "tbreak nadir_gdb_done", "continue", f"python {until_done}",
            "print status"]


def test_a_processor_that_comes_late(tmp_path):
    """It isn't a guest of ours while points are set, and has them when it is back. And the watchdog doesn't blame who stands still."""
    run, words = debug(tmp_path, gdb(
        *wish("a"), "info threads", "watch nadir_gdb_pages[8]", "set var nadir_gdb_wish = 'b'", "tbreak nadir_gdb_done", "continue",
        "info threads", "delete 2", "continue", "set scheduler-locking on", *wish("o"), "set scheduler-locking off"), processors=2)
    expect_ok(run)
    assert "traces 0" in run.lines, run.tail()
    away, back = words.split("Hardware watchpoint 2: nadir_gdb_pages[8]\n", 1)
    assert "(processor 0, CPL 0)" in away and "(processor 1, CPL 0)" not in away.split("$1 = 0")[1], words
    met, done = (back.index(what) for what in ("hit Hardware watchpoint 2: nadir_gdb_pages[8]", "hit Temporary breakpoint 3"))
    assert met < done and "(processor 1, CPL 0)" in back[met:done], words
    assert "$2 = 0" in back and not matching(run, "nadir["), words + run.tail()


LAST = "nadir_gdb_pages[8191]"


def test_beside_the_systems_own_hooks(tmp_path):
    """GDB's breakpoints and the system's hooks, in one page and whichever came first, and both stay when the other ends; the same of
    watched memory, but for one page, where the later one is refused in words."""
    run, words = debug(tmp_path, gdb(
        "break nadir_gdb_work", *wish("h"), "continue", "print 1000", *wish("e"), "continue", "print nadir_gdb_hits > 0", "delete",
        *wish("h"), "break nadir_gdb_other", "continue", "monitor why", "delete", "break nadir_gdb_traces", "continue", "print 2000",
        "delete", *wish("e"), "print nadir_gdb_hits > 0",
        f"watch {LAST}", *wish("w"), "delete", *wish("w"), "watch nadir_gdb_rounds[0]", "continue", "print 3000", f"watch {LAST}",
        "continue", "monitor why", "delete", *wish("h"), "watch nadir_gdb_rounds[0]", "continue", "print 4000", "delete", *wish("q"),
        *wish("e"), "print nadir_gdb_hits > 0"))
    expect_ok(run)
    assert "traces 0" in run.lines, run.tail()
    refused = "129"  # NADIR_GDB_WATCHES
    assert re.findall(r"^\$\d+ = (\w+)", words, re.M) == [
        "0", "1000", "0", "true", "0", "2000", "0", "true", refused, "0", "3000", "0", "4000", "0", "0", "true"], words
    both, systems, gdbs, watched, _ = re.split(r"= [1-4]000\n", words)
    assert "Breakpoint 1, nadir_gdb_work" in both, words  # which was there when the hook came
    assert "Breakpoint 1, nadir_gdb_work" in systems, words  # and when it went
    assert "the system has a hook of its own at this instruction" in systems and "nadir_gdb_traces ()" in systems, words
    assert "Old value" in gdbs and "Old value" in watched, words
    assert "one of these pages is used otherwise" in watched, words


def test_off_while_gdb_is_there(tmp_path):
    """The system turns Nadir off under a breakpoint, a watchpoint and a GDB that waits: it has its machine back."""
    def talk(line, machine):
        return line.gdb(machine, ["watch nadir_gdb_pages[100]", "break nadir_gdb_done", "set var nadir_gdb_over = 1", "continue"], SYMBOLS)

    run, words = debug(tmp_path, talk, processors=2)
    expect_ok(run)
    assert "stop: success" in run.lines and "Hardware watchpoint 1" in words, run.tail()


def test_ctrl_c_and_a_second_visit(tmp_path):
    """GDB vanishes in the midst of a packet, and leaves a breakpoint; another one takes over, and nothing is lost."""
    def talk(line, machine):
        first = line.gdb(machine, ["break nadir_gdb_work", "continue", "disconnect"], SYMBOLS)
        machine.sendall(b"$m1234")
        time.sleep(0.2)
        return first, line.gdb(machine, ["print nadir_gdb_over", "info threads", *END], SYMBOLS)

    run, (first, second) = debug(tmp_path, talk, processors=2)
    expect_ok(run)
    assert "Breakpoint 1, nadir_gdb_work" in first and "$1 = 0" in second and "processor 1" in second, first + second


def test_noise_on_the_line(tmp_path):
    """Wrong checksums, what is no packet, and a Ctrl-C: asked for again, left out, obeyed."""
    def talk(line, machine):
        machine.settimeout(60)
        machine.sendall(b"\x00\xff++##}$?#00")  # a damaged packet stops nothing
        time.sleep(0.5)
        machine.sendall(b"\x03")
        said = bytearray()
        while b"#" not in said or len(said) - said.index(b"#") < 3:
            said += machine.recv(64)
        machine.sendall(b"+$g#00")
        while not said.endswith(b"-"):
            said += machine.recv(64)
        words = line.gdb(machine, END, SYMBOLS)
        return bytes(said), words

    run, (said, words) = debug(tmp_path, talk)
    expect_ok(run)
    assert re.search(rb"\$T02thread:1;#\w\w", said), said
    assert "detached" in words


def test_without_a_port(tmp_path):
    assert "give gdb=PORT" in "".join(matching(expect_fail(boot(tmp_path, "test=gdb log=error")), "@@ result fail"))
