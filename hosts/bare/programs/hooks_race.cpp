// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The page of test=hooks, and the race for it.
#include "hosts/bare/machine/instructions.h"
#include "hosts/bare/machine/print.h"
#include "hosts/bare/programs/hooks.h"

namespace nadir::bare {

namespace {

constexpr u32 page_bytes = 4096;
constexpr u32 rounds = 2000;

constexpr u8 function_that_returns_a_constant[] = {opcode_of_mov, 0x78, 0x56, 0x34, 0x12, 0xC3};
constexpr u8 function_that_returns_another[] = {opcode_of_mov, 0xFE, 0xCA, 0xAD, 0x0B, 0xC3};
// movzbl offset_of_constant(%rip), %eax; ret
constexpr u8 function_that_reads_itself[] = {0x0F, 0xB6, 0x05, 0x7C, 0xFF, 0xFF, 0xFF, 0xC3};
static_assert(offset_of_constant - (offset_of_self_reader + 7) == 0xFFFF'FF7C);
// shll offset_of_constant+1(%rip); call offset_of_constant; shrl offset_of_constant+1(%rip); ret
constexpr u8 function_that_writes_itself[] = {0xD1, 0x25, 0x3E, 0xFF, 0xFF, 0xFF, 0xE8, 0x38, 0xFF,
                                              0xFF, 0xFF, 0xD1, 0x2D, 0x33, 0xFF, 0xFF, 0xFF, 0xC3};
// movl $written_constant, offset_of_second+1(%rip); ret
constexpr u8 function_that_writes_elsewhere[] = {0xC7, 0x05, 0x7A, 0x0E, 0x00, 0x00, 0xC0, 0x5E, 0xC0, 0x5E, 0xC3};
static_assert(offset_of_second + 1 - (offset_of_other_writer + 10) == 0xE7A);
// movzbl offset_of_second(%rip), %eax; ret
constexpr u8 function_that_reads_elsewhere[] = {0x0F, 0xB6, 0x05, 0x3C, 0x0E, 0x00, 0x00, 0xC3};
static_assert(offset_of_second - (offset_of_other_reader + 7) == 0xE3C);
constexpr u8 function_with_a_breakpoint[] = {0xCC, 0xC3};

template <u32 size>
void place(u8* at, const u8 (&bytes)[size]) {
    for (u32 i = 0; i < size; ++i)
        at[i] = bytes[i];
}

// Both halves are the same: a mix would show.
constexpr u32 pattern(u32 i) { return (i & 0xFFFF) << 16 | (i & 0xFFFF); }
constexpr bool is_pattern(u32 value) { return value >> 16 == (value & 0xFFFF); }

NADIR_ABI u32 execute(void* argument, u32 number) {
    Playground& ground = *static_cast<Playground*>(argument);
    while (ground.over == 0) {
        ++ground.calls[number];
        if (!is_pattern(ground.call(offset_of_constant)))
            return 1;
    }
    return 0;
}

NADIR_ABI u32 read(void* argument, u32) {
    const Playground& ground = *static_cast<Playground*>(argument);
    while (ground.over == 0)
        if (ground.byte(offset_of_constant) != opcode_of_mov || !is_pattern(ground.constant()))
            return 2;
    return 0;
}

// This processor writes, and executes what it wrote.
u32 write(Playground& ground) {
    for (u32 i = 0; i < rounds; ++i) {
        ground.set_constant(pattern(i));
        ++ground.calls[0];
        if (ground.call(offset_of_constant) != pattern(i))
            return 3;
    }
    return 0;
}

} // namespace

bool Playground::prepare() {
    page = static_cast<u8*>(allocate(2 * page_bytes));
    if (page == nullptr)
        return false;
    make_executable(reinterpret_cast<u64>(page));
    for (u32 i = 0; i < 2 * page_bytes; ++i)
        page[i] = 0x90;
    place(page + offset_of_constant, function_that_returns_a_constant);
    place(page + offset_of_other, function_that_returns_another);
    place(page + offset_of_self_reader, function_that_reads_itself);
    place(page + offset_of_self_writer, function_that_writes_itself);
    place(page + offset_of_other_writer, function_that_writes_elsewhere);
    place(page + offset_of_other_reader, function_that_reads_elsewhere);
    place(page + offset_of_second, function_that_returns_a_constant);
    place(page + offset_of_int3, function_with_a_breakpoint);
    expected_sum = sum();
    return true;
}

u64 Playground::sum() const {
    u64 total = 0;
    for (u32 i = 0; i < page_bytes; ++i)
        total = total * 31 + byte(i);
    return total;
}

const char* race_for_hooks(nadir_session* session, Playground& ground) {
    nadir_report report{};
    // Not under the instruction that is written: that one is to be executed from the copy.
    const nadir_hook hook = ground.breakpoint(offset_of_constant + length_of_mov);
    const u32 processors = processor_count();
    ground.over = 0;
    ground.set_constant(pattern(0));
    for (u32 i = 0; i < processors; ++i)
        ground.calls[i] = 0;
    if (nadir_hooks_begin(session, &hook, 1, &report) != NADIR_OK)
        return "the hook of the race wasn't set";
    for (u32 i = 1; i < processors; ++i)
        begin_on(i, i % 2 == 1 ? execute : read, &ground);
    u32 wrong = write(ground);
    ground.over = 1;
    u64 calls = ground.calls[0];
    for (u32 i = 1; i < processors; ++i) {
        const u32 answer = wait_for(i);
        wrong = wrong != 0 ? wrong : answer;
        calls += ground.calls[i];
    }
    nadir_hook_state state{};
    nadir_hooks_read(session, 0, &state);
    nadir_view_state views{};
    nadir_views_read(session, &views);
    print("race: wrong %u, calls %s hits, others called %s, switches %llu steps %llu\n", wrong,
          calls == state.hits ? "equal" : "do not equal", calls > rounds ? "too" : "not", views.switches, views.steps);
    ground.set_constant(first_constant);
    if (nadir_hooks_end(session, &report) != NADIR_OK)
        return "the hook of the race wasn't removed";
    return wrong == 0 && calls == state.hits ? nullptr : "the race was lost";
}

} // namespace nadir::bare
