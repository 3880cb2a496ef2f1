// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A Multiboot 1 kernel as the guest: it gets what GRUB would have given it, without our memory and our own module.
#include "hosts/bare/entry/multiboot.h"

#include "hosts/bare/guest/elf.h"
#include "hosts/bare/guest/guest.h"
#include "hosts/bare/machine/print.h"
#include "hosts/bare/machine/text.h"

namespace nadir::bare {

namespace {

constexpr u64 four_gib = 1ull << 32;

struct Piece {
    u64 start;
    u64 end;
};

u8* at(u64 physical) { return reinterpret_cast<u8*>(physical); }

const multiboot::Header* find_header(const BootModule& module, u64& offset) {
    const u64 bytes = module.end - module.start;
    for (offset = 0; offset + 12 <= bytes && offset + 12 <= multiboot::header_search_bytes; offset += 4) {
        const auto* header = reinterpret_cast<const multiboot::Header*>(module.start + offset);
        if (header->magic == multiboot::header_magic && header->magic + header->flags + header->checksum == 0)
            return header;
    }
    return nullptr;
}

// [Multiboot 0.6.96 "The address fields of Multiboot header"]
const char* read_address_fields(const multiboot::Header& header, u64 offset, u64 bytes, Executable& out) {
    if (header.header_address < header.load_address || header.header_address - header.load_address > offset)
        return "the address fields of its Multiboot header contradict each other";
    const u64 from = offset - (header.header_address - header.load_address);
    u64 length = bytes - from;
    if (header.load_end != 0) {
        if (header.load_end < header.load_address || header.load_end - header.load_address > length)
            return "the load addresses of its Multiboot header lie beyond the file";
        length = header.load_end - header.load_address;
    }
    u64 memory = length;
    if (header.bss_end > header.load_address + length)
        memory = header.bss_end - header.load_address;
    out.count = 1;
    out.segments[0] = {header.load_address, from, length, memory};
    out.entry = header.entry;
    return nullptr;
}

bool overlaps_kernel(const Executable& kernel, u64 start, u64 end) {
    for (u32 i = 0; i < kernel.count; ++i)
        if (kernel.segments[i].address < end && kernel.segments[i].address + kernel.segments[i].memory_bytes > start)
            return true;
    return false;
}

// Modules that lie where the kernel wants to be move out of its way, the kernel's own file among them.
const char* clear_the_way(const Executable& kernel, MemoryMap& map, Piece* modules, u32 count) {
    for (u32 i = 0; i < kernel.count; ++i) {
        const Segment& segment = kernel.segments[i];
        if (!map.usable(segment.address, segment.address + segment.memory_bytes))
            return "it wants memory that isn't there, or that is ours";
        map.take(segment.address, segment.address + segment.memory_bytes);
    }
    for (u32 i = 0; i < count; ++i)
        map.take(modules[i].start, modules[i].end);
    for (u32 i = 0; i < count; ++i) {
        if (!overlaps_kernel(kernel, modules[i].start, modules[i].end))
            continue;
        const u64 bytes = modules[i].end - modules[i].start;
        const u64 place = map.place(bytes, page_size, 1u << 20, four_gib);
        if (place == 0)
            return "no room for its modules";
        __builtin_memcpy(at(place), at(modules[i].start), bytes);
        modules[i] = {place, place + bytes};
    }
    return nullptr;
}

// multiboot_info and all that it points to, in one block of low memory.
class InformationBlock {
public:
    explicit InformationBlock(u64 address) : base_(address), next_(address) { __builtin_memset(at(address), 0, bytes); }

    static constexpr u64 bytes = 16 << 10;

    template <typename T>
    T* add(u32 count = 1) {
        next_ = round_up(next_, 8);
        const u64 here = next_;
        next_ += count * sizeof(T);
        if (next_ > base_ + bytes)
            finish(false, "the guest's Multiboot information is too large");
        return reinterpret_cast<T*>(here);
    }

    u32 add_text(const char* text) {
        const u32 length = text_length(text);
        char* copy = add<char>(length + 1);
        __builtin_memcpy(copy, text, length + 1);
        return address(copy);
    }

    static u32 address(const void* pointer) { return static_cast<u32>(reinterpret_cast<u64>(pointer)); }

private:
    u64 base_;
    u64 next_;
};

u32 write_information(u64 address, const Handover& handover, const MemoryMap& map, const Piece* modules) {
    InformationBlock block(address);
    auto* information = block.add<multiboot::Information>();
    information->flags = multiboot::has_memory | multiboot::has_command_line | multiboot::has_modules |
                         multiboot::has_memory_map | multiboot::has_loader_name;
    information->memory_lower = 640;
    for (u32 i = 0; i < map.count(); ++i)
        if (map.range(i).type == memory_usable && map.range(i).start == 0 && map.range(i).bytes < 640 << 10)
            information->memory_lower = static_cast<u32>(map.range(i).bytes >> 10);
    information->memory_upper = map.upper_kib();
    information->command_line = block.add_text(handover.modules[0].command_line);
    information->loader_name = block.add_text("nadir");
    information->module_count = handover.module_count - 1;
    auto* list = block.add<multiboot::Module>(information->module_count);
    information->modules = InformationBlock::address(list);
    for (u32 i = 0; i < information->module_count; ++i)
        list[i] = {static_cast<u32>(modules[i + 1].start), static_cast<u32>(modules[i + 1].end),
                   block.add_text(handover.modules[i + 1].command_line), 0};
    auto* ranges = block.add<multiboot::MapEntry>(map.count());
    information->map = InformationBlock::address(ranges);
    information->map_bytes = map.count() * static_cast<u32>(sizeof *ranges);
    for (u32 i = 0; i < map.count(); ++i)
        ranges[i] = {sizeof *ranges - sizeof ranges->size, map.range(i).start, map.range(i).bytes, map.range(i).type};
    return InformationBlock::address(information);
}

} // namespace

bool is_multiboot(const Handover& handover) {
    u64 offset;
    return find_header(handover.modules[0], offset) != nullptr;
}

const char* load_multiboot(const Handover& handover, MemoryMap& map, GuestEntry& entry) {
    static Executable kernel;
    const BootModule& file = handover.modules[0];
    const u64 bytes = file.end - file.start;
    u64 offset;
    const multiboot::Header* header = find_header(file, offset);
    if ((header->flags & multiboot::required_flags & ~multiboot::known_required_flags) != 0)
        return "its Multiboot header requires something unknown";
    const char* why = (header->flags & multiboot::wants_address_fields) != 0
                          ? read_address_fields(*header, offset, bytes, kernel)
                          : read_elf(at(file.start), bytes, kernel);
    if (why != nullptr)
        return why;

    Piece modules[sizeof handover.modules / sizeof handover.modules[0]];
    for (u32 i = 0; i < handover.module_count; ++i)
        modules[i] = {handover.modules[i].start, handover.modules[i].end};
    why = clear_the_way(kernel, map, modules, handover.module_count);
    if (why != nullptr)
        return why;
    for (u32 i = 0; i < kernel.count; ++i) {
        const Segment& segment = kernel.segments[i];
        __builtin_memcpy(at(segment.address), at(modules[0].start + segment.file_offset), segment.file_bytes);
        __builtin_memset(at(segment.address + segment.file_bytes), 0, segment.memory_bytes - segment.file_bytes);
    }
    // High in low memory: kernels like to start their processors from its low end.
    u64 information = map.place(InformationBlock::bytes, page_size, page_size, 1u << 20);
    if (information == 0)
        information = map.place(InformationBlock::bytes, page_size, 1u << 20, four_gib);
    if (information == 0)
        return "no room for its Multiboot information";
    entry = {kernel.entry, multiboot::loader_magic, write_information(information, handover, map, modules), 0};
    print("nadir: Multiboot kernel, %u segments, entry %x, information at %x\n", kernel.count, entry.address,
          entry.ebx);
    return nullptr;
}

} // namespace nadir::bare
