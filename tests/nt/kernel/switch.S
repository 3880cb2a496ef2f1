/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * void nt_switch(u64 *save [rdi], u64 load [rsi]): goes on where the other stack left off, or begins there.
 */
        .text
        .globl  nt_switch
nt_switch:
        pushq   %rbx
        pushq   %rbp
        pushq   %r12
        pushq   %r13
        pushq   %r14
        pushq   %r15
        movq    %rsp, (%rdi)
        movq    %rsi, %rsp
        popq    %r15
        popq    %r14
        popq    %r13
        popq    %r12
        popq    %rbp
        popq    %rbx
        ret

/* void nt_call_on_stack(void *stack_top [rdi], procedure [rsi], argument [rdx]): does not return. */
        .globl  nt_call_on_stack
nt_call_on_stack:
        movq    %rdi, %rsp
        movq    %rdx, %rdi
        xorl    %ebp, %ebp
        pushq   $0
        jmp     *%rsi
        .section .note.GNU-stack, "", @progbits
