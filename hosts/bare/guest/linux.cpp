// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Linux as the guest, by its 32-bit boot protocol [Linux Documentation/arch/x86/boot.rst "32-bit Boot Protocol",
// zero-page.rst]: the first module is the bzImage, the second the initrd.
#include "hosts/bare/guest/guest.h"
#include "hosts/bare/machine/print.h"
#include "hosts/bare/machine/text.h"

namespace nadir::bare {

namespace {

constexpr u64 four_gib = 1ull << 32;
constexpr u64 boot_parameters_bytes = 4096;
constexpr u64 command_line_bytes = 2048;
constexpr u32 e820_capacity = 128;

// Offsets, the same in the file and in boot_params.
constexpr u64 at_setup_sectors = 0x1F1;
constexpr u64 at_boot_flag = 0x1FE;
constexpr u64 at_jump_length = 0x201; // the header ends at 0x202 + this byte
constexpr u64 at_magic = 0x202;
constexpr u64 at_version = 0x206;
constexpr u64 at_loader_type = 0x210;
constexpr u64 at_load_flags = 0x211;
constexpr u64 at_code32_start = 0x214;
constexpr u64 at_initrd_address = 0x218;
constexpr u64 at_initrd_bytes = 0x21C;
constexpr u64 at_command_line = 0x228;
constexpr u64 at_initrd_maximum = 0x22C;
constexpr u64 at_alignment = 0x230;
constexpr u64 at_relocatable = 0x234;
constexpr u64 at_preferred_address = 0x258;
constexpr u64 at_init_bytes = 0x260;
// In boot_params only.
constexpr u64 at_screen = 0x000;
constexpr u64 at_upper_kib = 0x1E0;
constexpr u64 at_e820_count = 0x1E8;
constexpr u64 at_e820 = 0x2D0;

constexpr u32 magic_hdrs = 0x5372'6448;
constexpr u32 minimum_version = 0x020A; // with preferred address and init_size
constexpr u8 loaded_high = 1;

template <typename T>
T get(u64 base, u64 offset) {
    T value;
    __builtin_memcpy(&value, reinterpret_cast<const void*>(base + offset), sizeof value);
    return value;
}

template <typename T>
void put(u64 base, u64 offset, T value) {
    __builtin_memcpy(reinterpret_cast<void*>(base + offset), &value, sizeof value);
}

void copy(u64 to, u64 from, u64 bytes) {
    __builtin_memcpy(reinterpret_cast<void*>(to), reinterpret_cast<const void*>(from), bytes);
}

void clear(u64 to, u64 bytes) { __builtin_memset(reinterpret_cast<void*>(to), 0, bytes); }

// GRUB leaves the file's name out, other loaders begin with it.
const char* without_file_name(const char* line) {
    if (*line != '/')
        return line;
    while (*line != 0 && *line != ' ')
        ++line;
    return *line == ' ' ? line + 1 : line;
}

struct [[gnu::packed]] E820Entry {
    u64 start;
    u64 bytes;
    u32 type;
};
static_assert(sizeof(E820Entry) == 20);

void write_screen(u64 parameters) {
    put<u8>(parameters, at_screen + 0x06, 3); // video mode: colour text
    put<u8>(parameters, at_screen + 0x07, 80);
    put<u8>(parameters, at_screen + 0x0E, 25);
    put<u8>(parameters, at_screen + 0x0F, 1);   // VGA
    put<u16>(parameters, at_screen + 0x10, 16); // font height
}

void write_memory(u64 parameters, const MemoryMap& map) {
    u32 count = 0;
    for (u32 i = 0; i < map.count() && count < e820_capacity; ++i)
        put(parameters, at_e820 + sizeof(E820Entry) * count++,
            E820Entry{map.range(i).start, map.range(i).bytes, map.range(i).type});
    put(parameters, at_e820_count, static_cast<u8>(count));
    put(parameters, at_upper_kib, map.upper_kib());
}

} // namespace

bool is_linux(const Handover& handover) {
    const BootModule& module = handover.modules[0];
    return module.end - module.start > 0x1000 && get<u32>(module.start, at_magic) == magic_hdrs &&
           get<u16>(module.start, at_boot_flag) == 0xAA55;
}

const char* load_linux(const Handover& handover, MemoryMap& map, GuestEntry& entry) {
    const u64 file = handover.modules[0].start;
    const u64 file_bytes = handover.modules[0].end - file;
    if (get<u16>(file, at_version) < minimum_version || (get<u8>(file, at_load_flags) & loaded_high) == 0)
        return "its boot protocol is older than 2.10";
    const u64 setup_sectors = get<u8>(file, at_setup_sectors) != 0 ? get<u8>(file, at_setup_sectors) : 4;
    const u64 code = (setup_sectors + 1) * 512;
    if (code >= file_bytes)
        return "it has no protected-mode code";

    // The place that it prefers comes first. The files may lie there, as the boot loader puts them low: so the initrd is
    // copied before the kernel, and the header, too.
    const u64 memory_bytes = get<u32>(file, at_init_bytes);
    u64 address = get<u64>(file, at_preferred_address);
    const bool preferred = map.usable(address, address + memory_bytes);
    if (preferred)
        map.take(address, address + memory_bytes);
    else if (get<u8>(file, at_relocatable) == 0)
        return "it isn't relocatable, and its place is no usable memory, or ours";
    for (u32 i = 0; i < handover.module_count && i < 2; ++i)
        map.take(handover.modules[i].start, handover.modules[i].end);
    const u64 initrd_bytes = handover.module_count > 1 ? handover.modules[1].end - handover.modules[1].start : 0;
    u64 initrd = 0;
    if (initrd_bytes != 0) {
        initrd = map.place(initrd_bytes, page_size, 1u << 20, get<u32>(file, at_initrd_maximum) + 1ull);
        if (initrd == 0)
            return "no room for its initrd";
        copy(initrd, handover.modules[1].start, initrd_bytes);
    }
    if (!preferred) {
        address = map.place(memory_bytes, get<u32>(file, at_alignment), 1u << 20, four_gib);
        if (address == 0)
            return "no room for it";
    }
    const u64 parameters = map.place(boot_parameters_bytes + command_line_bytes, page_size, page_size, 1u << 20);
    if (parameters == 0)
        return "no room for its boot parameters";

    clear(parameters, boot_parameters_bytes + command_line_bytes);
    copy(parameters + at_setup_sectors, file + at_setup_sectors,
         at_magic + get<u8>(file, at_jump_length) - at_setup_sectors);
    const u64 command_line = parameters + boot_parameters_bytes;
    const char* words = without_file_name(handover.modules[0].command_line);
    copy(command_line, reinterpret_cast<u64>(words), text_length(words) + 1);
    put<u8>(parameters, at_loader_type, 0xFF);
    put(parameters, at_code32_start, static_cast<u32>(address));
    put(parameters, at_initrd_address, static_cast<u32>(initrd));
    put(parameters, at_initrd_bytes, static_cast<u32>(initrd_bytes));
    put(parameters, at_command_line, static_cast<u32>(command_line));
    write_screen(parameters);
    write_memory(parameters, map);
    __builtin_memmove(reinterpret_cast<void*>(address), reinterpret_cast<const void*>(file + code), file_bytes - code);
    entry = {static_cast<u32>(address), 0, 0, static_cast<u32>(parameters)};
    print("nadir: Linux at %llx, initrd at %llx (%llu bytes), parameters at %llx\n", address, initrd, initrd_bytes,
          parameters);
    return nullptr;
}

} // namespace nadir::bare
