// SPDX-License-Identifier: MIT OR GPL-2.0-only
// `monitor why`: GDB's protocol has no words for a refusal, and GDB none of its own.
#include "core/gdb/debugger.h"
#include "core/gdb/machine.h"
#include "core/vmm.h"

namespace nadir::core::gdb {

namespace {

std::string_view words_of(Refusal refusal) {
    switch (refusal) {
    case Refusal::none: return "Nothing was refused.";
    case Refusal::not_mapped:
        return "There is no memory: this processor's page tables don't map the address, or it is a device's.";
    case Refusal::ours: return "There is Nadir's own memory.";
    case Refusal::no_memory: return "The memory for hidden and watched pages is used up (hook_pages).";
    case Refusal::in_use: return "The system is about to set or end hooks of its own: try again.";
    case Refusal::hook_there: return "The system has a hook of its own at this instruction (nadir hook).";
    case Refusal::used_otherwise:
        return "One of these pages is used otherwise: a page can have breakpoints and hooks in it or be watched, by GDB or by "
               "the system (nadir hook, nadir trace memory, nadir set protect), but one of these only.";
    case Refusal::step:
        return "This processor has no monitor trap flag that works, and the instruction here (PUSHF, POPF, IRET, INT, CLI, "
               "STI, SYSCALL, SYSRET) can't be stepped otherwise where the system steps itself or is in an NMI's handler: "
               "set a breakpoint behind it, and continue.";
    case Refusal::too_many: return "There are as many break- and watchpoints as can be.";
    case Refusal::too_much: return "More than 4,096 pages can't be watched.";
    case Refusal::not_stopped:
        return "A processor hasn't come to stand still, and may be using what was to be changed: continue, and try again.";
    case Refusal::unsupported: return "The processor has no memory that can be executed and not read.";
    }
    return {};
}

} // namespace

void put_refusal(const Vmm& vmm, base::Writer& out) { out.text(words_of(vmm.debugger->refusal)).character('\n'); }

} // namespace nadir::core::gdb
