// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/events/watch.h"

#include "arch/exceptions.h"
#include "arch/paging.h"
#include "control/event_ring_reader.h"
#include "core/events/event.h"
#include "core/msr_policy.h"
#include "core/root/address_space.h"
#include "core/vmm.h"
#include "cpu/instructions.h"

namespace nadir::core {

using arch::MsrBitmap;

namespace {

// Those MSRs of a range that one half of the bitmap covers.
void add_covered(const EventWatch& watch, MsrBitmap& bitmap, const nadir_event_range& asked, uint32_t base) {
    const uint64_t first = asked.first > base ? asked.first : base;
    const uint64_t behind = uint64_t{base} + MsrBitmap::range_size;
    const uint64_t end = uint64_t{asked.last} + 1 < behind ? uint64_t{asked.last} + 1 : behind;
    for (uint64_t number = first; number < end; ++number) {
        const auto msr = static_cast<uint32_t>(number);
        if (!is_watchable(msr)) {
            continue;
        }
        if (has_kind(watch.kinds, NADIR_EVENT_RDMSR)) {
            bitmap.set_read(msr, true);
        }
        if (has_kind(watch.kinds, NADIR_EVENT_WRMSR)) {
            bitmap.set_write(msr, true);
        }
    }
}

// Vector 2 has no bit: NMIs are no exceptions.
uint32_t exceptions_from_to(uint32_t first, uint32_t last) {
    uint32_t vectors = 0;
    for (uint32_t vector = first; vector <= last && vector < 32; ++vector) {
        vectors |= 1u << vector;
    }
    return vectors & ~(1u << static_cast<unsigned>(arch::Vector::nmi));
}

// The processor's own addresses, that no other one uses: nobody else has to invalidate them.
void map_ring(const Vcpu& vcpu, uint64_t ring, bool mapped) {
    const Vmm& vmm = *vcpu.place.vmm;
    const auto linear = reinterpret_cast<uint64_t>(&event_ring(vcpu));
    uint64_t* const entries = vmm.window_entries + (linear - vmm.windows) / arch::page_size_4k;
    for (uint64_t i = 0; i < NADIR_EVENT_RING_PAGES; ++i) {
        const PageBehind behind =
            mapped ? page_behind(vmm.ept, ring + i * arch::page_size_4k) : PageBehind{0, false, false};
        __atomic_store_n(&entries[i], mapped ? page_entry(behind.physical, {true, false}) : 0, __ATOMIC_RELAXED);
        cpu::invalidate_page(linear + i * arch::page_size_4k);
    }
}

} // namespace

bool is_in_range(const EventWatch& watch, nadir_range what, uint32_t number) {
    for (uint32_t i = 0; i < watch.range_count; ++i) {
        const nadir_event_range& range = watch.ranges[i];
        if (range.what == static_cast<uint32_t>(what) && number >= range.first && number <= range.last) {
            return true;
        }
    }
    return false;
}

nadir_status begin_watch(EventWatch& watch, uint64_t kinds_and_options) {
    const auto kinds = static_cast<uint32_t>(kinds_and_options);
    const auto options = static_cast<uint32_t>(kinds_and_options >> 32);
    if ((kinds & ~NADIR_EVENTS_BUILT) != 0 || (options & ~NADIR_EVENT_OPTIONS_BUILT) != 0) {
        return NADIR_BAD_ARGUMENT;
    }
    watch.kinds = kinds;
    watch.options = options;
    watch.exceptions = 0;
    watch.range_count = 0;
    watch.memory_count = 0;
    return NADIR_OK;
}

nadir_status add_watched_range(EventWatch& watch, MsrBitmap& bitmap, const nadir_event_range& range) {
    const uint32_t count = watch.range_count;
    if (range.what >= NADIR_RANGE_KINDS || range.last < range.first ||
        count >= sizeof(watch.ranges) / sizeof(watch.ranges[0])) {
        return NADIR_BAD_ARGUMENT;
    }
    watch.ranges[count] = range;
    watch.range_count = count + 1;
    if (range.what == NADIR_RANGE_MSR) {
        add_covered(watch, bitmap, range, 0);
        add_covered(watch, bitmap, range, MsrBitmap::high_range);
    }
    if (range.what == NADIR_RANGE_EXCEPTION && has_kind(watch.kinds, NADIR_EVENT_EXCEPTION)) {
        watch.exceptions |= exceptions_from_to(range.first, range.last);
    }
    return NADIR_OK;
}

bool can_be_ring(const Vmm& vmm, uint64_t ring) {
    if (ring % arch::page_size_4k != 0 || ring + sizeof(nadir_event_ring) < ring) {
        return false;
    }
    for (uint64_t i = 0; i < NADIR_EVENT_RING_PAGES; ++i) {
        const PageBehind behind = page_behind(vmm.ept, ring + i * arch::page_size_4k);
        if (!behind.exists || behind.hidden) {
            return false;
        }
    }
    return true;
}

void begin_ring(Vcpu& vcpu, uint64_t ring, uint64_t next) {
    if (vcpu.events.on == 0) {
        map_ring(vcpu, ring, true);
        vcpu.events = {next, 1, 0};
    }
}

void end_ring(Vcpu& vcpu) {
    if (vcpu.events.on != 0) {
        vcpu.events = {};
        map_ring(vcpu, 0, false);
    }
}

} // namespace nadir::core
