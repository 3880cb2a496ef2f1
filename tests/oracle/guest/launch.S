/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * unsigned oracle_launch(): VMLAUNCH. Returns 0 for VMfailInvalid, 1 for VMfailValid, 2 after a VM exit, which arrives at
 * oracle_host_entry with any stack.
 */
        .globl  oracle_launch
oracle_launch:
        pushq   %rbx
        pushq   %rbp
        pushq   %r12
        pushq   %r13
        pushq   %r14
        pushq   %r15
        movq    %rsp, saved_stack
        vmlaunch
        movl    $0, %eax                /* leaves the flags alone */
        setz    %al
        jmp     0f
        .globl  oracle_host_entry
oracle_host_entry:
        movq    saved_stack, %rsp
        movl    $2, %eax
0:      popq    %r15
        popq    %r14
        popq    %r13
        popq    %r12
        popq    %rbp
        popq    %rbx
        ret

        .bss
        .balign 8
saved_stack: .skip 8
        .section .note.GNU-stack, "", @progbits
