// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "hosts/bare/machine/descriptors.h"
#include "tests/guest/conformance/fuzz/maker.h"
#include "tests/guest/conformance/fuzz/window.h"

namespace nadir::conformance::fuzz {

namespace {

constexpr u64 fixed_flags = 1u << 1;
constexpr u64 arithmetic_flags = 0x8D5;

void choose_instruction(Maker& maker) {
    if (maker.random.below(5) < 2) {
        make_plain(maker);
        return;
    }
    const KindTable& table = maker.random.one_in(2) ? system_kinds : event_kinds;
    u32 total = 0;
    for (u32 i = 0; i < table.count; ++i)
        total += table.kinds[i].weight;
    u32 at = maker.random.below(total);
    const Kind* kind = table.kinds;
    for (; at >= kind->weight; ++kind)
        at -= kind->weight;
    // At CPL 3 that would be one more #GP; one of many is enough.
    if (kind->cpl_0_only && !maker.at_cpl_0() && !maker.random.one_in(6)) {
        make_plain(maker);
        return;
    }
    maker.begin(kind->name);
    kind->make(maker);
}

u64 choose_pointer(Random& random, bool wraps) {
    constexpr u64 good[] = {data_address, data_address + 0x40, data_address + 0x1C0, data_address + 3,
                            data_end - 4, data_end - 64,       data_end - 8,         data_address + page_size - 4};
    constexpr u64 bad[] = {read_only_address,     missing_address,       stack_top - 16,
                           0x8000'0000'0000'1000, 0xFFFF'8000'0000'0000, 0};
    return wraps || random.below(4) != 0 ? random.of(good) : random.of(bad);
}

u64 choose_stack(Random& random, bool wraps) {
    constexpr u64 odd[] = {stack_top - 1,   stack_address + 8,        stack_address,        data_address + 0x40,
                           missing_address, read_only_address + 0x40, 0x8000'0000'0000'1000};
    return wraps || !random.one_in(10) ? stack_top : random.of(odd);
}

void choose_registers(Random& random, Sequence& s) {
    constexpr u16 selectors[] = {selector_data, selector_user_data, 0, selector_code, selector_tss, 0xFFF8};
    for (u64& value : s.registers)
        value = boundary_value(random);
    s.registers[Register::rsi] = choose_pointer(random, s.wraps);
    s.registers[Register::rdi] = choose_pointer(random, s.wraps);
    s.registers[Register::rsp] = choose_stack(random, s.wraps);
    s.registers[Register::rbp] = random.one_in(12) ? random.of(selectors)
                                 : is_user(s.mode) ? selector_user_data
                                                   : selector_data;
    if (random.one_in(2))
        s.registers[Register::rcx] = random.below(20);
}

void choose_flags(Random& random, Sequence& s) {
    s.flags = fixed_flags | (random.next() & arithmetic_flags);
    constexpr u64 rare[] = {1u << 10, 1u << 14, 1u << 16, 1u << 18, 1u << 21, 3u << 12};
    if (random.one_in(4))
        s.flags |= random.of(rare);
    s.flags |= random.one_in(5) ? 1u << 8 : 0;
    s.flags |= random.one_in(4) ? 1u << 9 : 0;
}

u32 bytes_of(const Sequence& s, u32 count) {
    u32 length = 0;
    for (u32 i = 0; i < count; ++i)
        length += s.instructions[i].length;
    return length;
}

// Code that goes on at 0 behind 4 GiB. The emulator shows an instruction pointer of 33 bits there until the next jump, and so
// does a VM exit; so an instruction ends at 4 GiB, and the one behind it is a jump.
void jump_behind_the_end(Random& random, Sequence& s) {
    if (s.count == maximum_instructions)
        --s.count;
    const u32 before = 1 + random.below(s.count);
    for (u32 i = s.count++; i > before; --i)
        s.instructions[i] = s.instructions[i - 1];
    s.instructions[before] = {"jmp", {0xEB, 0x00}, 2};
    s.offset = static_cast<u32>(page_size) - bytes_of(s, before);
}

// Where the code begins: mostly anywhere, sometimes so that it crosses the end of a page.
void choose_place(Random& random, Sequence& s) {
    const u32 length = bytes_of(s, s.count);
    if (s.wraps && is_32_bit(s.mode))
        jump_behind_the_end(random, s);
    else if (s.wraps || random.one_in(6))
        s.offset = static_cast<u32>(page_size) - 1 - random.below(length);
    else
        s.offset = 0x100;
}

// Breakpoints on instructions, and on what these may read and write.
void choose_breakpoints(Random& random, Sequence& s) {
    constexpr u64 dr7_fixed = 0x400;
    constexpr u64 watched[] = {data_address, data_address + 0x40, data_end - 4, stack_top - 8, stack_top - 16};
    s.dr7 = dr7_fixed;
    if (!random.one_in(5))
        return;
    u32 offset = s.offset;
    for (u32 i = 0; i < 4; ++i) {
        const bool of_code = random.one_in(2);
        s.breakpoints[i] = of_code ? (s.wraps ? wrap_address : code_address) + offset : random.of(watched);
        const u64 kind = of_code ? 0 : random.of({1u, 3u, 0xDu, 0xFu, 5u, 7u}); // R/W and LEN
        if (random.one_in(2))
            s.dr7 |= 1ull << 2 * i | kind << (16 + 4 * i);
        if (i < s.count)
            offset += s.instructions[i].length;
    }
}

} // namespace

void generate(u64 seed, u64 number, Sequence& sequence) {
    Random random(seed, number);
    sequence = {};
    // 64-bit mode at CPL 0 most often: there everything exists.
    constexpr Mode modes[] = {Mode::kernel64, Mode::kernel64, Mode::kernel64, Mode::kernel64,
                              Mode::user64,   Mode::user64,   Mode::kernel32, Mode::user32};
    sequence.mode = random.of(modes);
    sequence.wraps = random.one_in(16);
    sequence.pending = random.one_in(4);
    Maker maker(sequence, random);
    const u32 wanted = 1 + random.below(maximum_instructions);
    while (sequence.count < wanted)
        choose_instruction(maker);
    choose_registers(random, sequence);
    choose_flags(random, sequence);
    choose_place(random, sequence);
    choose_breakpoints(random, sequence);
}

} // namespace nadir::conformance::fuzz
