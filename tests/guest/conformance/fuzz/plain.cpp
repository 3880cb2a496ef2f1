// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Instructions that are the same bytes each time. Memory operands are (%rdi) and (%rsi), which only string instructions
// change, so that nothing is written but where the window is.
#include "tests/guest/conformance/fuzz/maker.h"

namespace nadir::conformance::fuzz {

namespace {

enum Where : u8 {
    anywhere = 0,
    long_mode = 1 << 0, // another instruction outside 64-bit mode
    user_only = 1 << 1, // at CPL 0 the kernel couldn't go on after it
    bare_vmx = 1 << 2,  // not where a bare processor would carry it out: only ours refuses it (docs/fidelity.md)
    timed = 1 << 3,
};

struct Plain {
    const char* name;
    u8 length;
    u8 bytes[6];
    u8 where;
};

// Exits or may exit, or is what a hypervisor that emulates gets wrong. Twice as likely as the others.
constexpr Plain special[] = {
    {"cpuid", 2, {0x0F, 0xA2}, anywhere},
    {"cpuid", 2, {0x0F, 0xA2}, anywhere},
    {"cpuid", 2, {0x0F, 0xA2}, anywhere},
    {"invd", 2, {0x0F, 0x08}, anywhere},
    {"wbinvd", 2, {0x0F, 0x09}, anywhere},
    {"vmcall", 3, {0x0F, 0x01, 0xC1}, anywhere},
    {"vmlaunch", 3, {0x0F, 0x01, 0xC2}, anywhere},
    {"vmresume", 3, {0x0F, 0x01, 0xC3}, anywhere},
    {"vmxoff", 3, {0x0F, 0x01, 0xC4}, anywhere},
    {"vmfunc", 3, {0x0F, 0x01, 0xD4}, anywhere},
    {"getsec", 2, {0x0F, 0x37}, bare_vmx},
    {"vmread_reg", 3, {0x0F, 0x78, 0xC3}, anywhere},
    {"vmread_mem", 3, {0x0F, 0x78, 0x07}, anywhere},
    {"vmwrite_reg", 3, {0x0F, 0x79, 0xC3}, anywhere},
    {"vmwrite_mem", 3, {0x0F, 0x79, 0x07}, anywhere},
    {"vmclear", 4, {0x66, 0x0F, 0xC7, 0x37}, bare_vmx},
    {"vmptrld", 3, {0x0F, 0xC7, 0x37}, bare_vmx},
    {"vmptrst", 3, {0x0F, 0xC7, 0x3F}, bare_vmx},
    {"vmxon", 4, {0xF3, 0x0F, 0xC7, 0x37}, bare_vmx},
    {"invept", 5, {0x66, 0x0F, 0x38, 0x80, 0x07}, anywhere},
    {"invvpid", 5, {0x66, 0x0F, 0x38, 0x81, 0x07}, anywhere},
    {"invpcid", 5, {0x66, 0x0F, 0x38, 0x82, 0x07}, anywhere},
    {"xgetbv", 3, {0x0F, 0x01, 0xD0}, anywhere},
    {"xsetbv", 3, {0x0F, 0x01, 0xD1}, anywhere},
    {"monitor", 3, {0x0F, 0x01, 0xC8}, user_only},
    {"mwait", 3, {0x0F, 0x01, 0xC9}, user_only},
    {"rsm", 2, {0x0F, 0xAA}, anywhere},
    {"tpause", 4, {0x66, 0x0F, 0xAE, 0xF3}, anywhere},
    {"enclu", 3, {0x0F, 0x01, 0xD7}, anywhere},
    {"encls", 3, {0x0F, 0x01, 0xCF}, anywhere},
    {"pconfig", 3, {0x0F, 0x01, 0xC5}, anywhere},
    {"rdtsc", 6, {0x0F, 0x31, 0x31, 0xC0, 0x31, 0xD2}, timed},
    {"rdpmc", 6, {0x0F, 0x33, 0x31, 0xC0, 0x31, 0xD2}, timed},
    {"rdtscp", 5, {0x0F, 0x01, 0xF9, 0x31, 0xC0}, timed},
};

constexpr Plain ordinary[] = {
    {"nop", 1, {0x90}, anywhere},
    {"ud2", 2, {0x0F, 0x0B}, anywhere},
    {"int1", 1, {0xF1}, anywhere},
    {"into", 1, {0xCE}, anywhere},
    {"clts", 2, {0x0F, 0x06}, anywhere},
    {"clac", 3, {0x0F, 0x01, 0xCA}, anywhere},
    {"stac", 3, {0x0F, 0x01, 0xCB}, anywhere},
    {"syscall", 2, {0x0F, 0x05}, anywhere},
    {"sysenter", 2, {0x0F, 0x34}, anywhere},
    {"sysret", 2, {0x0F, 0x07}, anywhere},
    {"sysexit", 2, {0x0F, 0x35}, anywhere},
    {"sgdt", 3, {0x0F, 0x01, 0x07}, anywhere},
    {"sidt", 3, {0x0F, 0x01, 0x0F}, anywhere},
    {"lgdt", 3, {0x0F, 0x01, 0x17}, user_only},
    {"lidt", 3, {0x0F, 0x01, 0x1F}, user_only},
    {"sldt", 3, {0x0F, 0x00, 0xC0}, anywhere},
    {"str", 3, {0x0F, 0x00, 0x0F}, anywhere},
    {"lldt", 3, {0x0F, 0x00, 0xD5}, anywhere},
    {"ltr", 3, {0x0F, 0x00, 0xDD}, anywhere},
    {"verr", 3, {0x0F, 0x00, 0xE5}, anywhere},
    {"lar", 3, {0x0F, 0x02, 0xC5}, anywhere},
    {"lsl", 3, {0x0F, 0x03, 0xC5}, anywhere},
    {"smsw_reg", 3, {0x0F, 0x01, 0xE0}, anywhere},
    {"smsw_mem", 3, {0x0F, 0x01, 0x27}, anywhere},
    {"invlpg", 3, {0x0F, 0x01, 0x3F}, anywhere},
    {"mov_ds", 2, {0x8E, 0xDD}, anywhere},
    {"mov_es", 2, {0x8E, 0xC5}, anywhere},
    {"mov_fs", 2, {0x8E, 0xE5}, anywhere},
    {"mov_rax_gs", 2, {0x8C, 0xE8}, anywhere},
    {"push_rax", 1, {0x50}, anywhere},
    {"pop_rax", 1, {0x58}, anywhere},
    {"call", 5, {0xE8, 0, 0, 0, 0}, anywhere},
    {"lahf", 1, {0x9F}, anywhere},
    {"sahf", 1, {0x9E}, anywhere},
    {"std", 1, {0xFD}, anywhere},
    {"stc", 1, {0xF9}, anywhere},
    {"cmc", 1, {0xF5}, anywhere},
    {"div", 2, {0xF7, 0xF1}, anywhere},
    {"load", 2, {0x8B, 0x06}, anywhere},
    {"store", 2, {0x89, 0x07}, anywhere},
    {"lock_add", 3, {0xF0, 0x01, 0x07}, anywhere},
    {"lock_add_reg", 3, {0xF0, 0x01, 0xC0}, anywhere},
    {"movsb", 1, {0xA4}, anywhere},
    {"rep_movsb", 2, {0xF3, 0xA4}, anywhere},
    {"rep_stosb", 2, {0xF3, 0xAA}, anywhere},
    {"repe_cmpsb", 2, {0xF3, 0xA6}, anywhere},
    {"lodsb", 1, {0xAC}, anywhere},
    {"outsb", 1, {0x6E}, user_only},
    {"insb", 1, {0x6C}, user_only},
    {"in", 2, {0xE4, 0x80}, user_only},
    {"out", 2, {0xE6, 0x80}, anywhere},
    {"xsave", 3, {0x0F, 0xAE, 0x27}, anywhere},
    {"xrstor", 3, {0x0F, 0xAE, 0x2F}, anywhere},
    {"xsaveopt", 3, {0x0F, 0xAE, 0x37}, anywhere},
    {"xsavec", 3, {0x0F, 0xC7, 0x27}, anywhere},
    {"xsaves", 3, {0x0F, 0xC7, 0x2F}, anywhere},
    {"xrstors", 3, {0x0F, 0xC7, 0x1F}, anywhere},
    {"fxsave", 3, {0x0F, 0xAE, 0x07}, anywhere},
    {"fxrstor", 3, {0x0F, 0xAE, 0x0F}, anywhere},
    {"clflush", 3, {0x0F, 0xAE, 0x3F}, anywhere},
    {"fld1", 2, {0xD9, 0xE8}, anywhere},
    {"movaps", 3, {0x0F, 0x28, 0xC8}, anywhere},
    {"paddb", 4, {0x66, 0x0F, 0xFC, 0xC1}, anywhere},
    {"rdpid", 4, {0xF3, 0x0F, 0xC7, 0xF8}, anywhere},
    {"rdpkru", 3, {0x0F, 0x01, 0xEE}, anywhere},
    {"rdfsbase", 4, {0xF3, 0x0F, 0xAE, 0xC0}, anywhere},
    {"rdsspq", 5, {0xF3, 0x48, 0x0F, 0x1E, 0xC8}, long_mode},
    {"sysret64", 3, {0x48, 0x0F, 0x07}, long_mode},
};

// Redundant, meaningless or forbidden; REX is the last, and exists in 64-bit mode only.
constexpr u8 prefixes[] = {0xF3, 0xF2, 0xF0, 0x2E, 0x36, 0x66, 0x67, 0x40, 0x48, 0x4F};
constexpr u32 prefixes_of_32_bit = 7;
constexpr u8 prefix_address_size = 0x67;

bool runs_here(const Plain& plain, const Maker& maker) {
    return !((plain.where & user_only) != 0 && maker.at_cpl_0()) &&
           !((plain.where & long_mode) != 0 && maker.in_32_bit()) &&
           !((plain.where & bare_vmx) != 0 && maker.vmx_enabled());
}

void put_prefix(Maker& maker) {
    const u8 prefix = prefixes[maker.random.below(maker.in_32_bit() ? prefixes_of_32_bit : sizeof prefixes)];
    // 16-bit addresses have other lengths, which would make other instructions of what follows.
    if (prefix != prefix_address_size || !maker.in_32_bit())
        maker.byte(prefix);
}

} // namespace

void make_plain(Maker& maker) {
    const Plain* plain = &ordinary[0];
    do {
        plain = maker.random.below(3) != 0 ? &maker.random.of(special) : &maker.random.of(ordinary);
    } while (!runs_here(*plain, maker));
    maker.begin(plain->name);
    // The two with constants or more than one instruction stay as they are.
    const bool simple = (plain->where & (timed | bare_vmx)) == 0 && plain->bytes[0] != 0xE8;
    if (simple && maker.random.one_in(6))
        put_prefix(maker);
    maker.bytes(plain->bytes, plain->length);
    if ((plain->where & timed) != 0)
        maker.takes_time();
}

} // namespace nadir::conformance::fuzz
