// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * Each instruction is executed alone between two readings of the time-stamp counter, SAMPLES times, and its surroundings as
 * often without it: whoever reads the numbers takes medians, so that an interrupt of a host's own is nobody's cost.
 */
#include "measure.h"

#include "checks.h"
#include "print.h"
#include "traps.h"

#define SAMPLES 31 /* and one more, to warm up */

#define CR4_OSXSAVE (1ull << 18)
#define CPUID_1_ECX_XSAVE (1u << 26)

/* A fault goes on at the second reading of the counter (R15). */
#define TICKS(setup, instruction)                                                                                      \
    ({                                                                                                                 \
        uint32_t ticks_;                                                                                               \
        asm volatile("lea 1f(%%rip), %%r15\n\t"                                                                        \
                     "rdtsc\n\t"                                                                                       \
                     "mov %%eax, %%r14d\n\t" setup "\n\t" instruction "\n"                                             \
                     "1:\trdtsc\n\t"                                                                                   \
                     "sub %%r14d, %%eax"                                                                               \
                     : "=a"(ticks_)                                                                                    \
                     :                                                                                                 \
                     : "rbx", "rcx", "rdx", "r14", "r15", "memory", "cc");                                             \
        ticks_;                                                                                                        \
    })

struct kind {
    const char* name;
    uint32_t (*with)(void);
    uint32_t (*without)(void);
};

#define KIND(name, setup, instruction)                                                                                 \
    static uint32_t with_##name(void) { return TICKS(setup, instruction); }                                            \
    static uint32_t without_##name(void) { return TICKS(setup, ""); }

KIND(cpuid_leaf_0, "xor %%eax, %%eax; xor %%ecx, %%ecx", "cpuid")
KIND(cpuid_leaf_1, "mov $1, %%eax; xor %%ecx, %%ecx", "cpuid")
KIND(rdmsr_apic_base, "mov $0x1B, %%ecx", "rdmsr")
KIND(rdmsr_vmx_basic, "mov $0x480, %%ecx", "rdmsr")
/* AM and MCE change nothing here; there are hypervisors that want to know of them. An even number of changes is none. */
KIND(mov_to_cr0, "mov %%cr0, %%rax; xor $0x40000, %%rax", "mov %%rax, %%cr0")
KIND(mov_to_cr4, "mov %%cr4, %%rax; xor $0x40, %%rax", "mov %%rax, %%cr4")
KIND(in_port_80, "", "in $0x80, %%al")
/* These end the machine with some, and so come last. Whichever register a hypervisor looks for its number in, this is none. */
KIND(vmcall_unknown, "mov $0x7EE75, %%eax; mov %%eax, %%ebx; mov %%eax, %%ecx; mov %%eax, %%edx", "vmcall")
KIND(xsetbv, "xor %%ecx, %%ecx; xgetbv", "xsetbv")

#define NAMED(name)                                                                                                    \
    { #name, with_##name, without_##name }
static const struct kind harmless[] = {
    NAMED(cpuid_leaf_0), NAMED(cpuid_leaf_1), NAMED(rdmsr_apic_base), NAMED(rdmsr_vmx_basic),
    NAMED(mov_to_cr0),   NAMED(mov_to_cr4),   NAMED(in_port_80),
};
static const struct kind vmcall = NAMED(vmcall_unknown);
static const struct kind xsetbv = NAMED(xsetbv);

static void print_samples(const struct peers_environment* environment, const char* name, const char* which,
                          uint32_t (*sample)(void)) {
    uint32_t samples[SAMPLES];

    sample(); /* tables and caches warm */
    for (unsigned i = 0; i < SAMPLES; i++)
        samples[i] = sample();
    peers_print(environment, "@@ peers ");
    peers_print(environment, which);
    peers_print(environment, " ");
    peers_print(environment, name);
    for (unsigned i = 0; i < SAMPLES; i++) {
        peers_print(environment, " ");
        peers_print_number(environment, samples[i]);
    }
    peers_print(environment, "\n");
}

static void measure_kind(const struct peers_environment* environment, const struct kind* kind) {
    print_samples(environment, kind->name, "without", kind->without);
    peers_traps.fault = -1;
    print_samples(environment, kind->name, "with", kind->with);
    if (peers_traps.fault >= 0) {
        peers_print(environment, "@@ peers fault ");
        peers_print(environment, kind->name);
        peers_print(environment, " ");
        peers_print_number(environment, (uint64_t)peers_traps.fault);
        peers_print(environment, "\n");
    }
}

/* Who says that it is there. [The range 4000_0000H to 4FFF_FFFFH is left to software.] */
static void print_signature(const struct peers_environment* environment) {
    uint32_t a = 0x40000000, c = 0, b, d;

    asm volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    peers_print(environment, "@@ peers signature ");
    for (unsigned i = 0; i < 12; i++) {
        const uint32_t word = i < 4 ? b : i < 8 ? c : d;
        const char letter = (char)(word >> i % 4 * 8);

        environment->put(letter > ' ' && letter < 0x7F ? letter : '.');
    }
    peers_print(environment, "\n");
}

/* The emulator's debugger stops at the first instruction, and then at each VM exit: between two of them lies all of one. */
static void stop_and_trace(void) {
    asm volatile("xchg %%bx, %%bx\n\t"
                 ".rept 8\n\t"
                 "xor %%eax, %%eax\n\t"
                 "xor %%ecx, %%ecx\n\t"
                 "cpuid\n\t"
                 ".endr"
                 :
                 :
                 : "rax", "rbx", "rcx", "rdx", "memory", "cc");
}

static int has_xsave(void) {
    uint32_t a = 1, c = 0, b, d;

    asm volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    return (c & CPUID_1_ECX_XSAVE) != 0;
}

PEERS_SYSV void peers_measure(const struct peers_environment* environment) {
    const int xsave = has_xsave();
    uint64_t cr4;

    peers_traps_on();
    peers_traps.apic = environment->apic;
    asm volatile("mov %%cr4, %0" : "=r"(cr4));
    if (xsave)
        asm volatile("mov %0, %%cr4" : : "r"(cr4 | CR4_OSXSAVE));
    peers_print(environment, environment->virtualised ? "@@ peers phase virtualised\n" : "@@ peers phase bare\n");
    print_signature(environment);
    if (environment->virtualised)
        stop_and_trace();
    for (unsigned i = 0; i < sizeof(harmless) / sizeof(*harmless); i++)
        measure_kind(environment, &harmless[i]);
    peers_checks(environment);
    measure_kind(environment, &vmcall);
    if (xsave)
        measure_kind(environment, &xsetbv);
    peers_dangerous_checks(environment, xsave);
    asm volatile("mov %0, %%cr4" : : "r"(cr4));
    peers_traps_off();
    peers_print(environment, "@@ peers end\n");
}
