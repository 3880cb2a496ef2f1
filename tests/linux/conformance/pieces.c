/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "trace.h"

void enter_piece(struct registers* registers, uint64_t code, uint64_t stack, uint64_t cs);
extern const char enter_back[];

enum { page = 4096, most_events = 32, signal_stack_bytes = 65536 };
/* [Linux arch/x86/include/asm/segment.h]: part of the interface to programs, debuggers know them. */
enum { selector_code_64 = 0x33, selector_code_32 = 0x23 };
#define ARITHMETIC_FLAGS 0x8D5ul

static sigjmp_buf back;
static int goes_on; /* behind traps */
static struct event {
    int number, code;
    uint64_t rip, address, trap, error;
} events[most_events];
static int event_count;
static struct registers at_signal;
static uint64_t segments_at_signal;

static void on_signal(int number, siginfo_t* information, void* context) {
    /* The kernel leaves RFLAGS.AC as it was, and the C library isn't aligned everywhere. */
    __asm__ volatile("pushfq; andl $~0x40000, (%%rsp); popfq" : : : "memory", "cc");
    const greg_t* r = ((ucontext_t*)context)->uc_mcontext.gregs;
    if (event_count < most_events)
        events[event_count++] = (struct event){number,
                                               information->si_code,
                                               (uint64_t)r[REG_RIP],
                                               (uint64_t)information->si_addr,
                                               (uint64_t)r[REG_TRAPNO],
                                               (uint64_t)r[REG_ERR]};
    at_signal = (struct registers){(uint64_t)r[REG_RAX], (uint64_t)r[REG_RBX], (uint64_t)r[REG_RCX],
                                   (uint64_t)r[REG_RDX], (uint64_t)r[REG_EFL]};
    segments_at_signal = (uint64_t)r[REG_CSGSFS];
    if (!goes_on || number != SIGTRAP || event_count == most_events)
        siglongjmp(back, 1);
}

static void* map(uint64_t address, uint64_t bytes, int protection) {
    return mmap((void*)address, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

void prepare_pieces(void) {
    static char signal_stack[signal_stack_bytes];
    const int signals[] = {SIGSEGV, SIGILL, SIGFPE, SIGBUS, SIGTRAP, SIGSYS};
    const struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    const stack_t stack = {.ss_sp = signal_stack, .ss_size = sizeof signal_stack};
    sigaltstack(&stack, NULL);
    for (unsigned i = 0; i < sizeof signals / sizeof signals[0]; i++)
        sigaction(signals[i], &action, NULL);
    map(CODE, page, PROT_READ | PROT_WRITE | PROT_EXEC);
    map(DATA, page, PROT_READ | PROT_WRITE);
    map(DATA + page, page, PROT_NONE);
    map(STACK_TOP - 16 * page, 16 * page, PROT_READ | PROT_WRITE);
}

/* A far jump to enter_back, with code of either mode. */
static void put_return(uint8_t* to, enum mode mode) {
    const uint32_t address = (uint32_t)(uint64_t)enter_back;
    if (mode == mode_32) {
        *to++ = 0xEA;
        memcpy(to, &address, 4);
        to[4] = selector_code_64;
        to[5] = 0;
        return;
    }
    *to++ = 0x68; /* PUSH and RET: no register changes */
    memcpy(to, &address, 4);
    to[4] = 0xC3;
}

static void execute(enum mode mode, struct registers* registers, uint64_t code) {
    event_count = 0;
    if (sigsetjmp(back, 1) == 0)
        enter_piece(registers, code, STACK_TOP - 64, mode == mode_32 ? selector_code_32 : selector_code_64);
}

static const char* name_of(enum mode mode) { return mode == mode_32 ? "compatibility " : ""; }

static void print_end(enum mode mode, const struct piece* piece, const struct registers* after, uint64_t code) {
    printf("%s%s:", name_of(mode), piece->name);
    if (event_count == 0) {
        printf(" rax %lx rbx %lx rcx %lx rdx %lx flags %lx\n", after->rax, after->rbx, after->rcx, after->rdx,
               after->flags & ARITHMETIC_FLAGS);
        return;
    }
    const struct event* e = &events[event_count - 1];
    printf(" signal %d code %d trap %lu error %lx at +%lx address %lx", e->number, e->code, e->trap, e->error,
           e->rip - code, e->address);
    printf(" rax %lx rbx %lx rcx %lx rdx %lx flags %lx segments %lx\n", at_signal.rax, at_signal.rbx, at_signal.rcx,
           at_signal.rdx, at_signal.flags, segments_at_signal);
}

void run_piece(enum mode mode, const struct piece* piece) {
    struct registers registers = piece->registers;
    uint8_t* to = (uint8_t*)CODE;
    memset(to, 0xCC, page);
    memcpy(to, piece->bytes, piece->length);
    put_return(to + piece->length, mode);
    execute(mode, &registers, CODE);
    print_end(mode, piece, &registers, CODE);
}

void trace_piece(enum mode mode, const struct piece* piece) {
    goes_on = 1;
    struct registers registers = piece->registers;
    uint8_t* to = (uint8_t*)CODE;
    memset(to, 0x90, page);
    memcpy(to, piece->bytes, piece->length);
    put_return(to + piece->length, mode);
    execute(mode, &registers, CODE);
    goes_on = 0;
    printf("%strace %s:", name_of(mode), piece->name);
    for (int i = 0; i < event_count; i++)
        printf(" %d/%d/%lu@+%lx", events[i].number, events[i].code, events[i].trap, events[i].rip - CODE);
    printf("\n");
}

void run_piece_before(enum mode mode, const struct piece* piece, uint64_t end) {
    struct registers registers = piece->registers;
    uint8_t* to = map(end - page, page, PROT_READ | PROT_WRITE | PROT_EXEC);
    if (to == MAP_FAILED) {
        printf("%s%s: can't be mapped\n", name_of(mode), piece->name);
        return;
    }
    if (mode == mode_32) {
        /* The jump makes the emulator show its instruction pointer as it really is. */
        static const uint8_t jump[] = {0xEB, 0x0E}, ud2[] = {0x0F, 0x0B};
        uint8_t* first = map(0, page, PROT_READ | PROT_WRITE | PROT_EXEC);
        __asm__("" : "+r"(first)); /* 0 is an address here */
        memcpy(first, jump, sizeof jump);
        memcpy(first + sizeof jump + jump[1], ud2, sizeof ud2);
    }
    memcpy(to + page - piece->length, piece->bytes, piece->length);
    execute(mode, &registers, end - piece->length);
    print_end(mode, piece, &registers, end - piece->length);
    munmap(to, page);
    munmap(NULL, page);
}
