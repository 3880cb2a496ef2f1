// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tests/nt/scenarios/comparison.h"

#include "hosts/bare/machine/print.h"
#include "hosts/bare/programs/snapshot.h"
#include "tests/nt/image/image.h"
#include "tests/nt/kernel/lock.h"
#include "tests/nt/kernel/scheduler.h"
#include "tests/nt/kernel/violation.h"

namespace nadir::nt {

namespace {

bare::Snapshot* before[maximum_processors];
bare::Snapshot* now;
u32 remembered;
u64 memory_before;
const char* present_title;
u32 differences;

u64 sum_of(const void* start, u64 bytes) {
    const auto* words = static_cast<const u64*>(start);
    u64 sum = 0;
    for (u64 i = 0; i < bytes / 8; ++i)
        sum = (sum << 1 | sum >> 63) ^ words[i];
    return sum;
}

// What neither this kernel nor the driver writes: the driver's constant sections, and the interrupt table.
u64 sum_of_constants() {
    u64 sum = sum_of(this_cpu().idt_base, 4096);
    for (u32 i = 0; i < image().section_count; ++i) {
        const LoadedSection& section = image().sections[i];
        if ((section.rights & page_writable) == 0 && section.kind == SectionKind::resident)
            sum ^= sum_of(reinterpret_cast<const void*>(section.start), section.end - section.start);
    }
    return sum;
}

} // namespace

void on_each_cpu(void (*procedure)(u32 index)) {
    for (u32 i = 0; i < active_cpus(); ++i) {
        set_affinity(1ull << i);
        const bool interrupts = disable_interrupts();
        procedure(i);
        enable_interrupts(interrupts);
    }
    set_affinity(every_cpu);
}

void forget_memory() { memory_before = sum_of_constants(); }

void remember_machine() {
    on_each_cpu([](u32 index) {
        if (before[index] == nullptr)
            before[index] = new_object<bare::Snapshot>();
        bare::take_snapshot(*before[index]);
    });
    if (now == nullptr)
        now = new_object<bare::Snapshot>();
    remembered = active_cpus();
    memory_before = sum_of_constants();
}

void require_same_machine(const char* title) {
    present_title = title;
    differences = 0;
    on_each_cpu([](u32 index) {
        bare::take_snapshot(*now);
        if (index < remembered)
            differences += bare::compare_snapshots(present_title, index, *before[index], *now);
    });
    if (sum_of_constants() != memory_before) {
        bare::print("diff %s: memory that nobody may write has changed\n", title);
        ++differences;
    }
    if (differences != 0)
        violation(rule::difference, 0, "%s: %u differences", title, differences);
    bare::print("diff %s: none on %u processors\n", title, remembered);
}

} // namespace nadir::nt
