/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Root mode's own exceptions and NMIs: one stub per vector 0 to 31, 16 bytes apart. Each makes the same frame (see
 * cpu/trap_frame.h), calls nadir_handle_trap(frame), and returns to where it came from.
 */
#include "cpu/assembly.h"

        .text
        .balign 16
        .globl nadir_cpu_trap_stubs
nadir_cpu_trap_stubs:
        .set    vector, 0
        .rept   32
        .balign 16
        /* Vectors with an error code: 8, 10 to 14, 17, 21, 29, 30 ([SDM3 "Exception and Interrupt Reference"]). */
        .if !((vector == 8) || ((vector >= 10) && (vector <= 14)) || (vector == 17) || (vector == 21) || (vector == 29) || (vector == 30))
        pushq   $0
        .endif
        pushq   $vector
        jmp     .Lcommon
        .set    vector, vector + 1
        .endr

        .balign 16
.Lcommon:
        pushq   %r15
        pushq   %r14
        pushq   %r13
        pushq   %r12
        pushq   %r11
        pushq   %r10
        pushq   %r9
        pushq   %r8
        pushq   %rdi
        pushq   %rsi
        pushq   %rbp
        pushq   %rbx
        pushq   %rdx
        pushq   %rcx
        pushq   %rax
        cld
        movq    %rsp, %rdi
        call    nadir_handle_trap
        popq    %rax
        popq    %rcx
        popq    %rdx
        popq    %rbx
        popq    %rbp
        popq    %rsi
        popq    %rdi
        popq    %r8
        popq    %r9
        popq    %r10
        popq    %r11
        popq    %r12
        popq    %r13
        popq    %r14
        popq    %r15
        addq    $16, %rsp
        iretq

        END_OF_FILE
