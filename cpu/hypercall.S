/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * void nadir_cpu_hypercall(HypercallRegisters *registers [rdi])
 *
 * Loads the nine registers of cpu/hypercall.h, executes VMCALL, and stores them again.
 * Context: CPL 0, VMX non-root operation under Nadir (#UD otherwise).
 */
#include "cpu/assembly.h"

        .text

PUSHING_FUNCTION(nadir_cpu_hypercall)
        pushq   %rdi
        PUSHED(%rdi)
        PROLOGUE_ENDS
        movq    0(%rdi), %rax
        movq    8(%rdi), %rcx
        movq    16(%rdi), %rdx
        movq    24(%rdi), %rsi
        movq    40(%rdi), %r8
        movq    48(%rdi), %r9
        movq    56(%rdi), %r10
        movq    64(%rdi), %r11
        movq    32(%rdi), %rdi
        vmcall
        xchgq   %rdi, (%rsp)
        movq    %rax, 0(%rdi)
        movq    %rcx, 8(%rdi)
        movq    %rdx, 16(%rdi)
        movq    %rsi, 24(%rdi)
        movq    %r8, 40(%rdi)
        movq    %r9, 48(%rdi)
        movq    %r10, 56(%rdi)
        movq    %r11, 64(%rdi)
        popq    %rax
        movq    %rax, 32(%rdi)
        ret
END_PUSHING_FUNCTION(nadir_cpu_hypercall)

        END_OF_FILE
