// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tests/fakes/host.h"

#include <cstring>
#include <stdexcept>

#include "tests/fakes/machine.h"

namespace nadir::fake {

Host host;

namespace {

constexpr uint64_t interrupt_flag = 1u << 9;

void outside_root_mode(const char* what) {
    if (machine->memory.forbidden) {
        throw std::logic_error(std::string("root mode calls the host: ") + what);
    }
}

} // namespace

} // namespace nadir::fake

using nadir::fake::host;
using nadir::fake::machine;

extern "C" {

// What it holds is anything: never zero, so that what the core forgets to clear is seen.
NADIR_ABI void* nadir_host_allocate(nadir_u64 bytes) {
    void* memory = machine->memory.allocate(bytes);
    if (memory != nullptr) {
        std::memset(memory, 0xA5, bytes);
    }
    return memory;
}
NADIR_ABI void nadir_host_free(void* memory, nadir_u64 bytes) { machine->memory.free(memory, bytes); }

NADIR_ABI nadir_u64 nadir_host_physical(const void* address) {
    nadir::fake::outside_root_mode("physical");
    return machine->memory.physical_of(address);
}

NADIR_ABI nadir_u32 nadir_host_processor_count(void) { return host.processors; }

NADIR_ABI nadir_u32 nadir_host_run_on(nadir_u32 processor, nadir_procedure procedure, void* argument) {
    nadir::fake::outside_root_mode("run_on");
    ++host.runs;
    if (host.offline.contains(processor)) {
        return NADIR_PROCESSOR_OFFLINE;
    }
    const unsigned from = machine->current;
    machine->switch_to(processor);
    const nadir_u64 flag = machine->state().rflags & nadir::fake::interrupt_flag;
    machine->state().rflags &= ~nadir::fake::interrupt_flag;
    const nadir_u32 answer = procedure(argument, processor);
    machine->state().rflags |= flag;
    machine->switch_to(from);
    return answer;
}

NADIR_ABI nadir_u32 nadir_host_image(struct nadir_image_range* ranges, nadir_u32 capacity) {
    nadir_u32 count = 0;
    for (const nadir_image_range& range : host.image) {
        if (count < capacity) {
            ranges[count++] = range;
        }
    }
    return count;
}

NADIR_ABI void nadir_host_print(nadir_u32, const char* text) {
    nadir::fake::outside_root_mode("print");
    host.printed.emplace_back(text);
}
}
