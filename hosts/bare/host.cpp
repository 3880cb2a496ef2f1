// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The seam core/host.h on the bare machine.
#include "core/host.h"

#include "hosts/bare/host.h"
#include "hosts/bare/machine/memory.h"
#include "hosts/bare/machine/print.h"
#include "hosts/bare/machine/processor.h"

extern "C" {
extern char image_base;
extern char root_text_end;
extern char image_text_end;
extern char root_read_only_end;
}

namespace bare = nadir::bare;

namespace {

nadir_u32 print_level = NADIR_LEVEL_INFO;

} // namespace

void nadir::bare::set_print_level(u32 level) { print_level = level; }

NADIR_ABI void* nadir_host_allocate(nadir_u64 bytes) {
    if (bytes % NADIR_PAGE_SIZE != 0 || bytes > NADIR_LARGEST_ALLOCATION)
        bare::finish(false, "nadir_host_allocate: a size that the core must not ask for");
    return bare::allocate_uncleared(bytes);
}

NADIR_ABI void nadir_host_free(void* memory, nadir_u64 bytes) { bare::release(memory, bytes); }

NADIR_ABI nadir_u64 nadir_host_physical(const void* address) { return bare::physical_address(address); }

NADIR_ABI nadir_u32 nadir_host_processor_count(void) { return bare::processor_count(); }

NADIR_ABI nadir_u32 nadir_host_run_on(nadir_u32 processor, nadir_procedure procedure, void* argument) {
    return bare::run_on(processor, procedure, argument);
}

NADIR_ABI nadir_u32 nadir_host_image(struct nadir_image_range* ranges, nadir_u32 capacity) {
    if (capacity < 2)
        return 0;
    ranges[0] = {&image_base, static_cast<nadir_u64>(&root_text_end - &image_base), 1, 0};
    ranges[1] = {&image_text_end, static_cast<nadir_u64>(&root_read_only_end - &image_text_end), 0, 0};
    return 2;
}

NADIR_ABI void nadir_host_print(nadir_u32 level, const char* text) {
    if (level <= print_level)
        bare::print("nadir: %s\n", text);
}
