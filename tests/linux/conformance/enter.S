/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * void enter_piece(struct registers *registers [rdi], uint64_t code [rsi], uint64_t stack [rdx], uint64_t cs [rcx])
 *
 * Loads RAX, RBX, RCX and RDX and goes to the code, which comes back by a far return to enter_back; stores them again.
 */
        .text
        .globl enter_piece, enter_back
enter_piece:
        pushq   %rbx
        pushq   %rbp
        pushq   %r12
        pushq   %r13
        pushq   %r14
        pushq   %r15
        pushq   %rdi
        movq    %rsp, saved_stack(%rip)
        movq    %rdx, %rsp
        pushq   %rcx
        pushq   %rsi
        movq    8(%rdi), %rbx
        movq    16(%rdi), %rcx
        movq    24(%rdi), %rdx
        movq    0(%rdi), %rax
        xorl    %esi, %esi
        xorl    %edi, %edi
        xorl    %ebp, %ebp
        xorl    %r8d, %r8d
        lretq
enter_back:
        movq    saved_stack(%rip), %rsp
        popq    %rdi
        movq    %rax, 0(%rdi)
        movq    %rbx, 8(%rdi)
        movq    %rcx, 16(%rdi)
        movq    %rdx, 24(%rdi)
        pushfq
        popq    32(%rdi)
        popq    %r15
        popq    %r14
        popq    %r13
        popq    %r12
        popq    %rbp
        popq    %rbx
        cld
        ret

        .bss
        .balign 8
saved_stack:
        .skip   8
        .section .note.GNU-stack, "", @progbits
