/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The way into a sequence and back. Frame on events: struct InterruptFrame, hosts/bare/machine/faults.h; every event comes in
 * on a stack of the interrupt stack table, for the sequence's own may be anywhere.
 */
#include "hosts/bare/machine/interrupt_assembly.h"

        .text

        .globl  fuzz_stubs
        .balign 16
fuzz_stubs:
        interrupt_stubs_to fuzz_common

fuzz_common:
        push_interrupted
        cld
        movq    %rsp, %rdi
        call    fuzz_event                      /* not 0: the sequence is over */
        testl   %eax, %eax
        jnz     fuzz_leave
        return_to_interrupted

/*
 * void fuzz_enter(const struct Start *start): RIP, CS, RFLAGS, RSP, SS as IRETQ pops them, then the general registers in the
 * order of their encodings (RSP's is not used). Returns when fuzz_event says that the sequence is over.
 */
        .globl  fuzz_enter
fuzz_enter:
        pushq   %rbp
        pushq   %rbx
        pushq   %r12
        pushq   %r13
        pushq   %r14
        pushq   %r15
        movq    %rsp, fuzz_stack(%rip)
        pushq   32(%rdi)
        pushq   24(%rdi)
        pushq   16(%rdi)
        pushq   8(%rdi)
        pushq   (%rdi)
        movq    40(%rdi), %rax
        movq    48(%rdi), %rcx
        movq    56(%rdi), %rdx
        movq    64(%rdi), %rbx
        movq    80(%rdi), %rbp
        movq    88(%rdi), %rsi
        movq    104(%rdi), %r8
        movq    112(%rdi), %r9
        movq    120(%rdi), %r10
        movq    128(%rdi), %r11
        movq    136(%rdi), %r12
        movq    144(%rdi), %r13
        movq    152(%rdi), %r14
        movq    160(%rdi), %r15
        movq    96(%rdi), %rdi
        iretq

fuzz_leave:
        movq    fuzz_stack(%rip), %rsp
        pushq   $2
        popfq
        popq    %r15
        popq    %r14
        popq    %r13
        popq    %r12
        popq    %rbx
        popq    %rbp
        ret

        .bss
        .balign 8
fuzz_stack:
        .skip   8
        .section .note.GNU-stack, "", @progbits
