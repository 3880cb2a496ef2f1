// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/events/watch.h"

#include "arch/paging.h"
#include "arch/vmx/fields.h"
#include "control/event_ring_reader.h"
#include "core/events/event.h"
#include "core/msr_policy.h"
#include "core/root/address_space.h"
#include "core/vmcs_setup.h"
#include "core/vmm.h"
#include "cpu/entry_points.h"
#include "cpu/instructions.h"
#include "cpu/vmx.h"

namespace nadir::core {

using arch::MsrBitmap;
using cpu::vmwrite;
namespace vmcs = arch::vmcs;

namespace {

// While a processor refers to it, the bitmap must not change. [SDM3 "Software Access to Related Structures"]
bool is_in_use(const EventWatch& watch) { return __atomic_load_n(&watch.users, __ATOMIC_ACQUIRE) != 0; }

MsrBitmap& watch_bitmap(const Vmm& vmm) {
    return *reinterpret_cast<MsrBitmap*>(vmm.chunks[0].address + vmm.layout.watch_bitmap * 4096);
}

uint64_t watch_bitmap_physical(const Vmm& vmm) { return vmm.chunks[0].physical + vmm.layout.watch_bitmap * 4096; }

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

// The ring must be the guest's own memory: root mode would else be made to write over itself, or where there is nothing.
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

nadir_status prepare_watch(Vmm& vmm, uint64_t kinds_and_options) {
    EventWatch& watch = vmm.watch;
    if (is_in_use(watch)) {
        return NADIR_BUSY;
    }
    const auto kinds = static_cast<uint32_t>(kinds_and_options);
    const auto options = static_cast<uint32_t>(kinds_and_options >> 32);
    if (kinds == 0 || (kinds & ~NADIR_EVENTS_BUILT) != 0 || (options & ~NADIR_EVENT_OPTIONS_BUILT) != 0) {
        return NADIR_BAD_ARGUMENT;
    }
    watch.kinds = kinds;
    watch.options = options;
    watch.range_count = 0;
    MsrBitmap& bitmap = watch_bitmap(vmm);
    bitmap.set_all(false);
    apply_msr_policy(bitmap);
    return NADIR_OK;
}

nadir_status add_watched_range(Vmm& vmm, uint64_t what, uint32_t first, uint32_t last) {
    EventWatch& watch = vmm.watch;
    if (is_in_use(watch)) {
        return NADIR_BUSY;
    }
    const uint32_t count = watch.range_count;
    if (what >= NADIR_RANGE_KINDS || last < first || count >= sizeof(watch.ranges) / sizeof(watch.ranges[0])) {
        return NADIR_BAD_ARGUMENT;
    }
    const nadir_event_range range{static_cast<uint32_t>(what), first, last};
    watch.ranges[count] = range;
    watch.range_count = count + 1;
    if (what == NADIR_RANGE_MSR) {
        add_covered(watch, watch_bitmap(vmm), range, 0);
        add_covered(watch, watch_bitmap(vmm), range, MsrBitmap::high_range);
    }
    return NADIR_OK;
}

nadir_status begin_watch(Vcpu& vcpu, uint64_t ring, uint64_t next) {
    Vmm& vmm = *vcpu.place.vmm;
    if (vcpu.events.on != 0) {
        return NADIR_BUSY;
    }
    if (vmm.watch.kinds == 0 || !can_be_ring(vmm, ring)) {
        return NADIR_BAD_ARGUMENT;
    }
    __atomic_fetch_add(&vmm.watch.users, 1, __ATOMIC_ACQ_REL);
    map_ring(vcpu, ring, true);
    vcpu.events = {next, 1, 0};
    vmwrite(vmcs::msr_bitmap, watch_bitmap_physical(vmm));
    vmwrite(vmcs::host_rip, reinterpret_cast<uint64_t>(&cpu::nadir_cpu_watched_exit_entry));
    return NADIR_OK;
}

void end_watch(Vcpu& vcpu) {
    Vmm& vmm = *vcpu.place.vmm;
    if (vcpu.events.on == 0) {
        return;
    }
    vmwrite(vmcs::host_rip, usual_exit_entry(vmm));
    vmwrite(vmcs::msr_bitmap, vmm.msr_bitmap_physical);
    vcpu.events = {};
    map_ring(vcpu, 0, false);
    __atomic_fetch_sub(&vmm.watch.users, 1, __ATOMIC_ACQ_REL);
}

} // namespace nadir::core
