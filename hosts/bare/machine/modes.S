/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * void enter_user(u64 rip, u64 rsp, u64 rax, u64 rcx, u64 cs, u64 ss): goes on there, in the mode and at the privilege level
 * that the selectors mean, with RAX and RCX as given. Never returns but by an exception.
 */
        .text
        .globl  enter_user
enter_user:
        pushq   %r9
        pushq   %rsi
        pushq   $2
        pushq   %r8
        pushq   %rdi
        movq    %rdx, %rax
        xorl    %edx, %edx
        xorl    %ebx, %ebx
        iretq
        .section .note.GNU-stack, "", @progbits
