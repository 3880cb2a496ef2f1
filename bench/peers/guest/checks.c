// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "checks.h"

#include "ports.h"
#include "print.h"
#include "traps.h"
#include "wrap.h"

#define RFLAGS_TF_TEXT "0x100"
#define DR7_FIXED 0x400u
#define DR7_G0 2u
#define GENERAL_PROTECTION 13

#define APIC_SPURIOUS (0xF0 / 4)
#define APIC_ICR_LOW (0x300 / 4)
#define APIC_ENABLED 0x100u
#define SPURIOUS_VECTOR 0xFFu
#define ICR_TO_SELF 0x44000u /* shorthand self, level assert, fixed */
#define OWN_VECTOR 0x50u
#define FIRST_8259 0x21 /* their interrupt masks */
#define SECOND_8259 0xA1

static void say(const struct peers_environment* environment, const char* name, int right) {
    peers_print(environment, "@@ peers check ");
    peers_print(environment, name);
    peers_print(environment, right ? " right\n" : " wrong\n");
}

/* The upper halves of RAX and RCX don't select, and those of all four results are zero. [SDM2 "CPUID"] */
static int upper_halves(void) {
    uint64_t plain = 1, a = 0xA5A5A5A500000001ull, b, c = 0xA5A5A5A500000000ull, d;
    uint64_t plain_b, plain_c = 0, plain_d;

    asm volatile("cpuid" : "+a"(plain), "=b"(plain_b), "+c"(plain_c), "=d"(plain_d));
    asm volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    if (a != plain || b != plain_b || c != plain_c || d != plain_d || (a | b | c | d) >> 32)
        return 0;
    /* This leaf's EAX has bit 31 set, which must not be extended. */
    a = 0x80000000u;
    c = 0;
    asm volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    return (a | b | c | d) >> 32 == 0;
}

/*
 * An operand-size prefix makes CPUID three bytes long. If only two are skipped, its last byte A2H becomes the beginning
 * of a store of AL to the address that the next eight bytes are; when three are skipped, those are a jump over themselves.
 */
static int prefixed_cpuid(void) {
    volatile uint8_t* const trap = (volatile uint8_t*)(uintptr_t)(PEERS_TRAP_PAGE + 0x6EB);
    uint32_t a = 0, b, c = 0, d;

    *trap = 0xCC; /* leaf 0 never has this in AL: a processor with so many leaves isn't there */
    asm volatile(".byte 0x66, 0x0F, 0xA2\n\t"
                 ".byte 0xEB, 0x06, 0x00, 0x10, 0x00, 0x00, 0x00, 0x00"
                 : "+a"(a), "=b"(b), "+c"(c), "=d"(d)
                 :
                 : "memory");
    return *trap == 0xCC;
}

/* The trap of TF comes right behind the instruction, not one later. */
static int single_step(void) {
    uint64_t behind;

    peers_traps.debug_rip = 0;
    asm volatile("lea 1f(%%rip), %0\n\t"
                 "xor %%eax, %%eax\n\t"
                 "xor %%ecx, %%ecx\n\t"
                 "pushfq\n\t"
                 "orq $" RFLAGS_TF_TEXT ", (%%rsp)\n\t"
                 "popfq\n\t"
                 "cpuid\n"
                 "1:\tnop\n\t"
                 "nop\n\t"
                 "nop"
                 : "=&r"(behind)
                 :
                 : "rax", "rbx", "rcx", "rdx", "memory", "cc");
    return peers_traps.debug_rip == behind;
}

/* STI delays interrupts for one instruction. When that exits, the delay is over behind it. */
static int sti_shadow(volatile uint32_t* apic) {
    uint64_t behind;

    apic[APIC_SPURIOUS] = APIC_ENABLED | SPURIOUS_VECTOR;
    peers_traps.interrupt_rip = 0;
    apic[APIC_ICR_LOW] = ICR_TO_SELF | OWN_VECTOR;
    asm volatile("lea 1f(%%rip), %0\n\t"
                 "xor %%eax, %%eax\n\t"
                 "xor %%ecx, %%ecx\n\t"
                 "sti\n\t"
                 "cpuid\n"
                 "1:\tnop\n\t"
                 "nop\n\t"
                 "nop\n\t"
                 "cli"
                 : "=&r"(behind)
                 :
                 : "rax", "rbx", "rcx", "rdx", "memory", "cc");
    return peers_traps.interrupt_rip == behind;
}

/* A VM exit sets DR7 to 400H; the guest's is its own. */
static int breakpoints_stay(void) {
    static char never_executed;
    const uint64_t wanted = DR7_FIXED | DR7_G0;
    uint64_t old, found;
    uint32_t a = 0, c = 0;

    asm volatile("mov %%dr7, %0" : "=r"(old));
    asm volatile("mov %0, %%dr0" : : "r"(&never_executed));
    asm volatile("mov %0, %%dr7" : : "r"(wanted));
    asm volatile("cpuid" : "+a"(a), "+c"(c) : : "rbx", "rdx", "memory");
    asm volatile("mov %%dr7, %0" : "=r"(found));
    asm volatile("mov %0, %%dr7" : : "r"(old));
    return found == wanted;
}

/* XCR0 without its bit 0 is #GP, of the guest's. A hypervisor that hands it to the processor unseen gets that itself. */
static int invalid_xsetbv(void) {
    peers_traps.fault = -1;
    asm volatile("lea 1f(%%rip), %%r15\n\t"
                 "xor %%eax, %%eax\n\t"
                 "xor %%ecx, %%ecx\n\t"
                 "xor %%edx, %%edx\n\t"
                 "xsetbv\n"
                 "1:"
                 :
                 :
                 : "rax", "rcx", "rdx", "r15", "memory", "cc");
    return peers_traps.fault == GENERAL_PROTECTION;
}

void peers_checks(const struct peers_environment* environment) {
    const uint8_t masks[] = {in(FIRST_8259), in(SECOND_8259)};

    /* Devices' interrupts have no handler here, and would be taken for ours. */
    out(FIRST_8259, 0xFF);
    out(SECOND_8259, 0xFF);
    say(environment, "upper_halves", upper_halves());
    if (environment->trap_page)
        say(environment, "prefixed_cpuid", prefixed_cpuid());
    say(environment, "single_step", single_step());
    if (environment->apic)
        say(environment, "sti_shadow", sti_shadow(environment->apic));
    say(environment, "breakpoints_stay", breakpoints_stay());
    out(FIRST_8259, masks[0]);
    out(SECOND_8259, masks[1]);
}

static void try(const struct peers_environment* environment, const char* name, int (*check)(void)) {
    peers_print(environment, "@@ peers trying ");
    peers_print(environment, name);
    peers_print(environment, "\n");
    say(environment, name, check());
}

void peers_dangerous_checks(const struct peers_environment* environment, int xsave) {
    if (environment->wrap_first)
        try(environment, "wrap_at_4_gib", peers_wraps_at_4_gib);
    if (xsave)
        try(environment, "invalid_xsetbv", invalid_xsetbv);
    if (!environment->wrap_first)
        try(environment, "wrap_at_4_gib", peers_wraps_at_4_gib);
}
