// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Guests that are loaded from GRUB's modules.
#pragma once

#include "core/nadir.h"
#include "hosts/bare/guest/memory_map.h"
#include "hosts/bare/handover.h"
#include "hosts/bare/options.h"

namespace nadir::bare {

// How a guest wants to be entered: 32-bit protected mode, flat segments, paging off, interrupts off.
struct GuestEntry {
    u32 address;
    u32 eax;
    u32 ebx;
    u32 esi;
};

// From now on the BIOS says what the map says. Takes a page of low memory for that.
void answer_for_the_bios(const Handover& handover, MemoryMap& map);

// Each looks at the first module and, when it is such a guest, loads it. Returns nullptr, or why it can't be loaded.
bool is_linux(const Handover& handover);
const char* load_linux(const Handover& handover, MemoryMap& map, GuestEntry& entry);
bool is_multiboot(const Handover& handover);
const char* load_multiboot(const Handover& handover, MemoryMap& map, GuestEntry& entry);

// Starts Nadir under a guest that is about to be entered. The guest's low memory (below `low_end`) is moved, so that its
// start-up IPIs bring the other processors to us first. Without a session, prints why and returns nullptr.
nadir_session* start_under_guest(const nadir_options& options, u64 low_end);

// The guest is watched by these kinds of events, of all MSRs; nobody reads them. A test aid: it must not notice.
bool watch_guest(nadir_session* session, const Options& options);

// The guest has hidden breakpoints at these guest-physical addresses; what they count is printed by nobody. A test aid, as above.
bool hook_guest(nadir_session* session, const u64* addresses, u32 count);

// Every other processor waits for its start-up IPI, this one leaves long mode and jumps to the guest. session: nullptr
// when Nadir isn't under us.
[[noreturn]] void enter_guest(nadir_session* session, const GuestEntry& entry);

} // namespace nadir::bare
