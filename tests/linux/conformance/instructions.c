/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include <stdio.h>

#include "trace.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define DIRTY 0xDEADBEEF00000000ull

static void ask(uint32_t leaf, uint32_t subleaf) {
    const struct piece cpuid = PIECE("cpuid", "\x0f\xa2", DIRTY | leaf, DIRTY, DIRTY | subleaf, DIRTY);
    printf("leaf %x.%u ", leaf, subleaf);
    run_piece(mode_64, &cpuid);
}

/* Every leaf, with what the upper halves of the registers must not matter for, and must not keep. */
void trace_cpuid(void) {
    enum { subleaves = 4, beyond = 3 };
    static const uint32_t ranges[] = {0, 0x20000000, 0x40000000, 0x80000000, 0x80860000, 0xC0000000, 0xFFFFFFFF};
    for (unsigned i = 0; i < COUNT(ranges); i++) {
        uint32_t last = ranges[i], b, c, d;
        __asm__ volatile("cpuid" : "+a"(last), "=b"(b), "=c"(c), "=d"(d));
        if ((ranges[i] & 0x7FFFFFFF) != 0 || last - ranges[i] > 64)
            last = ranges[i];
        for (uint32_t leaf = ranges[i]; leaf - ranges[i] <= last - ranges[i] + beyond; leaf++)
            for (uint32_t subleaf = 0; subleaf < subleaves; subleaf++)
                ask(leaf, subleaf);
    }
}

static void run_all(enum mode mode, const struct piece* pieces, unsigned count) {
    for (unsigned i = 0; i < count; i++)
        run_piece(mode, &pieces[i]);
}

/* Those that have the same encoding in compatibility mode. */
static const struct piece everywhere[] = {
    PIECE("vmcall", "\x0f\x01\xc1", 1, 2, 3, 4),
    PIECE("vmlaunch", "\x0f\x01\xc2"),
    PIECE("vmresume", "\x0f\x01\xc3"),
    PIECE("vmxoff", "\x0f\x01\xc4"),
    PIECE("vmread", "\x0f\x78\xc3", 0x681E, 0),
    PIECE("vmwrite", "\x0f\x79\xc3", 0x681E, 0),
    PIECE("vmclear", "\x66\x0f\xc7\x33", 0, DATA),
    PIECE("vmptrld", "\x0f\xc7\x33", 0, DATA),
    PIECE("vmptrst", "\x0f\xc7\x3b", 0, DATA),
    PIECE("vmxon", "\xf3\x0f\xc7\x33", 0, DATA),
    PIECE("invept", "\x66\x0f\x38\x80\x03", 1, DATA),
    PIECE("invvpid", "\x66\x0f\x38\x81\x03", 1, DATA),
    PIECE("vmfunc", "\x0f\x01\xd4"),
    PIECE("getsec", "\x0f\x37"),
    PIECE("xgetbv 0", "\x0f\x01\xd0", DIRTY, 0, 0, DIRTY),
    PIECE("xgetbv 1", "\x0f\x01\xd0", 0, 0, 1),
    PIECE("xgetbv 2", "\x0f\x01\xd0", 0, 0, 2),
    PIECE("xsetbv", "\x0f\x01\xd1", 7, 0, 0, 0),
    PIECE("invd", "\x0f\x08"),
    PIECE("wbinvd", "\x0f\x09"),
    PIECE("rdpmc 0", "\x0f\x33", 0, 0, 0),
    PIECE("rdpmc 40000000", "\x0f\x33", 0, 0, 0x40000000),
    PIECE("rdmsr tsc", "\x0f\x32", 0, 0, 0x10),
    PIECE("rdmsr feature control", "\x0f\x32", 0, 0, 0x3A),
    PIECE("rdmsr vmx basic", "\x0f\x32", 0, 0, 0x480),
    PIECE("rdmsr 40000000", "\x0f\x32", 0, 0, 0x40000000),
    PIECE("wrmsr efer", "\x0f\x30", 0, 0, 0xC0000080),
    PIECE("wrmsr 40000000", "\x0f\x30", 0, 0, 0x40000000),
    PIECE("hlt", "\xf4"),
    PIECE("cli", "\xfa"),
    PIECE("in", "\xe4\x80"),
    PIECE("out", "\xe6\x80"),
    PIECE("mov from cr0", "\x0f\x20\xc0"),
    PIECE("mov to cr0", "\x0f\x22\xc0", 0x80000011),
    PIECE("mov from cr3", "\x0f\x20\xd8"),
    PIECE("mov to cr4", "\x0f\x22\xe0", 0x2000),
    PIECE("mov to dr7", "\x0f\x23\xf8"),
    PIECE("clts", "\x0f\x06"),
    PIECE("lgdt", "\x0f\x01\x13", 0, DATA),
    PIECE("lidt", "\x0f\x01\x1b", 0, DATA),
    PIECE("lmsw", "\x0f\x01\xf0"),
    PIECE("invlpg", "\x0f\x01\x3b", 0, DATA),
    PIECE("invpcid", "\x66\x0f\x38\x82\x03", 2, DATA),
    PIECE("sldt", "\x0f\x00\xc0", DIRTY),
    PIECE("str", "\x0f\x00\xc8", DIRTY),
    PIECE("smsw", "\x0f\x01\xe0", DIRTY),
    PIECE("sgdt", "\x0f\x01\x03\x8b\x03\x8b\x4b\x04", 0, DATA),
    PIECE("sidt", "\x0f\x01\x0b\x8b\x03\x8b\x4b\x04", 0, DATA),
    PIECE("monitor", "\x0f\x01\xc8", DATA),
    PIECE("mwait", "\x0f\x01\xc9"),
    PIECE("tpause", "\x66\x0f\xae\xf1"),
    PIECE("umonitor", "\xf3\x0f\xae\xf0", DATA),
    PIECE("umwait", "\xf2\x0f\xae\xf1"),
    PIECE("pconfig", "\x0f\x01\xc5"),
    PIECE("encls", "\x0f\x01\xcf"),
    PIECE("enclv", "\x0f\x01\xc0"),
    PIECE("rsm", "\x0f\xaa"),
    PIECE("xsaves", "\x0f\xc7\x2b", 0, DATA + 64),
    PIECE("xrstors", "\x0f\xc7\x1b", 0, DATA + 64),
    PIECE("lar", "\x0f\x02\xc3\x9c\x5a", 0, 0x33),
    PIECE("lsl", "\x0f\x03\xc3\x9c\x5a", 0, 0x2b),
    PIECE("lock cpuid", "\xf0\x0f\xa2"),
    PIECE("ud2", "\x0f\x0b"),
};

void trace_instructions(void) {
    static const struct piece only_64[] = {
        PIECE("swapgs", "\x0f\x01\xf8"),
        PIECE("rdtscp aux", "\x0f\x01\xf9\x31\xc0\x31\xd2", DIRTY, 0, DIRTY, DIRTY),
        PIECE("rdtsc high", "\x0f\x31\x48\xc1\xe8\x20\x48\xc1\xea\x20", DIRTY, 0, 0, DIRTY),
        PIECE("rdpid", "\xf3\x0f\xc7\xf8", DIRTY),
        PIECE("syscall", "\x0f\x05", ~0ull, 0, DIRTY, 0),
        PIECE("cpuid with prefixes", "\x48\x66\x2e\x0f\xa2", 0, 0, 0, 0),
        PIECE("wrgsbase", "\xf3\x48\x0f\xae\xd8", 1ull << 62),
    };
    run_all(mode_64, everywhere, COUNT(everywhere));
    run_all(mode_64, only_64, COUNT(only_64));
}

void trace_compatibility(void) {
    static const struct piece cpuid = PIECE("cpuid", "\x0f\xa2", 0, 0, 0, 0);
    static const struct piece into = PIECE("into", "\xb8\xff\xff\xff\x7f\x83\xc0\x01\xce");
    static const struct piece end = PIECE("cpuid at the end of 4 GiB", "\x0f\xa2", 0, 0, 0, 0);
    static const struct piece vmcall = PIECE("vmcall at the end of 4 GiB", "\x0f\x01\xc1", 0, 0, 0, 0);
    run_piece(mode_32, &cpuid);
    run_piece(mode_32, &into);
    run_all(mode_32, everywhere, COUNT(everywhere));
    for (enum mode mode = mode_64; mode <= mode_32; mode++) {
        run_piece_before(mode, &end, 1ull << 32);
        run_piece_before(mode, &vmcall, 1ull << 32);
    }
}
