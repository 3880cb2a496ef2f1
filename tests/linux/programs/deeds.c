/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * deeds PROCESSOR COUNT WHAT...: does what somebody may watch, so often, on one processor, and prints a line for each: what a program
 * sees of it. The same lines come whether somebody watches or not. What isn't in the table here is the kernel's to do
 * (tests/linux/deeds).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

static unsigned long count;
static unsigned processor;

/* What the last signal said. */
static volatile unsigned long signals, wrong;
static uintptr_t expected_address, resume_at;

static void note(int number, siginfo_t *what, void *context)
{
    greg_t *const registers = ((ucontext_t *)context)->uc_mcontext.gregs;

    (void)number;
    signals++;
    wrong += what->si_addr != (void *)expected_address;
    registers[REG_RIP] = (greg_t)resume_at;
}

/* An instruction that raises the signal: `address` is what si_addr has to be, 0 for the instruction's own. */
#define RAISE(instruction, address)                                                                                    \
    do {                                                                                                               \
        uintptr_t at;                                                                                                  \
        asm volatile("lea 1f(%%rip), %0\n\tlea 2f(%%rip), %1" : "=&r"(at), "=&r"(resume_at));                          \
        expected_address = (address) ? (uintptr_t)(address) : at;                                                      \
        asm volatile("1: " instruction "\n2:" : : "a"(0L), "d"(0L), "c"(0L), "b"((uintptr_t)(address)) : "memory", "cc"); \
    } while (0)

static void undefined(void)
{
    RAISE("ud2", 0);
}

static void divide(void)
{
    RAISE("div %%ecx", 0);
}

static void segfault(void)
{
    RAISE("movb $1, (%%rbx)", 0x12340);
}

/* At any privilege level it exits, and for everybody but Nadir's own host it is #UD. */
static void call_hypervisor(void)
{
    RAISE("vmcall", 0);
}

static void port(void)
{
    outb(0x5a, 0x80);
    wrong += inb(0x80) != 0x5a;
}

/* SYSCALL's two results of its own are looked at, too. */
static void system_call(void)
{
    uint64_t result = SYS_getppid, next, rcx, r11, flags;

    asm volatile("pushfq\n\tpop %3\n\tlea 1f(%%rip), %2\n\tsyscall\n1:\n\tmov %%r11, %4"
                 : "+a"(result), "=&c"(rcx), "=&r"(next), "=&r"(flags), "=&r"(r11)
                 :
                 : "r11", "memory");
    wrong += result != (uint64_t)getppid() || rcx != next || r11 != flags;
}

static uint64_t last_time;

static void time_stamp(void)
{
    uint32_t low, high, aux;

    asm volatile("rdtsc" : "=a"(low), "=d"(high));
    const uint64_t first = low | (uint64_t)high << 32;
    asm volatile("rdtscp" : "=a"(low), "=d"(high), "=c"(aux));
    const uint64_t second = low | (uint64_t)high << 32;
    wrong += first <= last_time || second <= first || (aux & 0xfff) != processor;
    last_time = second;
}

static void leaf(void)
{
    uint32_t eax = 0x41424344, ebx, ecx = 0, edx;

    asm volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
}

/* A page that isn't there yet. The kernel's own count of its faults is printed. */
static void page(void)
{
    char *const memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    *memory = 1;
    wrong += *memory != 1;
    munmap(memory, 4096);
}

/* Two processes, each of which waits for the other. */
static void switches(void)
{
    int there[2], back[2];
    char byte = 0;

    wrong += pipe(there) || pipe(back);
    const pid_t child = fork();
    for (unsigned long i = 0; i < count; i++) {
        if (child == 0)
            wrong += read(there[0], &byte, 1) != 1 || write(back[1], &byte, 1) != 1;
        else
            wrong += write(there[1], &byte, 1) != 1 || read(back[0], &byte, 1) != 1;
    }
    if (child == 0)
        _exit(wrong != 0);
    int status;
    waitpid(child, &status, 0);
    wrong += status != 0;
    close(there[0]), close(there[1]), close(back[0]), close(back[1]);
}

static const struct {
    const char *name;
    void (*deed)(void);
    int once; /* it counts by itself */
} deeds[] = {
    {"ud2", undefined, 0},      {"divide", divide, 0}, {"segfault", segfault, 0}, {"vmcall", call_hypervisor, 0},
    {"io", port, 0},            {"syscall", system_call, 0}, {"tsc", time_stamp, 0}, {"cpuid", leaf, 0},
    {"page", page, 0},          {"switch", switches, 1},
};

static int ask_kernel(const char *what)
{
    FILE *const file = fopen("/proc/nadir_deeds", "w");

    if (!file || fprintf(file, "%s %lu", what, count) < 0)
        return ENOENT;
    return fclose(file) ? errno : 0;
}

static void do_it(const char *what)
{
    struct rusage before, after;
    int error = -1;

    signals = wrong = 0;
    getrusage(RUSAGE_SELF, &before);
    for (size_t i = 0; i < sizeof(deeds) / sizeof(deeds[0]); i++) {
        if (strcmp(deeds[i].name, what))
            continue;
        error = 0;
        for (unsigned long done = 0; done < (deeds[i].once ? 1 : count); done++)
            deeds[i].deed();
    }
    getrusage(RUSAGE_SELF, &after);
    error = error < 0 ? ask_kernel(what) : error;
    printf("%s on %u: signals %lu wrong %lu faults %ld error %d\n", what, processor, signals, wrong,
           strcmp(what, "page") ? 0 : after.ru_minflt - before.ru_minflt, error);
}

int main(int arguments, char **words)
{
    const struct sigaction action = {.sa_sigaction = note, .sa_flags = SA_SIGINFO | SA_NODEFER};
    cpu_set_t set;

    if (arguments < 4)
        return 2;
    processor = (unsigned)atoi(words[1]);
    count = strtoul(words[2], NULL, 0);
    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    if (sched_setaffinity(0, sizeof(set), &set) || ioperm(0x80, 1, 1)) {
        perror("deeds");
        return 1;
    }
    sigaction(SIGILL, &action, NULL);
    sigaction(SIGFPE, &action, NULL);
    sigaction(SIGSEGV, &action, NULL);
    for (int i = 3; i < arguments; i++)
        do_it(words[i]);
    return 0;
}
