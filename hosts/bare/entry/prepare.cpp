// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The 32-bit part: finds a place at the top of usable memory below 4 GiB, copies the 64-bit image there, so that all
// low memory is free for a guest kernel, and builds the page tables of the 64-bit part.
#include "hosts/bare/entry/multiboot.h"
#include "hosts/bare/handover.h"

namespace nadir::bare {

namespace {

// Filled in here, read by start.S.
struct Transfer {
    u64 entry;
    u32 page_table;
    u32 efer;
    u32 handover;
};

constexpr u32 default_region_mib = 16;
constexpr u64 page_present = 1u << 0;
constexpr u64 page_writable = 1u << 1;
constexpr u64 page_large = 1u << 7;
constexpr u64 page_no_execute = 1ull << 63;
constexpr u32 efer_lme = 1u << 8;
constexpr u32 efer_nxe = 1u << 11;

template <typename T>
T* at(u64 physical) {
    return reinterpret_cast<T*>(static_cast<uptr>(physical));
}

void copy(void* to, const void* from, u32 bytes) {
    asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(bytes) : : "memory");
}

void clear(void* to, u32 bytes) { asm volatile("rep stosb" : "+D"(to), "+c"(bytes) : "a"(0) : "memory"); }

void output(u16 port, u8 value) { asm volatile("outb %0, %1" : : "a"(value), "Nd"(port)); }

// COM1's line status: bit 5, another byte may come; bit 6, all have gone.
void wait_for_com1(u8 bit) {
    u8 status;
    do {
        asm volatile("inb %1, %0" : "=a"(status) : "Nd"(static_cast<u16>(0x3FD)));
    } while ((status & bit) == 0);
}

[[noreturn]] void stop(const char* why) {
    const char* const parts[] = {"nadir: ", why, "\n@@ result fail\n"};
    for (const char* text : parts) {
        for (; *text != 0; ++text) {
            wait_for_com1(0x20);
            output(0x3F8, static_cast<u8>(*text));
        }
    }
    wait_for_com1(0x40);
    for (const char* text = "Shutdown"; *text != 0; ++text)
        output(0x8900, static_cast<u8>(*text));
    for (;;)
        asm volatile("cli; hlt");
}

struct Cpuid {
    u32 eax, ebx, ecx, edx;
};

Cpuid cpuid(u32 leaf) {
    Cpuid r;
    asm volatile("cpuid" : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx) : "a"(leaf), "c"(0));
    return r;
}

void copy_text(char* to, u32 capacity, u32 from) {
    u32 i = 0;
    if (from != 0)
        for (const char* text = at<const char>(from); i + 1 < capacity && text[i] != 0; ++i)
            to[i] = text[i];
    to[i] = 0;
}

// Everything is copied at once, so that only the modules' contents have to be stepped around later.
void read_multiboot(const multiboot::Information& information, Handover& handover) {
    if ((information.flags & multiboot::has_command_line) != 0)
        copy_text(handover.command_line, sizeof handover.command_line, information.command_line);
    if ((information.flags & multiboot::has_modules) != 0) {
        const auto* modules = at<const multiboot::Module>(information.modules);
        for (u32 i = 0; i < information.module_count; ++i) {
            if (handover.module_count == sizeof handover.modules / sizeof handover.modules[0]) {
                handover.modules_lost = 1;
                break;
            }
            BootModule& module = handover.modules[handover.module_count++];
            module.start = modules[i].start;
            module.end = modules[i].end;
            copy_text(module.command_line, sizeof module.command_line, modules[i].command_line);
        }
    }
    if ((information.flags & multiboot::has_memory_map) == 0)
        stop("the boot loader gave no memory map");
    for (u32 offset = 0; offset < information.map_bytes;) {
        const auto* entry = at<const multiboot::MapEntry>(information.map + offset);
        offset += entry->size + static_cast<u32>(sizeof entry->size);
        if (handover.range_count == sizeof handover.ranges / sizeof handover.ranges[0])
            stop("the memory map has more than 64 ranges");
        handover.ranges[handover.range_count++] = {entry->start, entry->bytes, entry->type, 0};
    }
}

// The number behind "key=" on the command line.
u32 number_of(const char* line, const char* key, u32 otherwise) {
    for (const char* p = line; *p != 0; ++p) {
        if (p != line && p[-1] != ' ')
            continue;
        u32 i = 0;
        while (key[i] != 0 && p[i] == key[i])
            ++i;
        if (key[i] != 0)
            continue;
        u32 value = 0;
        for (p += i; *p >= '0' && *p <= '9' && value < 4096; ++p)
            value = value * 10 + static_cast<u32>(*p - '0');
        return value;
    }
    return otherwise;
}

// "reserve=MIB" and "below=MIB".
u64 region_bytes(const char* line) {
    const u32 mib = number_of(line, "reserve=", default_region_mib);
    return round_up(static_cast<u64>(mib < 4 ? 4 : mib) << 20, large_page_size);
}

u64 region_limit(const char* line) { return static_cast<u64>(number_of(line, "below=", 4096)) << 20; }

// The highest place of that size in usable memory below the limit, clear of modules and of the code that runs now.
u64 find_region(const Handover& handover, u64 bytes, u64 limit, u64 own_end) {
    u64 best = 0;
    for (u32 i = 0; i < handover.range_count; ++i) {
        const MemoryRange& range = handover.ranges[i];
        if (range.type != memory_usable)
            continue;
        u64 end = range.start + range.bytes;
        if (end > limit)
            end = limit;
        for (;;) {
            end = round_down(end, large_page_size);
            if (end < bytes || end - bytes < range.start)
                break;
            const u64 start = end - bytes;
            u64 obstacle = start < own_end ? 1 : 0;
            for (u32 m = 0; m < handover.module_count && obstacle == 0; ++m)
                if (handover.modules[m].start < end && handover.modules[m].end > start)
                    obstacle = handover.modules[m].start;
            if (obstacle == 0) {
                if (start > best)
                    best = start;
                break;
            }
            end = obstacle;
        }
    }
    return best;
}

// Identity map of the low 4 GiB in 2 MiB pages, and the image at its virtual address in 4 KiB pages. With NX, only the
// first 2 MiB (this code, and later the start-up code of the other processors) and the image's code are executable.
u64 build_page_tables(u64 tables, const ImageHeader& header, u64 image, bool no_execute, u64 own_end) {
    const u64 nx = no_execute ? page_no_execute : 0;
    auto table = [&](u32 number) { return at<u64>(tables + number * page_size); };
    auto link = [&](u32 number) { return (tables + number * page_size) | page_present | page_writable; };
    // 0: PML4; 1: PDPT of the identity map; 2..5: its PDs; 6: PDPT, 7: PD and 8..: PTs of the image
    table(0)[0] = link(1);
    for (u32 i = 0; i < 4; ++i)
        table(1)[i] = link(2 + i);
    for (u32 i = 0; i < 4 * 512; ++i) {
        const u64 address = i * large_page_size;
        table(2)[i] = address | page_present | page_writable | page_large | (address < own_end ? 0 : nx);
    }
    const u64 base = header.virtual_base;
    table(0)[(base >> 39) & 511] = link(6);
    table(6)[(base >> 30) & 511] = link(7);
    const u32 pages = static_cast<u32>(round_up(header.memory_end, page_size) >> 12);
    for (u32 i = 0; i < (pages + 511) / 512; ++i)
        table(7)[((base >> 21) & 511) + i] = link(8 + i);
    for (u32 i = 0; i < pages; ++i) {
        const u64 offset = i * page_size;
        u64 rights = page_present | page_writable | nx;
        if (offset < header.text_end)
            rights = page_present;
        else if (offset < header.read_only_end)
            rights = page_present | nx;
        table(8)[i] = (image + offset) | rights;
    }
    return tables;
}

} // namespace

extern "C" const ImageHeader embedded_image;
extern "C" char entry_end;

extern "C" void entry_prepare(u32 magic, const multiboot::Information* information, Transfer* transfer) {
    static Handover collected;
    output(0x3FB, 0x80); // 115200 baud, 8N1, FIFOs on
    output(0x3F8, 1);
    output(0x3F9, 0);
    output(0x3FB, 0x03);
    output(0x3FA, 0x07);
    if (magic != multiboot::loader_magic)
        stop("not started by a Multiboot 1 loader");
    if (cpuid(0x8000'0000).eax < 0x8000'0001 || (cpuid(0x8000'0001).edx & (1u << 29)) == 0)
        stop("this processor has no 64-bit mode (CPUID.80000001H:EDX[29] is 0)");
    const bool no_execute = (cpuid(0x8000'0001).edx & (1u << 20)) != 0;

    read_multiboot(*information, collected);
    const ImageHeader& header = embedded_image;
    if (header.magic != image_magic)
        stop("the image within nadir.elf is damaged");
    const u64 own_end = reinterpret_cast<uptr>(&entry_end);
    const u64 bytes = region_bytes(collected.command_line);
    const u64 region = find_region(collected, bytes, region_limit(collected.command_line), own_end);
    if (region == 0)
        stop("no room for the bare host below 4 GiB (see reserve= and below=)");

    // Region: handover, page tables, image, then what the allocator gives out.
    const u64 tables = region + round_up(sizeof(Handover), page_size);
    const u64 table_count = 8 + (header.memory_end + large_page_size - 1) / large_page_size;
    const u64 image = tables + table_count * page_size;
    clear(at<void>(region), static_cast<u32>(image + header.memory_end - region));
    copy(at<void>(image), &header, static_cast<u32>(header.file_end));
    collected.region_start = region;
    collected.region_end = region + bytes;
    collected.image = image;
    collected.free_start = round_up(image + header.memory_end, page_size);
    collected.no_execute = no_execute ? 1 : 0;
    collected.page_table = build_page_tables(tables, header, image, no_execute, own_end);
    copy(at<void>(region), &collected, sizeof collected);

    transfer->entry = header.entry;
    transfer->page_table = static_cast<u32>(collected.page_table);
    transfer->efer = efer_lme | (no_execute ? efer_nxe : 0);
    transfer->handover = static_cast<u32>(region);
}

} // namespace nadir::bare
