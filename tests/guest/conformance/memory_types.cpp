// SPDX-License-Identifier: MIT OR GPL-2.0-only
// types: MTRRs, IA32_PAT and CR0.CD change on all processors, by the manual's procedure and otherwise. After each change a
// witness may look (xchg bx, bx). [SDM3 "MTRR Considerations in MP Systems"]
#include "hosts/bare/machine/instructions.h"
#include "hosts/bare/machine/print.h"
#include "hosts/bare/machine/processor.h"
#include "tests/guest/conformance/conformance.h"
#include "tests/guest/conformance/window.h"

namespace nadir::conformance {

namespace {

constexpr u32 base_1 = 0x202; // the second pair; firmware uses the first
constexpr u32 base_2 = 0x204;
constexpr u32 base_3 = 0x206;
constexpr u32 fixed_d0000 = 0x26A;
constexpr u32 fixed_64k = 0x250;
constexpr u32 msr_default = 0x2FF;
constexpr u32 msr_pat = 0x277;
constexpr u64 cr0_cd = 1u << 30;
constexpr u64 cr0_nw = 1u << 29;
constexpr u64 enable = 1u << 11;
constexpr u64 uncacheable = 0, combining = 1, through = 4, write_protected = 5, back = 6;

struct Write {
    u32 msr; // 0: no more
    u64 value;
};

enum class Order : u8 { together, one_by_one, backwards, last_only };

struct Step {
    const char* name;
    Order order;
    Write writes[6];
};

constexpr u64 mask(u64 bytes) { return (0xFF'FFFF'FFFF & ~(bytes - 1)) | enable; }
constexpr u64 kib = 1u << 10, mib = 1u << 20, gib = 1u << 30;

constexpr Step steps[] = {
    {"as it is", Order::together, {}},
    {"a gigabyte", Order::together, {{base_1, 5 * gib | combining}, {base_1 + 1, mask(gib)}}},
    {"two megabytes", Order::one_by_one, {{base_1, (5 * gib + 6 * mib) | combining}, {base_1 + 1, mask(2 * mib)}}},
    {"a page", Order::backwards, {{base_1, (32 * mib + 20 * kib) | through}, {base_1 + 1, mask(4 * kib)}}},
    {"three that overlap",
     Order::together,
     {{base_1, 4 * gib | back},
      {base_1 + 1, mask(4 * gib)},
      {base_2, (4 * gib + 512 * mib) | through},
      {base_2 + 1, mask(512 * mib)},
      {base_3, (5 * gib - 4 * mib) | uncacheable},
      {base_3 + 1, mask(4 * mib)}}},
    {"a mask with a hole",
     Order::together,
     {{base_3, 8 * mib | write_protected}, {base_3 + 1, mask(mib) & ~(64 * mib)}}},
    {"fixed ranges", Order::one_by_one, {{fixed_d0000, 0x0504'0100'0605'0401}, {fixed_64k, 0x0606'0606'0600'0606}}},
    {"without fixed ranges", Order::together, {{msr_default, enable | back}}},
    {"another default", Order::backwards, {{msr_default, 3u << 10 | through}}},
    {"off", Order::together, {{msr_default, back}}},
    {"on again", Order::one_by_one, {{msr_default, 3u << 10 | back}}},
    {"on one processor only", Order::last_only, {{base_2, 7 * gib | combining}, {base_2 + 1, mask(64 * kib)}}},
    {"none of ours",
     Order::together,
     {{base_1 + 1, 0}, {base_2 + 1, 0}, {base_3 + 1, 0}, {fixed_d0000, 0}, {fixed_64k, 0x0606'0606'0606'0606}}},
    {"IA32_PAT", Order::together, {{msr_pat, 0x0001'0405'0607'0400}}},
};

u32 arrived;

void wait_for_all(u32 target) {
    __atomic_fetch_add(&arrived, 1u, __ATOMIC_ACQ_REL);
    while (__atomic_load_n(&arrived, __ATOMIC_ACQUIRE) < target)
        pause();
}

// Steps 1 to 14 of the procedure; interrupts are off here anyway. The exits in it are part of the test.
void change(const Step& step) {
    const u64 cr0 = read_cr0();
    write_cr0((cr0 | cr0_cd) & ~cr0_nw);
    asm volatile("wbinvd" : : : "memory");
    write_cr3(read_cr3());
    const u64 before = read_msr(msr_default);
    write_msr(msr_default, before & ~enable);
    u64 after = before;
    for (const Write& write : step.writes)
        if (write.msr == msr_default)
            after = write.value;
        else if (write.msr != 0)
            write_msr(write.msr, write.value);
    asm volatile("wbinvd" : : : "memory");
    write_cr3(read_cr3());
    write_msr(msr_default, after);
    write_cr0(cr0);
}

NADIR_ABI u32 change_here(void* argument, u32) {
    const Step& step = *static_cast<const Step*>(argument);
    if (step.order == Order::together)
        wait_for_all(processor_count());
    change(step);
    if (step.order == Order::together)
        wait_for_all(2 * processor_count());
    return 0;
}

void carry_out(const Step& step) {
    void* argument = const_cast<Step*>(&step);
    const u32 count = processor_count();
    arrived = 0;
    switch (step.order) {
    case Order::together:
        for (u32 i = 1; i < count; ++i)
            begin_on(i, change_here, argument);
        change_here(argument, 0);
        for (u32 i = 1; i < count; ++i)
            wait_for(i);
        return;
    case Order::one_by_one:
        for (u32 i = 0; i < count; ++i)
            run_on(i, change_here, argument);
        return;
    case Order::backwards:
        for (u32 i = count; i-- > 0;)
            run_on(i, change_here, argument);
        return;
    case Order::last_only: run_on(count - 1, change_here, argument); return;
    }
}

NADIR_ABI u32 print_here(void*, u32 number) {
    print("types processor %u: default %llx pat %llx cr0 %llx fixed %llx %llx", number, read_msr(msr_default),
          read_msr(msr_pat), read_cr0(), read_msr(fixed_64k), read_msr(fixed_d0000));
    for (u32 msr = 0x200; msr < 0x208; msr += 2)
        print(" %llx/%llx", read_msr(msr), read_msr(msr + 1));
    print("\n");
    return 0;
}

void look(const char* name) {
    print("types after %s\n", name);
    for (u32 i = 0; i < processor_count(); ++i)
        run_on(i, print_here, nullptr);
    asm volatile("xchgw %bx, %bx");
}

} // namespace

const char* run_types(const Options&) {
    *reinterpret_cast<volatile u8*>(show(600 * gib)); // so that what lies there is mapped, too
    const u64 pat = read_msr(msr_pat);
    for (const Step& step : steps) {
        carry_out(step);
        look(step.name);
    }
    for (u32 i = 0; i < processor_count(); ++i) {
        Step back_again{"", Order::last_only, {{msr_pat, pat}}};
        run_on(i, change_here, &back_again);
    }
    const u64 cr0 = read_cr0();
    write_cr0(cr0 | cr0_cd);
    look("CR0.CD");
    write_cr0(cr0);
    return nullptr;
}

} // namespace nadir::conformance
