/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * u64 nt_call_driver(DriverCall *call [rdi]): by Windows' calling convention, with known values in all registers that it
 * preserves; what they are afterwards goes to call->after. struct DriverCall, call.cpp.
 */
        .set    CALL_FUNCTION, 0
        .set    CALL_ARGUMENT, 8
        .set    CALL_PATTERN, 48                /* 8 general registers, then XMM6 to XMM15 */
        .set    CALL_AFTER, 48 + 64 + 160       /* the same, then MXCSR and the x87 control word */
        .set    GENERAL, 64

        .text
        .globl  nt_call_driver
nt_call_driver:
        pushq   %rbx
        pushq   %rbp
        pushq   %r12
        pushq   %r13
        pushq   %r14
        pushq   %r15
        pushq   %rdi
        subq    $32, %rsp                       /* the home of the register arguments; the stack is aligned now */
        movq    %rdi, %rax
        .irp    n, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
        movups  CALL_PATTERN + GENERAL + (\n - 6) * 16(%rax), %xmm\n
        .endr
        movq    CALL_ARGUMENT(%rax), %rcx
        movq    CALL_ARGUMENT + 8(%rax), %rdx
        movq    CALL_ARGUMENT + 16(%rax), %r8
        movq    CALL_ARGUMENT + 24(%rax), %r9
        movq    CALL_PATTERN(%rax), %rbx
        movq    CALL_PATTERN + 8(%rax), %rbp
        movq    CALL_PATTERN + 16(%rax), %rsi
        movq    CALL_PATTERN + 24(%rax), %rdi
        movq    CALL_PATTERN + 32(%rax), %r12
        movq    CALL_PATTERN + 40(%rax), %r13
        movq    CALL_PATTERN + 48(%rax), %r14
        movq    CALL_PATTERN + 56(%rax), %r15
        call    *CALL_FUNCTION(%rax)
        movq    32(%rsp), %rcx
        movq    %rbx, CALL_AFTER(%rcx)
        movq    %rbp, CALL_AFTER + 8(%rcx)
        movq    %rsi, CALL_AFTER + 16(%rcx)
        movq    %rdi, CALL_AFTER + 24(%rcx)
        movq    %r12, CALL_AFTER + 32(%rcx)
        movq    %r13, CALL_AFTER + 40(%rcx)
        movq    %r14, CALL_AFTER + 48(%rcx)
        movq    %r15, CALL_AFTER + 56(%rcx)
        .irp    n, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
        movups  %xmm\n, CALL_AFTER + GENERAL + (\n - 6) * 16(%rcx)
        .endr
        stmxcsr CALL_AFTER + GENERAL + 160(%rcx)
        fnstcw  CALL_AFTER + GENERAL + 164(%rcx)
        addq    $40, %rsp
        popq    %r15
        popq    %r14
        popq    %r13
        popq    %r12
        popq    %rbp
        popq    %rbx
        ret
        .section .note.GNU-stack, "", @progbits
