/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The way of interrupts and exceptions into C++ and back, for assembly files: struct InterruptFrame (faults.h) on the stack.
 *
 *      interrupt_stubs_to label        256 stubs of 16 bytes each: the error code or 0, the vector, a jump to the label
 *      push_interrupted                what the stubs haven't pushed; RSP is then the frame's address
 *      return_to_interrupted           what was pushed goes, and IRETQ
 */
#pragma once

/* clang-format off */
        /* Each is 16 bytes long, so that the table's filler can compute where it is. These vectors push an error code
         * themselves [SDM3 "Exception and Interrupt Reference"]: 8, 10 to 14, 17, 21. */
        .macro  interrupt_stubs_to label
        .set    vector, 0
        .rept   256
        .balign 16
        .if     (vector != 8) && (vector < 10 || vector > 14) && (vector != 17) && (vector != 21)
        pushq   $0
        .endif
        pushq   $vector
        jmp     \label
        .set    vector, vector + 1
        .endr
        .endm

        .macro  push_interrupted
        .irp    register, rax, rcx, rdx, rbx, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15
        pushq   %\register
        .endr
        .endm

        .macro  return_to_interrupted
        .irp    register, r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp, rbx, rdx, rcx, rax
        popq    %\register
        .endr
        addq    $16, %rsp
        iretq
        .endm
