/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The way into and out of handle_interrupt (faults.cpp), and the guarded call. Frame: struct InterruptFrame, faults.h.
 */
#include "hosts/bare/machine/interrupt_assembly.h"

        .text

        .globl  interrupt_stubs
        .balign 16
interrupt_stubs:
        interrupt_stubs_to interrupt_common

interrupt_common:
        push_interrupted
        cld
        movq    %rsp, %rdi
        call    handle_interrupt
        return_to_interrupted

/*
 * u32 guarded_call(FaultGuard *guard, void (*procedure)(void *), void *argument)
 * Returns ~0, or, resumed by handle_interrupt, the vector in EAX.
 */
        .globl  guarded_call
guarded_call:
        pushq   %rbp
        pushq   %rbx
        pushq   %r12
        pushq   %r13
        pushq   %r14
        pushq   %r15
        subq    $8, %rsp
        leaq    guarded_resume(%rip), %rax
        movq    %rax, (%rdi)
        movq    %rsp, 8(%rdi)
        movq    %rdx, %rdi
        call    *%rsi
        movl    $-1, %eax
guarded_resume:
        addq    $8, %rsp
        popq    %r15
        popq    %r14
        popq    %r13
        popq    %r12
        popq    %rbx
        popq    %rbp
        ret
        .section .note.GNU-stack, "", @progbits
