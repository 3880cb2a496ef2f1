/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Faults and their frames; single steps; breakpoints by another process. */
#define _GNU_SOURCE
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "trace.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define NOT_CANONICAL (1ull << 62)
#define NOT_THERE 0x1000ull

void trace_faults(void) {
    static const struct piece faults[] = {
        PIECE("int3", "\xcc"),
        PIECE("int1", "\xf1"),
        PIECE("int 2", "\xcd\x02"),
        PIECE("int 20", "\xcd\x20"),
        PIECE("int 80", "\xcd\x80", 0xFFFF),
        PIECE("into", "\xce"),
        PIECE("div by 0", "\xf7\xf1", 1, 0, 0, 0),
        PIECE("read not canonical", "\x8b\x03", 0, NOT_CANONICAL),
        PIECE("stack not canonical", "\x48\x89\xdd\x8b\x45\x00", 0, NOT_CANONICAL),
        PIECE("read not there", "\x8b\x03", 0, NOT_THERE),
        PIECE("write not there", "\x89\x03", 0, NOT_THERE),
        PIECE("read the kernel", "\x8b\x03", 0, 0xFFFFFFFF81000000),
        PIECE("write code", "\xc6\x03\x90", 0, 0x400000),
        PIECE("jump into data", "\xff\xe3", 0, DATA),
        PIECE("jump not canonical", "\xff\xe3", 0, NOT_CANONICAL),
        PIECE("too long", "\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x90"),
        PIECE("alignment", "\x9c\x81\x0c\x24\x00\x00\x04\x00\x9d\x8b\x43\x01", 0, DATA),
        PIECE("mov to ss null", "\x8e\xd0", 0),
        PIECE("mov to ds of the kernel", "\x8e\xd8", 0x18),
        PIECE("xsetbv of an invalid value", "\x0f\x01\xd1", 0, 0, 0, 0),
    };
    for (unsigned i = 0; i < COUNT(faults); i++)
        run_piece(mode_64, &faults[i]);
}

#define SET_TF "\x9c\x81\x0c\x24\x00\x01\x00\x00\x9d"
#define CLEAR_TF "\x9c\x81\x24\x24\xff\xfe\xff\xff\x9d"

/* Not over SYSCALL: Bochs 2.7 traps behind it, in the kernel, on the bare machine, too, and Linux warns. */
void trace_steps(void) {
    static const struct piece steps[] = {
        PIECE("step nop", SET_TF "\x90\x90" CLEAR_TF "\x90"),
        PIECE("step cpuid", SET_TF "\x0f\xa2\x90\x0f\xa2" CLEAR_TF "\x90"),
        PIECE("step rdtsc", SET_TF "\x0f\x31\x90" CLEAR_TF "\x90"),
        PIECE("step mov ss", "\x8c\xd1" SET_TF "\x8e\xd1\x0f\xa2\x90" CLEAR_TF "\x90"),
        PIECE("step mov ss nop", "\x8c\xd1" SET_TF "\x8e\xd1\x90\x0f\xa2" CLEAR_TF "\x90"),
        PIECE("step int3", SET_TF "\x90\xcc\x90" CLEAR_TF "\x90"),
        PIECE("int3", "\x90\xcc\x90"),
        PIECE("int1", "\x90\xf1\x90"),
        PIECE("popf and cpuid", "\x9c\x9d\x0f\xa2\x90"),
    };
    for (unsigned i = 0; i < COUNT(steps); i++)
        trace_piece(mode_64, &steps[i]);
    static const struct piece compatibility = PIECE("step cpuid", SET_TF "\x0f\xa2\x90" CLEAR_TF "\x90");
    trace_piece(mode_32, &compatibility);
}

/* What the debugged process does: the addresses of these labels are where breakpoints stand. */
extern const char debugged_cpuid[], debugged_behind[], debugged_end[];
extern uint64_t debugged_word;

__asm__(".pushsection .text\n"
        ".globl debugged, debugged_cpuid, debugged_behind, debugged_end\n"
        "debugged: nop\n"
        "debugged_cpuid: cpuid\n"
        "debugged_behind: nop\n"
        "movq $1, debugged_word(%rip)\n"
        "cpuid\n"
        "movq debugged_word(%rip), %rax\n"
        "debugged_end: ret\n"
        ".popsection\n"
        ".pushsection .bss\n"
        ".balign 8\n"
        ".globl debugged_word\n"
        "debugged_word: .skip 8\n"
        ".popsection");
void debugged(void);

static void set_debug_register(pid_t child, unsigned number, uint64_t value) {
    const size_t offset = offsetof(struct user, u_debugreg) + number * sizeof(long);
    if (ptrace(PTRACE_POKEUSER, child, offset, value) != 0)
        printf("debug register %u can't be set\n", number);
}

static void watch(const char* name, uint64_t address, uint64_t dr7, int step) {
    const pid_t child = fork();
    if (child == 0) {
        uint64_t a = 0, b, c = 0, d;
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        __asm__ volatile("int3; call debugged" : "+a"(a), "=b"(b), "+c"(c), "=d"(d) : : "memory");
        _exit(0);
    }
    int status = 0, steps = 0, inside = 0;
    printf("debugged %s:", name);
    for (waitpid(child, &status, 0); WIFSTOPPED(status) && steps < 24; waitpid(child, &status, 0), steps++) {
        struct user_regs_struct registers;
        ptrace(PTRACE_GETREGS, child, 0, &registers);
        const uint64_t at = registers.rip - (uint64_t)debugged;
        const long dr6 = ptrace(PTRACE_PEEKUSER, child, offsetof(struct user, u_debugreg) + 6 * sizeof(long), 0);
        const int is_inside = at <= (uint64_t)(debugged_end - (const char*)debugged);
        if (inside && !is_inside)
            break; /* there is a SYSCALL: see trace_steps */
        inside = is_inside;
        if (inside)
            printf(" %d@+%lx/%lx", WSTOPSIG(status), at, (unsigned long)dr6);
        if (steps == 0 && dr7 != 0) {
            set_debug_register(child, 0, address);
            set_debug_register(child, 7, dr7);
        }
        ptrace(step ? PTRACE_SINGLESTEP : PTRACE_CONT, child, 0, 0);
    }
    if (WIFSTOPPED(status)) {
        kill(child, SIGKILL);
        waitpid(child, &status, 0);
    }
    printf("\n");
}

/* [SDM3 "Debug Control Register (DR7)"]: L0, and R/W0 and LEN0 of what is watched. */
void trace_debugger(void) {
    enum { enable = 1, writes = 1 << 16, accesses = 3 << 16, eight_bytes = 2 << 18 };
    watch("steps", 0, 0, 1);
    watch("breakpoint at cpuid", (uint64_t)debugged_cpuid, enable, 0);
    watch("breakpoint behind cpuid", (uint64_t)debugged_behind, enable, 0);
    watch("breakpoint behind cpuid and steps", (uint64_t)debugged_behind, enable, 1);
    watch("written", (uint64_t)&debugged_word, enable | writes | eight_bytes, 0);
    watch("read and written", (uint64_t)&debugged_word, enable | accesses | eight_bytes, 0);
    watch("written and steps", (uint64_t)&debugged_word, enable | writes | eight_bytes, 1);
}
