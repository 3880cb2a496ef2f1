// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Instructions that have to make the processor forget a translation: a page-table entry changes from one page to another,
// and after the instruction the other page is seen. [SDM3 "Operations that Invalidate TLBs and Paging-Structure Caches"]
#include "hosts/bare/machine/instructions.h"
#include "hosts/bare/machine/memory.h"
#include "hosts/bare/machine/print.h"
#include "tests/guest/conformance/trace.h"
#include "tests/guest/conformance/tables.h"

namespace nadir::conformance {

namespace {

constexpr u64 cr4_pge = 1u << 7;
constexpr u64 cr4_pcide = 1u << 17;
constexpr u64 cr4_smep = 1u << 20;
constexpr u64 entry_global = 1u << 8;
constexpr u64 bytes = 3 * page_size; // a page table, two pages
constexpr u64 window = 0xFFFF'F000;  // the last page below 4 GiB, firmware otherwise

struct Window {
    u64* entry;
    u64 pages[2];
    u64 flags;
};

void map(const Window& w, u32 page) { *w.entry = w.pages[page] | w.flags; }

u64 look() { return *reinterpret_cast<const volatile u64*>(window); }

template <class Forget>
void trace_forgetting(const char* name, Window& w, bool global, Forget forget) {
    w.flags = present_and_writable | (global ? entry_global : 0);
    map(w, 0);
    asm volatile("invlpg (%0)" : : "r"(window) : "memory");
    const u64 before = look();
    map(w, 1);
    forget();
    print("exits tlb %s: page %llu, then page %llu\n", name, before, look());
    asm volatile("invlpg (%0)" : : "r"(window) : "memory");
}

void trace_all(Window& w) {
    const u64 cr4 = read_cr4();
    const auto flip = [&](u64 bits) {
        return [=] {
            write_cr4(cr4 | bits);
            write_cr4(cr4);
        };
    };
    trace_forgetting("invlpg", w, true, [] { asm volatile("invlpg (%0)" : : "r"(window) : "memory"); });
    trace_forgetting("cr3", w, false, [] { write_cr3(read_cr3()); });
    write_cr4(cr4 | cr4_pge);
    trace_forgetting("cr4 pge", w, true, flip(0));
    write_cr4(cr4 | cr4_pge);
    trace_forgetting("cr4 pge and vmxe", w, true, [&] { write_cr4(cr4 | cr4_vmxe); });
    write_cr4(cr4 | cr4_pge | cr4_vmxe);
    trace_forgetting("cr4 pge and vmxe off", w, true, flip(0));
    const CpuidResult features = cpuid(7);
    if ((features.ebx & 1u << 7) != 0)
        trace_forgetting("cr4 smep", w, false, flip(cr4_smep));
    if ((cpuid(1).ecx & 1u << 17) != 0)
        trace_forgetting("cr4 pcide", w, false, flip(cr4_pcide));
    if ((features.ebx & 1u << 10) != 0) {
        alignas(16) static const u64 descriptor[2] = {};
        trace_forgetting("invpcid", w, true, [] {
            asm volatile("invpcid %0, %1" : : "m"(descriptor), "r"(2ull) : "memory");
        });
    }
}

} // namespace

void trace_tlb() {
    constexpr u64 part = 0xFFE0'0000;
    auto* memory = static_cast<u8*>(allocate(bytes));
    if (memory == nullptr)
        return;
    auto* table = reinterpret_cast<u64*>(memory);
    const u64 first = reinterpret_cast<u64>(memory) + page_size;
    *reinterpret_cast<u64*>(first) = 1;
    *reinterpret_cast<u64*>(first + page_size) = 2;
    fill_table(table, part, 511, first);
    u64& entry = directory_entry(part);
    const u64 before = entry;
    entry = reinterpret_cast<u64>(table) | present_and_writable;
    write_cr3(read_cr3());
    Window w{&table[511], {first, first + page_size}, present_and_writable};
    trace_all(w);
    entry = before;
    write_cr3(read_cr3());
    release(memory, bytes);
}

} // namespace nadir::conformance
