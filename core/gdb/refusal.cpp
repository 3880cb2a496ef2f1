// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/gdb/refusal.h"

#include "core/gdb/debugger.h"
#include "core/gdb/machine.h"
#include "core/vmm.h"

namespace nadir::core::gdb {

namespace {

std::string_view words_of(Refusal refusal) {
    switch (refusal) {
    case Refusal::none: return "Nothing was refused.";
    case Refusal::not_mapped: return "this processor's page tables don't map the address.";
    case Refusal::no_memory_there:
        return "what this processor's page tables map there is no ordinary memory: a device's, or nothing.";
    case Refusal::ours: return "there is Nadir's own memory.";
    case Refusal::no_memory: return "the memory for hidden and watched pages is used up (hook_pages).";
    case Refusal::in_use: return "the system is about to set or end hooks of its own: try again.";
    case Refusal::hook_there: return "the system has a hook of its own at this instruction (nadir hook).";
    case Refusal::used_otherwise:
        return "one of these pages is used otherwise: a page can have breakpoints and hooks in it or be watched, by GDB or by "
               "the system (nadir hook, nadir trace memory, nadir set protect), but one of these only.";
    case Refusal::step:
        return "it has no monitor trap flag that works, and the instruction there (PUSHF, POPF, IRET, INT, CLI, STI, SYSCALL, "
               "SYSRET) can't be stepped otherwise where the system steps itself or is in an NMI's handler: set a breakpoint "
               "behind it, and continue.";
    case Refusal::too_many: return "there are as many break- and watchpoints as can be.";
    case Refusal::too_much: return "more than 4,096 pages can't be watched.";
    case Refusal::not_stopped:
        return "a processor hasn't come to stand still, and may be using what was to be changed: continue, and try again.";
    case Refusal::unsupported: return "the processor has no memory that can be executed and not read.";
    case Refusal::read_only:
        return "of the registers, general ones, rip, eflags, cr2, fs_base, gs_base and k_gs_base can be written.";
    case Refusal::not_canonical: return "it takes a canonical address only.";
    case Refusal::unavailable: return "the x87 and vector registers stay in the processor, untouched.";
    }
    return {};
}

void put_deed(const Refused& refused, base::Writer& out) {
    switch (refused.what) {
    case Deed::none: return;
    case Deed::breakpoint: out.text("A breakpoint at ").hex(refused.where); break;
    case Deed::watchpoint: out.text("A watchpoint at ").hex(refused.where); break;
    case Deed::step: out.text("A step of processor ").decimal(refused.where); break;
    case Deed::write_register: out.text("Writing ").text(registers[refused.where].name); break;
    case Deed::read_memory: out.text("Reading memory at ").hex(refused.where); break;
    case Deed::write_memory: out.text("Writing memory at ").hex(refused.where); break;
    case Deed::come_back: out.text("GDB's points, when the system had changed its own hooks"); break;
    }
    out.text(": ");
}

} // namespace

void refuse(Vmm& vmm, const Refused& refused) { vmm.debugger->refused = refused; }

void forget_refusal(Vmm& vmm) { vmm.debugger->refused = {}; }

void put_refusal(const Vmm& vmm, base::Writer& out) {
    const Refused& refused = vmm.debugger->refused;
    put_deed(refused, out);
    out.text(words_of(refused.why)).character('\n');
}

} // namespace nadir::core::gdb
