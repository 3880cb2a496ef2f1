// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Physical pages and the kernel half of the address spaces. Nothing of the low half is used once this kernel is up, so that a
// driver that takes a physical address or a user's pointer for one of its own faults.
#pragma once

#include "hosts/bare/handover.h"
#include "tests/nt/abi/types.h"

namespace nadir::nt {

// Entries of the PML4 that this kernel uses, as addresses.
constexpr u64 alias_base = 0xFFFF'8800'0000'0000; // physical memory below 4 GiB, for this kernel's own data
constexpr u64 stack_base = 0xFFFF'D000'0000'0000; // kernel stacks, a page that isn't mapped below each
constexpr u64 pool_base = 0xFFFF'E000'0000'0000;  // what a driver allocates; no address is given out twice
constexpr u64 driver_base =
    0xFFFF'F801'2340'0000; // where a driver is mapped; each processor has tables of its own for it
constexpr u64 driver_limit = 2ull << 20;

constexpr u64 page_present = 1;
constexpr u64 page_writable = 2;
constexpr u64 page_user = 4;
constexpr u64 page_no_execute = 1ull << 63;
constexpr u64 page_data = page_present | page_writable | page_no_execute;

constexpr u32 maximum_processors = 16;

void prepare_memory(const bare::Handover& handover);

// Physically contiguous; 0: there is none. Contents are what they were.
u64 allocate_pages(u64 count);
void free_pages(u64 physical, u64 count);
u64 pages_in_use();

inline u8* alias(u64 physical) { return reinterpret_cast<u8*>(alias_base + physical); }

// Zeroed, never given back.
void* new_bytes(u64 bytes);
template <typename T>
T* new_object() {
    return static_cast<T*>(new_bytes(sizeof(T)));
}

// The page-table entry of an address in the PML4 at `root`; makes the tables on the way. Shared by all processors except
// around driver_base.
u64& entry_of(u64 root, u64 address);
// In all address spaces.
void map(u64 address, u64 physical, u64 rights);
// Returns what was mapped. Other processors see it at their next clock interrupt at the latest.
u64 unmap(u64 address);
// Physical address behind a mapped address of this processor's address space; ~0: not mapped.
u64 translate(u64 address);

// A PML4 whose kernel half is that of all, but for the driver's place.
u64 new_address_space(u64 driver_tables);
u64 new_driver_tables();

// The PML4 that the processors started with: it has the low half, too.
u64 boot_address_space();

// Addresses with a page that isn't mapped in front.
u64 take_addresses(u64 base, u64 pages);

inline void invalidate(u64 address) { asm volatile("invlpg (%0)" : : "r"(address) : "memory"); }

} // namespace nadir::nt
