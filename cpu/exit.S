/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Where the processor arrives at every VM exit (HOST_RIP), and the way back.
 *
 * HOST_RSP points just above the place of the guest's general registers, which is the beginning of the vcpu context; so
 * the pushes below fill vcpu->registers (in the order of their encodings: rax rcx rdx rbx rsp rbp rsi rdi r8 ... r15), and
 * RSP is then both the vcpu's address and the top of an empty stack. RSP's own place is never read: the guest's RSP is in
 * the VMCS. VM exits clear RFLAGS, so DF and IF are 0 here ([SDM3 "Loading Host RIP, RSP, RFLAGS, and SSP"]).
 */
#include "cpu/assembly.h"
#include "cpu/exit_path.h"

        .text

        .macro  SAVE_GUEST_REGISTERS
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
        pushq   %rsp
        pushq   %rbx
        pushq   %rdx
        pushq   %rcx
        pushq   %rax
        .endm

/* The first exit of a processor: the first entry left the debug registers alone, later ones must load them. */
FUNCTION(nadir_cpu_first_exit_entry)
        SAVE_GUEST_REGISTERS
        movq    %rsp, %rdi
        call    nadir_first_exit
        jmp     .Lhandle
END_FUNCTION(nadir_cpu_first_exit_entry)

/* With nadir_options.record_every_exit: all exits go the general way, which records them. */
FUNCTION(nadir_cpu_general_exit_entry)
        SAVE_GUEST_REGISTERS
        jmp     .Lhandle
END_FUNCTION(nadir_cpu_general_exit_entry)

/*
 * CPUID is by far the most frequent exit, and its common case needs nothing of the general path: no single step or resume
 * flag to care for, no blocking by STI or MOV SS to end, no wrap at 4 GiB, no leaf that mirrors CR4 or the guest's mode. All
 * else goes the general
 * way, which knows every case; this one must only never be wrong. It touches no stack and no memory but the count and two
 * register places; NMIs don't disturb it, for their handler runs on a stack of its own.
 */
#define PLACE(offset) (offset - NADIR_VCPU_REGISTER_BYTES)(%rsp)

        .balign 16
FUNCTION(nadir_cpu_exit_entry)
        movq    %rdx, PLACE(NADIR_VCPU_RDX)
        movl    $NADIR_FIELD_EXIT_REASON, %edx
        vmread  %rdx, %rdx
        cmpl    $NADIR_EXIT_REASON_CPUID, %edx
        jne     .Lgeneral
        movl    $NADIR_CPUID_GENERAL_LEAVES, %edx
        btl     %eax, %edx                      /* EAX modulo 32: other leaves go the general way, too; no harm */
        jc      .Lgeneral
        movl    $NADIR_FIELD_GUEST_RFLAGS, %edx
        vmread  %rdx, %rdx
        testl   $NADIR_RFLAGS_TF_RF, %edx
        jnz     .Lgeneral
        movl    $NADIR_FIELD_INTERRUPTIBILITY, %edx
        vmread  %rdx, %rdx
        testl   $NADIR_INSTRUCTION_SHADOW, %edx
        jnz     .Lgeneral
        movq    %rbx, PLACE(NADIR_VCPU_RBX)
        movl    $NADIR_FIELD_GUEST_RIP, %edx
        vmread  %rdx, %rdx
        movl    $NADIR_FIELD_INSTRUCTION_LENGTH, %ebx
        vmread  %rbx, %rbx
        addq    %rdx, %rbx
        xorq    %rbx, %rdx
        shrq    $32, %rdx                       /* not 0: the instruction ends beyond a multiple of 4 GiB */
        jnz     .Lgeneral_rbx
        movl    $NADIR_FIELD_GUEST_RIP, %edx
        vmwrite %rbx, %rdx
        incq    PLACE(NADIR_VCPU_CPUID_EXITS)
        cpuid
        vmresume
        jmp     .Lresume_failed

.Lgeneral_rbx:
        movq    PLACE(NADIR_VCPU_RBX), %rbx
.Lgeneral:
        movq    PLACE(NADIR_VCPU_RDX), %rdx
        SAVE_GUEST_REGISTERS
.Lhandle:
        movq    %rsp, %rdi
        call    nadir_handle_exit               /* 0: resume the guest; otherwise leave VMX operation */
        testl   %eax, %eax
        jnz     .Lleave
        popq    %rax
        popq    %rcx
        popq    %rdx
        popq    %rbx
        leaq    8(%rsp), %rsp
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
        vmresume
.Lresume_failed:
        /* Only a VMfail comes here. Nothing above RSP was lost: the registers are still in the vcpu. */
        setc    %sil                            /* 1: VMfailInvalid */
        movzbl  %sil, %esi
        leaq    -128(%rsp), %rsp
        movq    %rsp, %rdi
        call    nadir_resume_failed             /* does not return */
        ud2
.Lleave:
        movq    %rsp, %rdi
        call    nadir_leave_from_root           /* does not return */
        ud2
END_FUNCTION(nadir_cpu_exit_entry)

        END_OF_FILE
