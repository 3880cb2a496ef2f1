// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What the BIOS says about memory. A guest that asks it, instead of its boot loader, is to hear that our memory is taken, too:
// it would lay itself there, and find one empty page where it expects memory.
#include "hosts/bare/guest/guest.h"
#include "hosts/bare/machine/print.h"

namespace nadir::bare {

namespace {

extern "C" const u8 bios_memory_start[];
extern "C" const u8 bios_memory_data[];

struct [[gnu::packed]] Entry {
    u64 start;
    u64 bytes;
    u32 type;
};

// bios_memory.S knows the layout.
struct [[gnu::packed]] BiosMemoryData {
    u32 previous; // segment:offset
    u32 count;
    u16 below_16_mib; // KiB from 1 MiB on
    u16 above_16_mib; // 64 KiB each
    u16 above_1_mib;  // KiB
    u16 unused;
    Entry entries[MemoryMap::capacity];
};
static_assert(sizeof(Entry) == 20 && sizeof(BiosMemoryData) == 16 + 20 * MemoryMap::capacity);

// [SDM3 "Interrupt and Exception Handling" in "8086 Emulation"]: the table of interrupt vectors lies at address 0.
constexpr u64 int_15h_vector = 0x15 * 4;
constexpr u64 base_memory_kib = 0x413; // in the BIOS's data area; what INT 12H says

template <typename T>
volatile T& low_memory(u64 address) {
    asm("" : "+r"(address)); // hidden from the compiler, which takes such addresses for mistaken null pointers
    return *reinterpret_cast<volatile T*>(address);
}

u16 at_most(u64 value, u16 most) { return value < most ? static_cast<u16>(value) : most; }

} // namespace

void answer_for_the_bios(const Handover& handover, MemoryMap& map) {
    for (u32 i = 0; i < handover.module_count; ++i)
        map.take(handover.modules[i].start, handover.modules[i].end);
    const u64 page = map.place(page_size, page_size, page_size, map.low_end());
    if (page == 0)
        return; // no usable memory below 1 MiB: no guest that starts in real mode, either
    map.reserve(page, page + page_size);

    auto* code = reinterpret_cast<u8*>(page);
    const u64 code_bytes = static_cast<u64>(bios_memory_data - bios_memory_start);
    if (code_bytes + sizeof(BiosMemoryData) > page_size)
        finish(false, "the memory map is too large for the BIOS");
    __builtin_memcpy(code, bios_memory_start, code_bytes);
    auto& data = *reinterpret_cast<BiosMemoryData*>(code + code_bytes);
    data = {};
    data.previous = low_memory<u32>(int_15h_vector);
    data.count = map.count();
    for (u32 i = 0; i < map.count(); ++i)
        data.entries[i] = {map.range(i).start, map.range(i).bytes, map.range(i).type};
    constexpr u16 fifteen_mib = 15 << 10;
    const u64 upper_kib = map.upper_kib();
    data.below_16_mib = at_most(upper_kib, fifteen_mib);
    data.above_16_mib = upper_kib > fifteen_mib ? at_most((upper_kib - fifteen_mib) / 64, 0xFFFF) : u16{0};
    data.above_1_mib = at_most(upper_kib, 63 << 10);
    low_memory<u32>(int_15h_vector) = static_cast<u32>(page / 16) << 16;
    if (low_memory<u16>(base_memory_kib) > page >> 10)
        low_memory<u16>(base_memory_kib) = static_cast<u16>(page >> 10);
}

} // namespace nadir::bare
