/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Instructions that may fault on values that we don't choose: the processor itself decides, and root mode's fault handler
 * turns the fault into an answer. nadir_cpu_checked_table lists (address of the instruction, where to go on) as 32-bit
 * distances from the table's entry, ended by a zero.
 *
 * Context: root mode only, for the handler is root mode's.
 */
#include "cpu/assembly.h"

        .text

/* uint32_t nadir_cpu_checked_rdmsr(uint32_t msr [edi], uint64_t *value [rsi]) */
FUNCTION(nadir_cpu_checked_rdmsr)
        movl    %edi, %ecx
.Lrdmsr:
        rdmsr
        shlq    $32, %rdx
        orq     %rdx, %rax
        movq    %rax, (%rsi)
        xorl    %eax, %eax
        ret
END_FUNCTION(nadir_cpu_checked_rdmsr)

/* uint32_t nadir_cpu_checked_wrmsr(uint32_t msr [edi], uint32_t low [esi], uint32_t high [edx]) */
FUNCTION(nadir_cpu_checked_wrmsr)
        movl    %edi, %ecx
        movl    %esi, %eax
.Lwrmsr:
        wrmsr
        xorl    %eax, %eax
        ret
END_FUNCTION(nadir_cpu_checked_wrmsr)

/* uint32_t nadir_cpu_checked_xsetbv(uint32_t index [edi], uint32_t low [esi], uint32_t high [edx]) */
FUNCTION(nadir_cpu_checked_xsetbv)
        movl    %edi, %ecx
        movl    %esi, %eax
.Lxsetbv:
        xsetbv
        xorl    %eax, %eax
        ret
END_FUNCTION(nadir_cpu_checked_xsetbv)

/* uint32_t nadir_cpu_checked_rdpmc(uint32_t counter [edi], uint64_t *value [rsi]) */
FUNCTION(nadir_cpu_checked_rdpmc)
        movl    %edi, %ecx
.Lrdpmc:
        rdpmc
        shlq    $32, %rdx
        orq     %rdx, %rax
        movq    %rax, (%rsi)
        xorl    %eax, %eax
        ret
END_FUNCTION(nadir_cpu_checked_rdpmc)

.Lrefused:
        movl    $1, %eax
        ret

        READ_ONLY_DATA
        .balign 4
        .globl nadir_cpu_checked_table
nadir_cpu_checked_table:
        .long   .Lrdmsr - ., .Lrefused - .
        .long   .Lwrmsr - ., .Lrefused - .
        .long   .Lxsetbv - ., .Lrefused - .
        .long   .Lrdpmc - ., .Lrefused - .
        .long   0, 0

        END_OF_FILE
