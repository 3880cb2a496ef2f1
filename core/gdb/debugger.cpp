// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/gdb/debugger.h"

#include "arch/paging.h"
#include "core/vmm.h"
#include "cpu/instructions.h"

namespace nadir::core::gdb {

Debugger* debugger_of(const Vmm& vmm) { return vmm.debugger; }

uint64_t debugger_pages(uint32_t processors) {
    return (sizeof(Debugger) + processors * sizeof(Seat) + arch::page_size_4k - 1) / arch::page_size_4k;
}

void place_debugger(Vmm& vmm, void* memory, uint16_t port) {
    Debugger& debugger = *static_cast<Debugger*>(memory);
    debugger.port = port;
    debugger.seats = reinterpret_cast<Seat*>(&debugger + 1);
    for (uint32_t i = 0; i < vmm.processor_count; ++i) {
        debugger.seats[i].motion = Motion::run;
    }
    vmm.debugger = &debugger;
}

void run_on(Vmm& vmm, uint32_t processor, Task& task) {
    Debugger& debugger = *vmm.debugger;
    if (debugger.server == processor + 1) {
        do_here(*vmm.vcpus[processor], task);
        return;
    }
    Seat& seat = debugger.seats[processor];
    if (__atomic_load_n(&seat.standing, __ATOMIC_ACQUIRE) == 0) {
        return; // it isn't there, and nothing may be taken from it
    }
    __atomic_store_n(&seat.task, &task, __ATOMIC_RELEASE);
    while (__atomic_load_n(&seat.task, __ATOMIC_ACQUIRE) != nullptr) {
        cpu::pause();
    }
}

} // namespace nadir::core::gdb
