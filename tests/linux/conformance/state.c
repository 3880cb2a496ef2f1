/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Registers over many exits; code that changes; clocks; what the kernel maps for programs. */
#define _GNU_SOURCE
#include <asm/prctl.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "trace.h"

#ifndef ARCH_SET_CPUID
#define ARCH_SET_CPUID 0x1012
#endif

enum { exits = 300, state_bytes = 8192, extended_features = 0xD };

static uint64_t xcr0(void) {
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
}

static int has_xsave(void) {
    uint32_t a = 1, b, c, d;
    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "=c"(c), "=d"(d));
    return (c >> 27 & 1) != 0;
}

/* x87, SSE, AVX, and AVX-512's three: those that hold plain data. Neither the header nor MXCSR does. */
static void trace_vector_state(void) {
    enum { sse_registers = 160, legacy_end = 416, header = 512, header_end = 576, plain_data = 0xE7 };
    static uint8_t before[state_bytes] __attribute__((aligned(64))), after[state_bytes] __attribute__((aligned(64)));
    if (!has_xsave()) {
        printf("vector state: no XSAVE\n");
        return;
    }
    const uint64_t components = xcr0() & plain_data;
    __asm__ volatile("xsave %0" : "+m"(before) : "a"(plain_data), "d"(0));
    for (unsigned i = sse_registers; i < legacy_end; i++)
        before[i] = (uint8_t)(i * 37 + 11);
    for (unsigned component = 2; component < 63; component++) {
        uint32_t size = extended_features, offset, c = component, d;
        if ((components >> component & 1) == 0)
            continue;
        __asm__ volatile("cpuid" : "+a"(size), "=b"(offset), "+c"(c), "=d"(d));
        for (unsigned i = 0; i < size && offset + i < state_bytes; i++)
            before[offset + i] = (uint8_t)(i * 41 + component);
    }
    memcpy(before + header, &components, sizeof components);
    memcpy(after, before, header_end);
    __asm__ volatile("movl %[components], %%eax; xorl %%edx, %%edx\n\t"
                     "xrstor %[before]\n\t"
                     "movl %[rounds], %%r8d\n"
                     "1: xorl %%eax, %%eax; xorl %%ecx, %%ecx; cpuid; decl %%r8d; jnz 1b\n\t"
                     "movl %[components], %%eax; xorl %%edx, %%edx\n\t"
                     "xsave %[after]"
                     : [after] "+m"(after)
                     : [before] "m"(before), [components] "i"(plain_data), [rounds] "i"(exits)
                     : "rax", "rbx", "rcx", "rdx", "r8", "memory", "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5",
                       "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
    unsigned changed = 0;
    for (unsigned i = 0; i < state_bytes; i++)
        changed += before[i] != after[i];
    printf("vector state: components %lx, %u bytes changed over %d exits\n", components, changed, exits);
}

static void trace_segments(void) {
    uint64_t cs, ss, ds, es, fs, gs, base = 0;
    __asm__ volatile("mov %%cs, %0; mov %%ss, %1; mov %%ds, %2; mov %%es, %3; mov %%fs, %4; mov %%gs, %5"
                     : "=r"(cs), "=r"(ss), "=r"(ds), "=r"(es), "=r"(fs), "=r"(gs));
    printf("segments: %lx %lx %lx %lx %lx %lx\n", cs, ss, ds, es, fs, gs);
    syscall(SYS_arch_prctl, ARCH_SET_GS, 0x123456789000);
    for (int i = 0; i < exits; i++) {
        uint32_t a = 0, b, c = 0, d;
        __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    }
    syscall(SYS_arch_prctl, ARCH_GET_GS, &base);
    printf("gs base: %lx\n", base);
    syscall(SYS_arch_prctl, ARCH_SET_GS, 0);
}

static void trace_cpuid_faulting(void) {
    static const struct piece cpuid = PIECE("cpuid without permission", "\x0f\xa2");
    const long result = syscall(SYS_arch_prctl, ARCH_SET_CPUID, 0);
    printf("cpuid faulting: %s\n", result == 0 ? "on" : strerrorname_np(errno));
    if (result == 0) {
        run_piece(mode_64, &cpuid);
        syscall(SYS_arch_prctl, ARCH_SET_CPUID, 1);
    }
}

/* The old vsyscall page: calls of it are a fault that the kernel serves; reading it is another. */
static void trace_vsyscall(void) {
    static const struct piece call =
        PIECE("vsyscall time", "\x31\xff\xff\xd3\x31\xc0\x31\xc9\x4d\x31\xdb", 0, 0xFFFFFFFFFF600400);
    static const struct piece read = PIECE("read vsyscall", "\x8b\x03", 0, 0xFFFFFFFFFF600000);
    run_piece(mode_64, &call);
    run_piece(mode_64, &read);
}

void trace_state(void) {
    trace_vector_state();
    trace_segments();
    trace_cpuid_faulting();
    trace_vsyscall();
}

/* One processor writes code through one mapping, another executes it through another. */
struct code {
    uint8_t *to, *from;
    uint32_t written, executed; /* rounds */
    uint32_t right;
};
enum { code_rounds = 50 };

static void* execute_code(void* argument) {
    struct code* code = argument;
    pin(processors() - 1);
    for (uint32_t round = 1; round <= code_rounds; round++) {
        while (__atomic_load_n(&code->written, __ATOMIC_ACQUIRE) < round)
            sched_yield();
        uint32_t a = 0, b, c = 0, d;
        __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d) : : "memory"); /* serializes */
        code->right += ((uint32_t(*)(void))code->from)() == round;
        __atomic_store_n(&code->executed, round, __ATOMIC_RELEASE);
    }
    return NULL;
}

static void trace_changing_code(void) {
    const int file = memfd_create("code", 0);
    struct code code = {0};
    if (ftruncate(file, 4096) != 0)
        return;
    code.to = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    code.from = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, file, 0);
    close(file);
    pthread_t thread;
    pthread_create(&thread, NULL, execute_code, &code);
    for (uint32_t round = 1; round <= code_rounds; round++) {
        code.to[0] = 0xB8; /* MOV EAX, round; RET */
        memcpy(code.to + 1, &round, 4);
        code.to[5] = 0xC3;
        __atomic_store_n(&code.written, round, __ATOMIC_RELEASE);
        while (__atomic_load_n(&code.executed, __ATOMIC_ACQUIRE) < round)
            sched_yield();
    }
    pthread_join(thread, NULL);
    printf("code that changes: right %u of %u times\n", code.right, code_rounds);
}

static uint64_t read_tsc(void) {
    uint32_t low, high;
    __asm__ volatile("lfence; rdtsc; lfence" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
}

void trace_processors(void) {
    uint64_t last = 0;
    int in_order = 1;
    for (int i = 0; i < 10 * processors(); i++) {
        pin(i % processors());
        const uint64_t now = read_tsc();
        in_order = in_order && now > last;
        last = now;
    }
    printf("time-stamp counter across processors: %s\n", in_order ? "in order" : "NOT IN ORDER");
    pin(0);
    trace_changing_code();
}
