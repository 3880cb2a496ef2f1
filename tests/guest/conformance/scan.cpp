// SPDX-License-Identifier: MIT OR GPL-2.0-only
// scan: all memory below top=MIB is read, looking for the words find=N; then what isn't ours is overwritten, and the
// processors go on. far: so many parts of the physical address space are touched as no table reaches at a time.
#include "hosts/bare/machine/instructions.h"
#include "hosts/bare/machine/print.h"
#include "hosts/bare/machine/processor.h"
#include "tests/guest/conformance/conformance.h"
#include "tests/guest/conformance/window.h"

namespace nadir::conformance {

namespace {

constexpr u64 mib = 1u << 20;
constexpr u64 gib = 1u << 30;

void report(u32 index, u64 address) { print("scan word %u: at %llx\n", index, address); }

// By one instruction, for an emulator counts them. Interrupts are off, so the word stays in its register.
const u64* find(const u64* words, const u64* end, u64 word) {
    u64 left = static_cast<u64>(end - words);
    if (left == 0)
        return end;
    bool found;
    asm volatile("repne scasq" : "=@ccz"(found), "+D"(words), "+c"(left) : "a"(word) : "memory");
    return found ? words - 1 : end;
}

void find_words(const Options& options) {
    u64 hits[Options::most_words] = {};
    for (u64 start = 0; start < options.top * mib; start += large_page_size) {
        const auto* begin = reinterpret_cast<const u64*>(show(start));
        const u64* end = begin + large_page_size / sizeof(u64);
        for (u32 k = 0; k < options.words; ++k)
            for (const u64* at = begin; (at = find(at, end, disguise(options.find[k]))) != end; ++at)
                if (++hits[k] <= 4)
                    report(k, start + static_cast<u64>(at - begin) * sizeof(u64));
    }
    for (u32 k = 0; k < options.words; ++k)
        print("scan word %u: %llu times\n", k, hits[k]);
}

// Pages that begin as VMXON regions and VMCSs do.
void find_vmx_regions(const Options& options) {
    constexpr u32 msr_vmx_basic = 0x480;
    u64 revision;
    if (!try_read_msr(msr_vmx_basic, revision))
        return;
    u32 pages = 0;
    for (u64 at = 0; at < options.top * mib; at += page_size)
        pages += *reinterpret_cast<const volatile u32*>(show(at)) == (revision & 0x7FFF'FFFF) ? 1 : 0;
    print("scan pages with a VMCS revision: %u\n", pages);
}

// The first megabyte, our own memory, and firmware's tables at the top stay.
bool may_be_overwritten(const Options& options, u64 address) {
    const bool own = address < options.own_end && address + large_page_size > options.own_start;
    return address >= large_page_size && !own && address + large_page_size < options.top * mib;
}

void overwrite(const Options& options) {
    u64 bytes = 0;
    for (u64 start = 0; start < options.top * mib; start += large_page_size) {
        if (!may_be_overwritten(options, start))
            continue;
        void* to = show(start);
        u64 words = large_page_size / sizeof(u64);
        asm volatile("rep stosq" : "+D"(to), "+c"(words) : "a"(0xCCCC'CCCC'CCCC'CCCC) : "memory");
        bytes += large_page_size;
    }
    print("scan overwritten: %llu MiB\n", bytes / mib);
}

NADIR_ABI u32 go_on(void*, u32 number) {
    u32 sum = 0;
    for (u32 i = 0; i < 1000; ++i)
        sum += cpuid(i % 8).ecx & 1;
    write_msr(0x200, read_msr(0x200)); // the way through C++, and the tables
    print("scan processor %u goes on: %u\n", number, sum);
    return 0;
}

// Nothing is there: a read gives all ones.
NADIR_ABI u32 touch_far(void*, u32 number) {
    u64 ones = 0;
    for (u64 i = 5; i < 205; ++i)
        ones += *reinterpret_cast<const volatile u64*>(show(i * gib + 0x1238)) == ~u64{0} ? 1 : 0;
    print("far processor %u: %llu are all ones\n", number, ones);
    return 0;
}

} // namespace

const char* run_scan(const Options& options) {
    if (options.top < 16)
        return "give top=MIB, the end of memory";
    find_words(options);
    find_vmx_regions(options);
    overwrite(options);
    for (u32 i = 0; i < processor_count(); ++i)
        run_on(i, go_on, nullptr);
    return nullptr;
}

const char* run_far(const Options&) {
    for (u32 round = 0; round < 2; ++round)
        for (u32 i = 0; i < processor_count(); ++i)
            run_on(i, touch_far, nullptr);
    return nullptr;
}

} // namespace nadir::conformance
