// SPDX-License-Identifier: MIT OR GPL-2.0-only
// core/host.h for Windows: memory, addresses, processors, the loaded image.
#include "core/host.h"

#include "hosts/windows/affinity.h"
#include "hosts/windows/guard.h"
#include "hosts/windows/host.h"
#include "hosts/windows/instructions.h"

// hosts/windows/image.S: the beginning and the end of the core's sections, both page-aligned at their beginning.
extern "C" {
extern const char nadir_core_code_begin[], nadir_core_code_end[];
extern const char nadir_core_data_begin[], nadir_core_data_end[];
}

namespace nadir::windows {

namespace {

constinit nadir_u64 allocated = 0;

// The procedures are the core's own.
NADIR_UNGUARDED_CALLS nadir_u32 call(nadir_procedure procedure, void* argument, nadir_u32 processor) {
    return procedure(argument, processor);
}

nadir_image_range range(const char* begin, const char* end, bool executable) {
    return {begin, static_cast<nadir_u64>(end - begin), executable ? 1u : 0u, 0};
}

} // namespace

nadir_u64 allocated_bytes() { return __atomic_load_n(&allocated, __ATOMIC_RELAXED); }

} // namespace nadir::windows

using namespace nadir::windows;

// Not the pool: it has no page-aligned, physically contiguous memory of this size. The protection is what keeps it from being
// executable, also where the system's own hypervisor watches over code.
NADIR_ABI void* nadir_host_allocate(nadir_u64 bytes) {
    if (bytes == 0 || bytes % NADIR_PAGE_SIZE != 0 || bytes > NADIR_LARGEST_ALLOCATION) {
        return nullptr;
    }
    PHYSICAL_ADDRESS lowest{}, highest{}, boundary{};
    highest.QuadPart = -1;
    void* memory = MmAllocateContiguousNodeMemory(bytes, lowest, highest, boundary, PAGE_READWRITE, MM_ANY_NODE_OK);
    if (memory != nullptr) {
        __atomic_fetch_add(&allocated, bytes, __ATOMIC_RELAXED);
    }
    return memory;
}

NADIR_ABI void nadir_host_free(void* memory, nadir_u64 bytes) {
    if (memory == nullptr) {
        return;
    }
    MmFreeContiguousMemory(memory);
    __atomic_fetch_sub(&allocated, bytes, __ATOMIC_RELAXED);
}

NADIR_ABI nadir_u64 nadir_host_physical(const void* address) {
    return static_cast<nadir_u64>(MmGetPhysicalAddress(const_cast<void*>(address)).QuadPart);
}

// Processors may be added while the system runs, up to this number.
NADIR_ABI nadir_u32 nadir_host_processor_count(void) { return KeQueryMaximumProcessorCountEx(ALL_PROCESSOR_GROUPS); }

NADIR_ABI nadir_u32 nadir_host_run_on(nadir_u32 processor, nadir_procedure procedure, void* argument) {
    const OnProcessor there{processor};
    if (!there.moved()) {
        return NADIR_PROCESSOR_OFFLINE;
    }
    const InterruptsOff off;
    return KeGetCurrentProcessorNumberEx(nullptr) == processor ? call(procedure, argument, processor)
                                                               : nadir_u32{NADIR_PROCESSOR_OFFLINE};
}

NADIR_ABI nadir_u32 nadir_host_image(struct nadir_image_range* ranges, nadir_u32 capacity) {
    if (capacity < 2) {
        return 0;
    }
    ranges[0] = range(nadir_core_code_begin, nadir_core_code_end, true);
    ranges[1] = range(nadir_core_data_begin, nadir_core_data_end, false);
    return 2;
}
