/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * void nadir_cpu_return(const ReturnState *state [rdi], uint64_t *registers [rsi])     does not return
 *
 * The last part of leaving: gives the processor its task register, descriptor tables, segments and their bases back and
 * continues at state->rip with the sixteen general registers (RSP's place is not read). One IRETQ does it all, with its
 * frame just below the new RSP: nothing of ours is touched after the general registers have been loaded.
 *
 * Between root mode's IDT and the system's an NMI can be served by neither: root mode's needs root mode's TSS, the
 * system's needs the system's GS base. So a third IDT serves that time; its NMI handler (below) just sets R15. What root
 * mode's handler has kept is read only now that it is called no more, and the sum is the guest's RCX, for the caller of the
 * leaving hypercall to see.
 *
 * Context: VMX off, the system's CR3 and CR4 loaded, root mode's GDT with the system's TSS (available) at state->tr,
 * interrupts off, the 40 bytes below state->rsp free.
 */
#include "cpu/assembly.h"

        .text

        .set    RETURN_RIP, 0
        .set    RETURN_CS, 8
        .set    RETURN_RFLAGS, 16
        .set    RETURN_RSP, 24
        .set    RETURN_SS, 32
        .set    RETURN_LEAVING_IDTR, 40
        .set    RETURN_GDTR, 56
        .set    RETURN_IDTR, 72
        .set    RETURN_TR, 88
        .set    RETURN_LDTR, 90
        .set    RETURN_DS, 92
        .set    RETURN_ES, 94
        .set    RETURN_FS, 96
        .set    RETURN_GS, 98
        .set    RETURN_FS_BASE, 104
        .set    RETURN_GS_BASE, 112
        .set    RETURN_OWED_NMI, 120

        .set    MSR_FS_BASE, 0xC0000100
        .set    MSR_GS_BASE, 0xC0000101

FUNCTION(nadir_cpu_return)
        xorl    %r15d, %r15d
        lidt    RETURN_LEAVING_IDTR(%rdi)
        movq    RETURN_OWED_NMI(%rdi), %rax
        movl    (%rax), %eax
        movq    %rax, 8(%rsi)
        ltr     RETURN_TR(%rdi)
        lgdt    RETURN_GDTR(%rdi)
        lldt    RETURN_LDTR(%rdi)
        movw    RETURN_DS(%rdi), %ds
        movw    RETURN_ES(%rdi), %es
        movw    RETURN_FS(%rdi), %fs
        movw    RETURN_GS(%rdi), %gs
        movl    $MSR_FS_BASE, %ecx
        movl    RETURN_FS_BASE(%rdi), %eax
        movl    RETURN_FS_BASE+4(%rdi), %edx
        wrmsr
        movl    $MSR_GS_BASE, %ecx
        movl    RETURN_GS_BASE(%rdi), %eax
        movl    RETURN_GS_BASE+4(%rdi), %edx
        wrmsr
        lidt    RETURN_IDTR(%rdi)
        addq    %r15, 8(%rsi)

        movq    RETURN_RSP(%rdi), %rcx
        leaq    -40(%rcx), %rsp
        movq    RETURN_RIP(%rdi), %rax          /* RIP, CS, RFLAGS, RSP, SS: the order of the frame */
        movq    %rax, 0(%rsp)
        movq    RETURN_CS(%rdi), %rax
        movq    %rax, 8(%rsp)
        movq    RETURN_RFLAGS(%rdi), %rax
        movq    %rax, 16(%rsp)
        movq    %rcx, 24(%rsp)
        movq    RETURN_SS(%rdi), %rax
        movq    %rax, 32(%rsp)
        movq    0(%rsi), %rax
        movq    8(%rsi), %rcx
        movq    16(%rsi), %rdx
        movq    24(%rsi), %rbx
        movq    40(%rsi), %rbp
        movq    56(%rsi), %rdi
        movq    64(%rsi), %r8
        movq    72(%rsi), %r9
        movq    80(%rsi), %r10
        movq    88(%rsi), %r11
        movq    96(%rsi), %r12
        movq    104(%rsi), %r13
        movq    112(%rsi), %r14
        movq    120(%rsi), %r15
        movq    48(%rsi), %rsi
        iretq
END_FUNCTION(nadir_cpu_return)

FUNCTION(nadir_cpu_leaving_nmi)
        movl    $1, %r15d
        iretq
END_FUNCTION(nadir_cpu_leaving_nmi)

/*
 * void nadir_cpu_triple_fault(void)     does not return
 *
 * Does to the machine what the guest asked for: a fault that can't be delivered. Context: VMX off.
 */
FUNCTION(nadir_cpu_triple_fault)
        pushq   $0
        pushq   $0
        lidt    (%rsp)
        ud2
END_FUNCTION(nadir_cpu_triple_fault)

/*
 * void nadir_cpu_unblock_nmi(void)
 *
 * An NMI that caused a VM exit leaves NMIs blocked on some processors (and in the emulator) until an IRET.
 */
FUNCTION(nadir_cpu_unblock_nmi)
        movq    %rsp, %rax
        movl    %ss, %ecx
        pushq   %rcx
        pushq   %rax
        pushfq
        movl    %cs, %ecx
        pushq   %rcx
        leaq    1f(%rip), %rcx
        pushq   %rcx
        iretq
1:      ret
END_FUNCTION(nadir_cpu_unblock_nmi)

        END_OF_FILE
