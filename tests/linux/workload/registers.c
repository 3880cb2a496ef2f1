/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#define _GNU_SOURCE
#include <cpuid.h>
#include <sched.h>
#include <string.h>

#include "checks.h"

/* Leaves whose answer depends on nothing but the processor: the digest must be the same before, while and after. */
static uint64_t digest_of_processor(void) {
    static const unsigned leaves[] = {0,          1,          2,          4,          5,
                                      6,          7,          0xA,        0xB,        0xD,
                                      0x80000000, 0x80000001, 0x80000002, 0x80000003, 0x80000004,
                                      0x80000006, 0x80000007, 0x80000008, 0x40000000, 0x12345678};
    uint64_t digest = DIGEST_START;
    for (unsigned i = 0; i < sizeof leaves / sizeof leaves[0]; i++)
        for (unsigned subleaf = 0; subleaf < 4; subleaf++) {
            unsigned values[4] = {0};
            __cpuid_count(leaves[i], subleaf, values[0], values[1], values[2], values[3]);
            digest = digest_bytes(digest, values, sizeof values);
        }
    return digest;
}

/* CPUID from user mode: the one instruction of a user that always exits. */
uint64_t check_cpuid(void) {
    uint64_t digest = DIGEST_START;
    for (int processor = 0; processor < processors(); processor++) {
        cpu_set_t all;
        REQUIRE(sched_getaffinity(0, sizeof all, &all) == 0);
        pin(processor);
        unsigned eax, name[3];
        __cpuid(0, eax, name[0], name[2], name[1]);
        REQUIRE(memcmp(name, "GenuineIntel", 12) == 0);
        uint64_t first = digest_of_processor();
        for (int round = 0; round < 10; round++)
            REQUIRE(digest_of_processor() == first);
        digest = digest_bytes(digest, &first, sizeof first);
        REQUIRE(sched_setaffinity(0, sizeof all, &all) == 0);
    }
    return digest;
}

/* No register changes but those that CPUID writes: general ones, flags, and the SSE registers, over many exits. */
uint64_t check_registers(void) {
    unsigned char before[16][16], after[16][16];
    for (unsigned i = 0; i < sizeof before; i++)
        before[i / 16][i % 16] = (unsigned char)(i * 31 + 7);
    uint64_t bad = 0, flags_in = 0xCD5 & ~0x400ull, flags_out = 0;
    for (int round = 0; round < 200; round++) {
        __asm__ volatile(
            "movdqu 0(%[in]), %%xmm0; movdqu 16(%[in]), %%xmm1; movdqu 32(%[in]), %%xmm2\n\t"
            "movdqu 48(%[in]), %%xmm3\n\t"
            "movdqu 64(%[in]), %%xmm4; movdqu 80(%[in]), %%xmm5; movdqu 96(%[in]), %%xmm6\n\t"
            "movdqu 112(%[in]), %%xmm7\n\t"
            "movdqu 128(%[in]), %%xmm8; movdqu 144(%[in]), %%xmm9; movdqu 160(%[in]), %%xmm10\n\t"
            "movdqu 176(%[in]), %%xmm11; movdqu 192(%[in]), %%xmm12; movdqu 208(%[in]), %%xmm13\n\t"
            "movdqu 224(%[in]), %%xmm14; movdqu 240(%[in]), %%xmm15\n\t"
            "movq $0x1111, %%r12; movq $0x2222, %%r13; movq $0x3333, %%r14; movq $0x4444, %%r15\n\t"
            "movl $1, %%eax; xorl %%ecx, %%ecx; pushq %[flags]; popfq; cpuid\n\t"
            "pushfq; popq %[seen]\n\t"
            "subq $0x1111, %%r12; subq $0x2222, %%r13; subq $0x3333, %%r14; subq $0x4444, %%r15\n\t"
            "orq %%r12, %[bad]; orq %%r13, %[bad]; orq %%r14, %[bad]; orq %%r15, %[bad]\n\t"
            "movdqu %%xmm0, 0(%[out]); movdqu %%xmm1, 16(%[out]); movdqu %%xmm2, 32(%[out])\n\t"
            "movdqu %%xmm3, 48(%[out])\n\t"
            "movdqu %%xmm4, 64(%[out]); movdqu %%xmm5, 80(%[out]); movdqu %%xmm6, 96(%[out])\n\t"
            "movdqu %%xmm7, 112(%[out]); movdqu %%xmm8, 128(%[out]); movdqu %%xmm9, 144(%[out])\n\t"
            "movdqu %%xmm10, 160(%[out]); movdqu %%xmm11, 176(%[out]); movdqu %%xmm12, 192(%[out])\n\t"
            "movdqu %%xmm13, 208(%[out]); movdqu %%xmm14, 224(%[out]); movdqu %%xmm15, 240(%[out])"
            : [bad] "+S"(bad), [seen] "=&D"(flags_out)
            : [in] "r"(before), [out] "r"(after), [flags] "r"(flags_in)
            : "rax", "rbx", "rcx", "rdx", "r12", "r13", "r14", "r15", "memory", "cc", "xmm0", "xmm1", "xmm2", "xmm3",
              "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
        REQUIRE(bad == 0);
        REQUIRE(memcmp(before, after, sizeof before) == 0);
        REQUIRE((flags_out & 0x8D5) == (flags_in & 0x8D5));
    }
    return digest_bytes(DIGEST_START, after, sizeof after);
}
