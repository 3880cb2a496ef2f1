// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Control registers, debug registers, MSRs, XCR0: with values that are right, nearly right, and wrong.
#include "hosts/bare/machine/instructions.h"
#include "tests/guest/conformance/fuzz/maker.h"
#include "tests/guest/conformance/fuzz/msrs.h"
#include "tests/guest/conformance/fuzz/window.h"

namespace nadir::conformance::fuzz {

namespace {

constexpr u64 dirty = 0xA5A5'5A5A'0000'0000; // an upper half that 32-bit operands ignore

constexpr u64 cr0_pe_and_pg = 1u << 31 | 1u;
constexpr u64 cr0_ne = 1u << 5;
constexpr u64 cr4_pke = 1u << 22;
constexpr u64 cr4_smxe = 1u << 14;
constexpr u8 cr0_bits[] = {0, 1, 2, 3, 4, 5, 16, 18, 29, 30, 31, 6, 32, 63};
constexpr u8 cr4_bits[] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 13,
                           13, 14, 16, 17, 18, 20, 21, 22, 23, 24, 15, 19, 28, 32, 63};
constexpr u8 cr3_bits[] = {0, 1, 3, 4, 5, 11, 48, 51, 52, 61, 62, 63};

template <u32 count>
u64 flipped(Random& random, u64 value, const u8 (&bits)[count]) {
    for (u32 i = 0; i <= random.below(3); ++i)
        value ^= 1ull << random.of(bits);
    return value;
}

// Leaves that tell of the processor's state or mode, and the others, and those that don't exist.
u32 some_leaf(Random& random) {
    constexpr u32 telling[] = {1, 7, 0xB, 0xD, 0x19, 0x8000'0001};
    constexpr u32 first_leaves[] = {0, 0x8000'0000, 0x4000'0000, 0xFFFF'FFF0, 0x2000'0000, 0xC000'0000};
    return random.one_in(2) ? random.of(telling) : random.of(first_leaves) + random.below(0x20);
}

void put_cpuid(Maker& m, u32 leaf, u32 subleaf) {
    const u64 upper = m.random.one_in(3) ? dirty : 0;
    m.load(Register::rax, upper | leaf).load(Register::rcx, upper | subleaf).byte(0x0F).byte(0xA2);
}

void cpuid_of_leaf(Maker& m) {
    const u32 far = static_cast<u32>(boundary_value(m.random));
    put_cpuid(m, some_leaf(m.random), m.random.one_in(8) ? far : m.random.one_in(3) ? m.random.below(20) : 0);
}

void put_control(Maker& m, u32 opcode, u32 number, u32 reg) {
    m.byte(0x0F).byte(opcode).byte(0xC0 | number << 3 | reg);
}

void mov_to_cr0(Maker& m) {
    u64 value = flipped(m.random, read_cr0(), cr0_bits);
    if (m.random.one_in(2))
        value ^= cr0_ne; // which makes it exit
    // A segment that isn't of 64 bits may leave IA-32e mode by that, and the kernel with it.
    if (m.in_32_bit())
        value |= cr0_pe_and_pg;
    put_control(m.load(Register::rax, value), 0x22, 0, Register::rax);
}

void mov_to_cr3(Maker& m) {
    put_control(m.load(Register::rax, m.random.one_in(2) ? read_cr3() : flipped(m.random, read_cr3(), cr3_bits)), 0x22,
                3, Register::rax);
}

void mov_to_cr4(Maker& m) {
    u64 value = flipped(m.random, read_cr4(), cr4_bits);
    if (m.random.one_in(2))
        value ^= cr4_vmxe; // which makes it exit
    if ((value & (cr4_vmxe | cr4_smxe)) != 0)
        m.enables_vmx();
    put_control(m.load(Register::rax, value), 0x22, 4, Register::rax);
}

// The bits of CPUID that follow CR4.
void cpuid_after_cr4(Maker& m) {
    constexpr u64 bits[] = {cr4_osxsave, cr4_pke, 0};
    put_control(m.load(Register::rax, read_cr4() ^ m.random.of(bits)), 0x22, 4, Register::rax);
    put_cpuid(m, m.random.one_in(2) ? 1 : 7, 0);
}

void mov_to_cr8(Maker& m) {
    constexpr u64 values[] = {0, 1, 4, 5, 6, 15, 16, 1ull << 32};
    m.load(Register::rax, m.random.of(values));
    if (m.in_32_bit())
        m.byte(0xF0); // AMD's way to name it there: #UD
    else
        m.byte(0x44);
    put_control(m, 0x22, 0, Register::rax);
}

void mov_from_control(Maker& m) {
    constexpr u8 numbers[] = {0, 2, 3, 4, 1, 5, 7};
    const bool prefix = !m.in_32_bit() && m.random.one_in(4);
    if (prefix)
        m.byte(0x44); // CR8, or none
    put_control(m, 0x20, m.random.of(numbers), m.random.below(2) * Register::rbx);
}

void load_machine_status(Maker& m) { m.load(Register::rax, m.random.below(32)).byte(0x0F).byte(0x01).byte(0xF0); }

void mov_to_debug(Maker& m) {
    const u32 number = m.random.below(8);
    constexpr u64 places[] = {code_address + 2, data_address, data_end - 4, stack_top - 8, 0, 1ull << 47, ~0ull};
    constexpr u64 dr7_general_detect = 1u << 13;
    u64 value = m.random.of(places);
    if (number >= 4)
        value = (m.random.next() & m.random.next() & 0xFFFF'FFFF) | (m.random.one_in(8) ? 1ull << 40 : 0);
    if ((number == 5 || number == 7) && m.random.one_in(3))
        value |= dr7_general_detect;
    put_control(m.load(Register::rax, value), 0x23, number, Register::rax);
}

void mov_from_debug(Maker& m) { put_control(m, 0x21, m.random.below(8), Register::rax); }

void xsetbv_of_values(Maker& m) {
    constexpr u64 values[] = {0, 1, 2, 3, 5, 7, 0x1B, 0x1F, 0xE3, 0xE7, 0x207, 0x2E7, 0x8000'0000, 0xFFFF'FFFF};
    m.load(Register::rcx,
           (m.random.one_in(3) ? dirty : 0) | (m.random.one_in(5) ? boundary_value(m.random) & 0xFFFF'FFFF : 0));
    m.load(Register::rax, (m.random.one_in(3) ? dirty : 0) | m.random.of(values));
    m.load(Register::rdx, m.random.one_in(3) ? dirty | m.random.below(2) : 0);
    m.byte(0x0F).byte(0x01).byte(0xD1);
}

void rdmsr_of_number(Maker& m) {
    const u32 number = readable_msr(m.random);
    m.load(Register::rcx, (m.random.one_in(3) ? dirty : 0) | number).byte(0x0F).byte(0x32);
}

void wrmsr_of_number(Maker& m) {
    const MsrWrite write = writable_msr(m.random);
    if ((m.sequence().timer && takes_long(write.number)) || !m.touches(write.number)) {
        m.byte(0x90);
        return;
    }
    m.load(Register::rcx, (m.random.one_in(3) ? dirty : 0) | write.number);
    m.load(Register::rax, (m.random.one_in(3) ? dirty : 0) | (write.value & 0xFFFF'FFFF));
    m.load(Register::rdx, (m.random.one_in(3) ? dirty : 0) | write.value >> 32);
    m.byte(0x0F).byte(0x30);
    if (m.random.one_in(2))
        m.byte(0x0F).byte(0x32);
}

// Single steps at branches only, where the model has IA32_DEBUGCTL.
void step_branches(Maker& m) {
    constexpr u32 debugctl = 0x1D9;
    constexpr u32 btf = 1u << 1;
    if (!m.touches(debugctl)) {
        m.byte(0x90);
        return;
    }
    m.load(Register::rcx, debugctl).load(Register::rax, btf).load(Register::rdx, 0).byte(0x0F).byte(0x30);
    m.byte(0x9C).byte(0x81).byte(0x0C).byte(0x24).word32(rflags_tf).byte(0x9D); // PUSHF; OR; POPF
}

void swapgs(Maker& m) {
    if (m.touches(msr_kernel_gs_base))
        m.byte(0x0F).byte(0x01).byte(0xF8);
    else
        m.byte(0x90);
}

void invalidate_of_type(Maker& m) {
    m.load(Register::rax, m.random.one_in(6) ? boundary_value(m.random) : m.random.below(5));
    m.byte(0x66).byte(0x0F).byte(0x38).byte(0x80 + m.random.below(3)).byte(0x07);
}

void save_state_of_mask(Maker& m) {
    constexpr u8 saves[][2] = {{0xAE, 0x27}, {0xAE, 0x2F}, {0xAE, 0x37}, {0xC7, 0x27}, {0xC7, 0x2F}, {0xC7, 0x1F}};
    const auto& chosen = m.random.of(saves);
    m.load(Register::rax, m.random.below(8)).load(Register::rdx, 0);
    m.byte(0x0F).byte(chosen[0]).byte(chosen[1]);
}

void wait_wrongly(Maker& m) {
    // Extensions that don't exist. What waits and what wakes is the emulator's own matter (docs/fuzzing.md).
    m.load(Register::rcx, 2 + m.random.below(100)).load(Register::rdx, 0).load(Register::rax, data_address);
    m.byte(0x0F).byte(0x01).byte(m.random.one_in(2) ? 0xC8 : 0xC9);
}

constexpr Kind kinds[] = {
    {"cpuid_leaf", cpuid_of_leaf, 12, false},
    {"mov_cr0", mov_to_cr0, 4, true},
    {"mov_cr3", mov_to_cr3, 3, true},
    {"mov_cr4", mov_to_cr4, 6, true},
    {"cpuid_after_cr4", cpuid_after_cr4, 2, true},
    {"mov_cr8", mov_to_cr8, 3, true},
    {"mov_from_cr", mov_from_control, 3, false},
    {"lmsw", load_machine_status, 2, false},
    {"mov_dr", mov_to_debug, 4, true},
    {"mov_from_dr", mov_from_debug, 3, false},
    {"xsetbv_value", xsetbv_of_values, 6, false},
    {"rdmsr", rdmsr_of_number, 8, true},
    {"wrmsr", wrmsr_of_number, 8, true},
    {"step_branches", step_branches, 2, true},
    {"swapgs", swapgs, 1, false},
    {"invalidate", invalidate_of_type, 3, false},
    {"xsave_mask", save_state_of_mask, 4, false},
    {"wait_wrong", wait_wrongly, 1, false},
};

} // namespace

const KindTable system_kinds{kinds, sizeof kinds / sizeof kinds[0]};

} // namespace nadir::conformance::fuzz
