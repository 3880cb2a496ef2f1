// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Flags and the stack, what holds interrupts back, software interrupts, HLT, returns.
#include "hosts/bare/machine/descriptors.h"
#include "tests/guest/conformance/fuzz/maker.h"
#include "tests/guest/conformance/fuzz/msrs.h"

namespace nadir::conformance::fuzz {

namespace {

constexpr u64 flag_tf = 1u << 8;
constexpr u64 flag_if = 1u << 9;
constexpr u64 fixed_flags = 1u << 1;
constexpr u64 any_flags = 0x247FD5; // all but IOPL and VM

// PUSHF; OR of a constant; POPF.
void set_flags(Maker& m) {
    constexpr u64 flags[] = {flag_tf,  flag_tf,  flag_if,  flag_if, flag_tf | flag_if,
                             1u << 16, 1u << 18, 1u << 14, 1u << 10};
    m.byte(0x9C).byte(0x81).byte(0x0C).byte(0x24).word32(m.random.of(flags)).byte(0x9D);
}

void clear_flags(Maker& m) {
    constexpr u64 flags[] = {flag_tf, flag_if, flag_tf | flag_if, 0x4'0000};
    m.byte(0x9C).byte(0x81).byte(0x24).byte(0x24).word32(~m.random.of(flags)).byte(0x9D);
}

// PUSH of a constant; POPF.
void pop_flags(Maker& m) {
    m.byte(0x68).word32((m.random.next() & any_flags & ~(m.random.one_in(3) ? 0 : flag_tf)) | fixed_flags).byte(0x9D);
}

void push_flags(Maker& m) { m.byte(0x9C); }
void sti(Maker& m) { m.byte(0xFB); }
void cli(Maker& m) { m.byte(0xFA); }

void mov_ss(Maker& m) { m.byte(0x8E).byte(0xD5); }

// Shadow, and at once what may exit in it.
void in_shadow(Maker& m) {
    constexpr u8 instructions[][3] = {{0x0F, 0xA2, 0x90}, {0x0F, 0x08, 0x90}, {0x0F, 0x01, 0xC1},
                                      {0x0F, 0x78, 0xC3}, {0x0F, 0x01, 0xD1}, {0x90, 0x90, 0x90}};
    if (m.random.one_in(2))
        m.byte(0xFB);
    else
        m.byte(0x8E).byte(0xD5);
    m.bytes(m.random.of(instructions), 3);
}

// A data breakpoint on the word that goes into SS waits for the end of the instruction behind it. SS is in EBP.
void watched_shadow(Maker& m) {
    constexpr u8 instructions[][3] = {{0x0F, 0xA2, 0x90}, {0x0F, 0x08, 0x90}, {0x0F, 0x78, 0xC3}, {0xCD, 0x41, 0x90}};
    m.byte(0x89).byte(0x2F).byte(0x8E).byte(0x17).bytes(m.random.of(instructions), 3);
}

void interrupt(Maker& m) {
    constexpr u8 vectors[] = {1, 2, 3, 4, 0x40, 0x41, 0x41, 0x80};
    m.byte(0xCD).byte(m.random.of(vectors));
}

void breakpoint(Maker& m) { m.byte(0xCC); }

bool may_take_long(const Sequence& s) {
    for (u32 i = 0; i < s.msr_count; ++i)
        if (takes_long(s.msrs[i]))
            return true;
    return false;
}

// HLT, with interrupts on: the local APIC's timer, which comes once, wakes it if nothing else does.
void halt(Maker& m) {
    if (m.sequence().timer || may_take_long(m.sequence())) {
        m.byte(0x90);
        return;
    }
    m.waits();
    if (!m.in_32_bit())
        m.byte(0x31).byte(0xC0).byte(0x44).byte(0x0F).byte(0x22).byte(0xC0); // CR8 keeps nothing back
    m.byte(0xFB).byte(0xF4);
}

// IRET to the instruction behind it, with flags of our choice. In 64-bit mode it pops five words, otherwise three.
void return_from_interrupt(Maker& m) {
    const u64 flags = (m.random.next() & any_flags) | fixed_flags;
    constexpr u16 selectors[] = {selector_code, selector_user_code, selector_code32, selector_user_code32};
    const u32 code = selectors[static_cast<u32>(m.sequence().mode)];
    if (m.in_32_bit()) {
        m.byte(0x68).word32(flags).byte(0x6A).byte(code);
        m.byte(0xE8).word32(0).byte(0x83).byte(0x04).byte(0x24).byte(6); // CALL; ADD to what it pushed: behind the IRET
        m.byte(0xCF);
        m.byte(0x90);
        return;
    }
    m.byte(0x48).byte(0x89).byte(0xE3); // RBX: the stack pointer
    m.byte(0x55).byte(0x53);            // SS is in RBP
    m.byte(0x68).word32(flags).byte(0x6A).byte(code);
    m.byte(0x48).byte(0x8D).byte(0x05).word32(3); // LEA: behind the IRETQ
    m.byte(0x50).byte(0x48).byte(0xCF);
}

// Several in a row that exit: for single steps, breakpoints, and an interrupt that waits.
void row_of_exits(Maker& m) {
    const u32 count = 2 + m.random.below(4);
    for (u32 i = 0; i < count; ++i)
        m.byte(0x0F).byte(m.random.one_in(3) ? 0x08 : 0xA2);
}

constexpr Kind kinds[] = {
    {"set_flags", set_flags, 8, false},
    {"clear_flags", clear_flags, 3, false},
    {"pop_flags", pop_flags, 4, false},
    {"pushf", push_flags, 3, false},
    {"sti", sti, 4, false},
    {"cli", cli, 2, false},
    {"mov_ss", mov_ss, 4, false},
    {"shadow", in_shadow, 6, false},
    {"watched_shadow", watched_shadow, 2, false},
    {"int", interrupt, 3, false},
    {"int3", breakpoint, 1, false},
    {"sti_hlt", halt, 2, true},
    {"iret", return_from_interrupt, 3, false},
    {"exits", row_of_exits, 3, false},
};

} // namespace

const KindTable event_kinds{kinds, sizeof kinds / sizeof kinds[0]};

} // namespace nadir::conformance::fuzz
