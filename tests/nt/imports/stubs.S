/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Where a driver's calls of imports arrive: one stub of 16 bytes for each, then the check, then the implementation, which
 * finds registers and stack as the driver left them.
 */
        .text
        .globl  nt_import_stubs
        .balign 16
nt_import_stubs:
        .set    index, 0
        .rept   192
        .balign 16
        pushq   $index
        jmp     import_common
        .set    index, index + 1
        .endr

import_common:
        pushq   %rcx
        pushq   %rdx
        pushq   %r8
        pushq   %r9
        pushq   %rsi
        pushq   %rdi
        pushq   %rbp
        movq    %rsp, %rbp
        movq    56(%rbp), %rdi                  /* index */
        movq    64(%rbp), %rsi                  /* return address */
        leaq    64(%rbp), %rdx                  /* the driver's stack pointer */
        andq    $-16, %rsp
        cld
        call    nt_check_import                 /* (index, caller, stack pointer): the implementation */
        movq    %rbp, %rsp
        popq    %rbp
        popq    %rdi
        popq    %rsi
        popq    %r9
        popq    %r8
        popq    %rdx
        popq    %rcx
        addq    $8, %rsp
        jmp     *%rax
        .section .note.GNU-stack, "", @progbits
