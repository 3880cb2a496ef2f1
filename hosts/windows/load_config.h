// SPDX-License-Identifier: MIT OR GPL-2.0-only
// IMAGE_LOAD_CONFIG_DIRECTORY64 [PE Format, "The Load Configuration Structure"], as far as control flow guard asks for it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace nadir::windows {

struct LoadConfig {
    uint32_t size = sizeof(LoadConfig);
    uint32_t time_stamp = 0;
    uint16_t major_version = 0;
    uint16_t minor_version = 0;
    uint32_t global_flags_clear = 0;
    uint32_t global_flags_set = 0;
    uint32_t critical_section_timeout = 0;
    uint64_t memory[4] = {}; // free block and total free thresholds, lock prefix table, maximum allocation
    uint64_t virtual_memory_threshold = 0;
    uint64_t process_affinity = 0;
    uint32_t process_heap_flags = 0;
    uint16_t service_pack = 0;
    uint16_t dependent_load_flags = 0;
    uint64_t edit_list = 0;
    const uint64_t* security_cookie;
    uint64_t handler_table = 0;
    uint64_t handler_count = 0;
    const volatile void* guard_check;
    const volatile void* guard_dispatch;
    const void* guard_functions;
    const void* guard_function_count; // the address is the number
    // The linker gives a symbol whose address is the number, and an address has eight bytes: the upper four are zero, which is
    // what the fields that follow want to be.
    const void* guard_flags;
    uint64_t code_integrity = 0;
    const void* address_taken_imports;
    const void* address_taken_import_count;
    uint64_t long_jump_targets = 0;
    uint64_t long_jump_target_count = 0;
};
static_assert(offsetof(LoadConfig, security_cookie) == 0x58 && offsetof(LoadConfig, guard_check) == 0x70);
static_assert(offsetof(LoadConfig, guard_flags) == 0x90 && sizeof(LoadConfig) == 0xC0);

} // namespace nadir::windows
