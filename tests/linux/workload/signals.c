/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include "checks.h"

static volatile sig_atomic_t received;

static void on_signal(int number) {
    (void)number;
    received++;
}

/* Two processes, on different processors where there are two, send each other signals in turn. */
uint64_t check_signals(void) {
    enum { rounds = 20 };
    sigset_t set, old;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    REQUIRE(sigprocmask(SIG_BLOCK, &set, &old) == 0);
    struct sigaction action = {.sa_handler = on_signal};
    REQUIRE(sigaction(SIGUSR1, &action, NULL) == 0);
    int last = processors() - 1;
    pid_t parent = getpid(), child = fork();
    REQUIRE(child >= 0);
    pin(child == 0 ? last : 0);
    pid_t peer = child == 0 ? parent : child;
    for (int round = 0; round < rounds; round++) {
        if (child != 0)
            REQUIRE(kill(peer, SIGUSR1) == 0);
        while (received <= round)
            sigsuspend(&old);
        if (child == 0)
            REQUIRE(kill(peer, SIGUSR1) == 0);
    }
    if (child == 0)
        _exit(0);
    int status;
    REQUIRE(waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    return rounds;
}

static sigjmp_buf back;
static volatile int fault_signal, fault_code;
static void* volatile fault_address;

static void on_fault(int number, siginfo_t* information, void* unused) {
    (void)unused;
    fault_signal = number;
    fault_code = information->si_code;
    fault_address = information->si_addr;
    siglongjmp(back, 1);
}

static volatile unsigned steps;

static void on_step(int number, siginfo_t* information, void* context) {
    (void)number;
    (void)information;
    ucontext_t* user = context;
    if (++steps >= 8)
        user->uc_mcontext.gregs[REG_EFL] &= ~0x100ll; /* RFLAGS.TF */
}

#define PROVOKE(number, statement)                                                                                     \
    do {                                                                                                               \
        fault_signal = 0;                                                                                              \
        if (sigsetjmp(back, 1) == 0)                                                                                   \
            statement;                                                                                                 \
        REQUIRE(fault_signal == (number));                                                                             \
        digest = digest_bytes(digest, (const void*)&fault_code, sizeof fault_code);                                    \
    } while (0)

/* Faults arrive as the signals that they should, with the right address; single steps go over CPUID too. */
uint64_t check_faults(void) {
    volatile uint64_t digest = DIGEST_START;
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    const int numbers[] = {SIGSEGV, SIGILL, SIGFPE, SIGTRAP, SIGBUS};
    for (unsigned i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        REQUIRE(sigaction(numbers[i], &action, NULL) == 0);

    void* closed = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(closed != MAP_FAILED);
    PROVOKE(SIGSEGV, *(volatile char*)((char*)closed + 100) = 1);
    REQUIRE(fault_address == (char*)closed + 100);
    PROVOKE(SIGILL, __asm__ volatile("ud2"));
    PROVOKE(SIGTRAP, __asm__ volatile("int3"));
    PROVOKE(SIGFPE, __asm__ volatile("xorl %%ecx, %%ecx; divl %%ecx" ::: "eax", "ecx", "edx"));
    PROVOKE(SIGSEGV, __asm__ volatile("hlt"));
    PROVOKE(SIGSEGV, __asm__ volatile("rdmsr" ::"c"(0x1B) : "eax", "edx"));
    PROVOKE(SIGILL, __asm__ volatile("vmcall"));

    struct sigaction step = {.sa_sigaction = on_step, .sa_flags = SA_SIGINFO};
    REQUIRE(sigaction(SIGTRAP, &step, NULL) == 0);
    __asm__ volatile("pushfq; orq $0x100, (%%rsp); popfq\n\t"
                     "nop; xorl %%eax, %%eax; cpuid; nop; nop; nop; nop; nop; nop; nop" ::
                         : "rax", "rbx", "rcx", "rdx", "memory", "cc");
    REQUIRE(steps == 8);
    return digest;
}
