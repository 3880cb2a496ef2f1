// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "hosts/bare/machine/acpi.h"

namespace nadir::bare {

namespace {

struct [[gnu::packed]] Rsdp {
    char signature[8];
    u8 checksum;
    char oem[6];
    u8 revision;
    u32 rsdt;
};

struct [[gnu::packed]] TableHeader {
    u32 signature;
    u32 bytes;
    u8 revision;
    u8 checksum;
    char oem[6];
    char oem_table[8];
    u32 rest[3];
};
static_assert(sizeof(TableHeader) == 36);

constexpr u32 signature_madt = 0x4349'5041; // "APIC"
constexpr u32 madt_first_entry = 44;
constexpr u8 entry_local_apic = 0;
constexpr u8 entry_local_x2apic = 9;
constexpr u32 flag_enabled = 1;

u8 sum(const void* data, u32 bytes) {
    u8 total = 0;
    for (u32 i = 0; i < bytes; ++i)
        total = static_cast<u8>(total + static_cast<const u8*>(data)[i]);
    return total;
}

const Rsdp* search(u64 from, u64 to) {
    for (u64 address = round_up(from, 16); address + sizeof(Rsdp) <= to; address += 16) {
        const auto* candidate = reinterpret_cast<const Rsdp*>(address);
        bool same = true;
        for (u32 i = 0; i < 8 && same; ++i)
            same = candidate->signature[i] == "RSD PTR "[i];
        if (same && sum(candidate, sizeof(Rsdp)) == 0)
            return candidate;
    }
    return nullptr;
}

// Where a BIOS keeps it [ACPI "Finding the RSDP on IA-PC Systems"].
const Rsdp* find_rsdp() {
    u64 ebda = 0x40E; // hidden from the compiler, which takes small addresses for null pointers
    asm("" : "+r"(ebda));
    ebda = static_cast<u64>(*reinterpret_cast<const volatile u16*>(ebda)) << 4;
    const Rsdp* found = ebda != 0 ? search(ebda, ebda + 1024) : nullptr;
    return found != nullptr ? found : search(0xE0000, 0x100000);
}

template <typename T>
T unaligned(const u8* from) {
    T value;
    __builtin_memcpy(&value, from, sizeof value);
    return value;
}

u32 read_entries(const TableHeader& madt, u32* apic_ids, u32 capacity) {
    const auto* bytes = reinterpret_cast<const u8*>(&madt);
    u32 count = 0;
    for (u32 at = madt_first_entry; at + 2 <= madt.bytes && bytes[at + 1] >= 2; at += bytes[at + 1]) {
        u32 id = 0;
        u32 flags = 0;
        if (bytes[at] == entry_local_apic) {
            id = bytes[at + 3];
            flags = unaligned<u32>(bytes + at + 4);
        } else if (bytes[at] == entry_local_x2apic) {
            id = unaligned<u32>(bytes + at + 4);
            flags = unaligned<u32>(bytes + at + 8);
        }
        if ((flags & flag_enabled) != 0 && count < capacity)
            apic_ids[count++] = id;
    }
    return count;
}

} // namespace

u32 read_madt(u32* apic_ids, u32 capacity) {
    const Rsdp* rsdp = find_rsdp();
    if (rsdp == nullptr)
        return 0;
    const auto* rsdt = reinterpret_cast<const TableHeader*>(static_cast<u64>(rsdp->rsdt));
    const auto* entries = reinterpret_cast<const u8*>(rsdt + 1);
    for (u32 i = 0; i < (rsdt->bytes - sizeof *rsdt) / 4; ++i) {
        const auto* table = reinterpret_cast<const TableHeader*>(static_cast<u64>(unaligned<u32>(entries + 4 * i)));
        if (table->signature == signature_madt)
            return read_entries(*table, apic_ids, capacity);
    }
    return 0;
}

} // namespace nadir::bare
