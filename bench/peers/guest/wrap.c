// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "wrap.h"

#include <stdint.h>

#define PAGE 4096
#define ENTRIES 512
#define PRESENT_WRITABLE 3u
#define LARGE 0x80u
#define LARGE_PAGE_BITS 21

#define CPUID_BYTES 2
#define FAR_JUMP 0xEA /* of 32-bit code: offset, selector */
#define CODE_32_BITS 0x00CF9B000000FFFFull
#define SELECTOR_32_BITS 0x100

typedef uint64_t table[ENTRIES];

struct __attribute__((packed)) pointer {
    uint16_t limit;
    uint64_t base;
};

struct __attribute__((packed)) far_jump {
    uint8_t opcode;
    uint32_t offset;
    uint16_t selector;
};

static struct __attribute__((aligned(PAGE))) {
    table pml4, directory_pointers, directories[4], first, last; /* the last two: tables of 4-KiB pages */
    union {
        uint8_t bytes[PAGE];
        struct far_jump jump;
    } at_0;
    uint8_t below_4_gib[PAGE];
    uint64_t gdt[SELECTOR_32_BITS / 8 + 1];
} own;

static uint64_t entry(const void* page) { return (uint64_t)(uintptr_t)page | PRESENT_WRITABLE; }

static void make_tables(void) {
    own.pml4[0] = entry(own.directory_pointers);
    for (unsigned i = 0; i < 4; i++)
        own.directory_pointers[i] = entry(own.directories[i]);
    for (uint64_t i = 0; i < 4 * ENTRIES; i++)
        own.directories[i / ENTRIES][i % ENTRIES] = i << LARGE_PAGE_BITS | LARGE | PRESENT_WRITABLE;
    for (uint64_t i = 0; i < ENTRIES; i++) {
        own.first[i] = i * PAGE | PRESENT_WRITABLE;
        own.last[i] = ((4 * ENTRIES - 1ull) << LARGE_PAGE_BITS) + i * PAGE + PRESENT_WRITABLE;
    }
    own.first[0] = entry(own.at_0.bytes);
    own.last[ENTRIES - 1] = entry(own.below_4_gib);
    own.directories[0][0] = entry(own.first);
    own.directories[3][ENTRIES - 1] = entry(own.last);
}

/* The present table, so that all selectors stay what they are, and behind it 32-bit code. */
static struct pointer make_gdt(const struct pointer* old) {
    const uint64_t* from = (const uint64_t*)(uintptr_t)old->base;

    for (unsigned i = 0; i < SELECTOR_32_BITS / 8 && i * 8 < old->limit; i++)
        own.gdt[i] = from[i];
    own.gdt[SELECTOR_32_BITS / 8] = CODE_32_BITS;
    return (struct pointer){sizeof(own.gdt) - 1, (uint64_t)(uintptr_t)own.gdt};
}

int peers_wraps_at_4_gib(void) {
    struct pointer old_gdt, gdt;
    uint64_t largest_leaf;
    uint16_t cs;

    make_tables();
    asm volatile("sgdt %0" : "=m"(old_gdt));
    gdt = make_gdt(&old_gdt);
    asm volatile("mov %%cs, %0" : "=r"(cs));
    own.below_4_gib[PAGE - CPUID_BYTES] = 0x0F;
    own.below_4_gib[PAGE - 1] = 0xA2;
    own.at_0.jump = (struct far_jump){.opcode = FAR_JUMP, .selector = cs};
    asm volatile("lgdt %0" : : "m"(gdt));
    /* R8 to R15 keep their values over a stay in compatibility mode; of the others only the lower halves do. */
    asm volatile("mov %%rsp, %%r9\n\t"
                 "mov %%cr3, %%r8\n\t"
                 "lea 1f(%%rip), %%rax\n\t"
                 "mov %%eax, (%[offset])\n\t"
                 "mov %[tables], %%cr3\n\t"
                 "push %[selector]\n\t"
                 "push %[target]\n\t"
                 "xor %%eax, %%eax\n\t"
                 "lretq\n"
                 "1:\tmov %%r8, %%cr3\n\t"
                 "mov %%r9, %%rsp"
                 : "=&a"(largest_leaf)
                 : [offset] "r"(&own.at_0.bytes[1]), [tables] "r"(own.pml4), [selector] "r"((uint64_t)SELECTOR_32_BITS),
                   [target] "r"(0x100000000ull - CPUID_BYTES)
                 : "rbx", "rcx", "rdx", "r8", "r9", "memory", "cc");
    asm volatile("lgdt %0" : : "m"(old_gdt));
    return largest_leaf != 0;
}
