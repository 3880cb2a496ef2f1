/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Where the processor arrives at every VM exit (HOST_RIP), and the way back.
 *
 * HOST_RSP is the vcpu's address: the stack grows down from there, and the context begins with a place for each of the
 * guest's general registers, in the order of their encodings (rax rcx rdx rbx rsp rbp rsi rdi r8 ... r15). RSP's own place
 * is never used: the guest's RSP is in the VMCS. VM exits clear RFLAGS, so DF and IF are 0 here
 * ([SDM3 "Loading Host RIP, RSP, RFLAGS, and SSP"]).
 *
 * A C++ function gives RBX, RBP and R12 to R15 back as they were, so these are the guest's until somebody wants to see or
 * change them. Nobody does for what a system does often; only CPUID has a result in RBX.
 */
#include "cpu/assembly.h"
#include "cpu/exit_path.h"

#define PLACE(encoding) (8 * (encoding))(%rsp)
#define RAX_PLACE PLACE(0)
#define RCX_PLACE PLACE(1)
#define RDX_PLACE PLACE(2)
#define RBX_PLACE PLACE(3)
#define RBP_PLACE PLACE(5)
#define RSI_PLACE PLACE(6)
#define RDI_PLACE PLACE(7)

        .text

        .macro  SAVE_FIRST_REGISTERS
        movq    %rax, RAX_PLACE
        movq    %rcx, RCX_PLACE
        movq    %rdx, RDX_PLACE
        movq    %rbx, RBX_PLACE
        movq    %rsi, RSI_PLACE
        movq    %rdi, RDI_PLACE
        movq    %r8, PLACE(8)
        movq    %r9, PLACE(9)
        movq    %r10, PLACE(10)
        movq    %r11, PLACE(11)
        .endm

/* The first exit of a processor: the first entry left the debug registers alone, later ones must load them. */
FUNCTION(nadir_cpu_first_exit_entry)
        SAVE_FIRST_REGISTERS
        movq    %rsp, %rdi
        call    nadir_first_exit
        jmp     .Lhandle
END_FUNCTION(nadir_cpu_first_exit_entry)

/*
 * CPUID is by far the most frequent exit, and its common case needs nothing of the general path: no single step or resume
 * flag to care for, no blocking by STI or MOV SS to end, no wrap at 4 GiB, no leaf that mirrors CR4 or the guest's mode. All
 * else goes on behind this macro, the general way, which knows every case; this one must only never be wrong. It touches no stack
 * and no memory but the count and one register's place; NMIs don't disturb it, for their handler runs on a stack of its own. The
 * guest's RBX is lost at once: whoever answers a CPUID overwrites it.
 */
        .macro  ANSWER_PLAIN_CPUID general_leaves
        movq    %rdx, RDX_PLACE
        movl    $NADIR_FIELD_EXIT_REASON, %edx
        vmread  %rdx, %rdx
        cmpl    $NADIR_EXIT_REASON_CPUID, %edx
        jne     .Lgeneral\@
        movl    \general_leaves, %edx
        btl     %eax, %edx                      /* EAX modulo 32: other leaves go the general way, too; no harm */
        jc      .Lgeneral\@
        movl    $NADIR_FIELD_GUEST_RFLAGS, %edx
        vmread  %rdx, %rdx
        testl   $NADIR_RFLAGS_TF_RF, %edx
        jnz     .Lgeneral\@
        movl    $NADIR_FIELD_INTERRUPTIBILITY, %edx
        vmread  %rdx, %rdx
        testl   $NADIR_INSTRUCTION_SHADOW, %edx
        jnz     .Lgeneral\@
        movl    $NADIR_FIELD_GUEST_RIP, %edx
        vmread  %rdx, %rdx
        movl    $NADIR_FIELD_INSTRUCTION_LENGTH, %ebx
        vmread  %rbx, %rbx
        addq    %rdx, %rbx
        cmpl    %edx, %ebx                      /* a smaller lower half: it ends beyond a multiple of 4 GiB */
        jb      .Lgeneral\@
        movl    $NADIR_FIELD_GUEST_RIP, %edx
        vmwrite %rbx, %rdx
        incq    NADIR_VCPU_CPUID_EXITS(%rsp)
        cpuid
        vmresume
        jmp     .Lresume_failed

.Lgeneral\@:
        movq    RDX_PLACE, %rdx
        .endm

        .balign 16
FUNCTION(nadir_cpu_exit_entry)
        ANSWER_PLAIN_CPUID $NADIR_CPUID_GENERAL_LEAVES
END_FUNCTION(nadir_cpu_exit_entry)              /* and goes on in the next one */

/* With nadir_options.record_every_exit HOST_RIP is this: all exits go the general way, which records them. */
FUNCTION(nadir_cpu_general_exit_entry)
        SAVE_FIRST_REGISTERS
.Lhandle:
        movq    %rsp, %rdi
        call    nadir_handle_exit
        testl   %eax, %eax
        jnz     .Lnot_yet
.Lresume:
        movq    RAX_PLACE, %rax
        movq    RCX_PLACE, %rcx
        movq    RDX_PLACE, %rdx
        movq    RBX_PLACE, %rbx
        movq    RSI_PLACE, %rsi
        movq    RDI_PLACE, %rdi
        movq    PLACE(8), %r8
        movq    PLACE(9), %r9
        movq    PLACE(10), %r10
        movq    PLACE(11), %r11
        vmresume
.Lresume_failed:
        /* Only a VMfail comes here. */
        setc    %sil                            /* 1: VMfailInvalid */
        movzbl  %sil, %esi
        movq    %rsp, %rdi
        call    nadir_resume_failed             /* does not return */
        ud2

.Lnot_yet:
        movq    %rbp, RBP_PLACE
        movq    %r12, PLACE(12)
        movq    %r13, PLACE(13)
        movq    %r14, PLACE(14)
        movq    %r15, PLACE(15)
        movq    %rsp, %rdi
        call    nadir_handle_exit_with_all_registers
.Lhandled:
        testl   %eax, %eax
        jnz     .Lleave
        movq    RBP_PLACE, %rbp
        movq    PLACE(12), %r12
        movq    PLACE(13), %r13
        movq    PLACE(14), %r14
        movq    PLACE(15), %r15
        jmp     .Lresume
.Lleave:
        movq    %rsp, %rdi
        call    nadir_leave_from_root           /* does not return */
        ud2
END_FUNCTION(nadir_cpu_general_exit_entry)

/* With a plan (core/plan/plan.h) that has to do with no CPUID, or with those of single leaves, HOST_RIP is this. */
        .balign 16
FUNCTION(nadir_cpu_planned_exit_entry)
        ANSWER_PLAIN_CPUID NADIR_VCPU_PLANNED_LEAVES(%rsp)
END_FUNCTION(nadir_cpu_planned_exit_entry)      /* and goes on in the next one */

/* With any other plan it is this. */
FUNCTION(nadir_cpu_watched_exit_entry)
        SAVE_FIRST_REGISTERS
        movq    %rbp, RBP_PLACE
        movq    %r12, PLACE(12)
        movq    %r13, PLACE(13)
        movq    %r14, PLACE(14)
        movq    %r15, PLACE(15)
        movq    %rsp, %rdi
        call    nadir_handle_watched_exit
        jmp     .Lhandled
END_FUNCTION(nadir_cpu_watched_exit_entry)

        END_OF_FILE
