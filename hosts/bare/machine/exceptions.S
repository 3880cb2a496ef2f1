/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The way into and out of handle_interrupt (faults.cpp), and the guarded call. Frame: struct InterruptFrame, faults.h.
 */
        .text

        /* Each stub is 16 bytes long, so that the table's filler can compute where it is. These vectors push an error code
         * themselves [SDM3 "Exception and Interrupt Reference"]: 8, 10 to 14, 17, 21. */
        .globl  interrupt_stubs
        .balign 16
interrupt_stubs:
        .set    vector, 0
        .rept   256
        .balign 16
        .if     (vector != 8) && (vector < 10 || vector > 14) && (vector != 17) && (vector != 21)
        pushq   $0
        .endif
        pushq   $vector
        jmp     interrupt_common
        .set    vector, vector + 1
        .endr

interrupt_common:
        pushq   %rax
        pushq   %rcx
        pushq   %rdx
        pushq   %rbx
        pushq   %rbp
        pushq   %rsi
        pushq   %rdi
        pushq   %r8
        pushq   %r9
        pushq   %r10
        pushq   %r11
        pushq   %r12
        pushq   %r13
        pushq   %r14
        pushq   %r15
        cld
        movq    %rsp, %rdi
        call    handle_interrupt
        popq    %r15
        popq    %r14
        popq    %r13
        popq    %r12
        popq    %r11
        popq    %r10
        popq    %r9
        popq    %r8
        popq    %rdi
        popq    %rsi
        popq    %rbp
        popq    %rbx
        popq    %rdx
        popq    %rcx
        popq    %rax
        addq    $16, %rsp
        iretq

/*
 * u32 guarded_call(FaultGuard *guard, void (*procedure)(void *), void *argument)
 * Returns ~0, or, resumed by handle_interrupt, the vector in EAX.
 */
        .globl  guarded_call
guarded_call:
        pushq   %rbp
        pushq   %rbx
        pushq   %r12
        pushq   %r13
        pushq   %r14
        pushq   %r15
        subq    $8, %rsp
        leaq    guarded_resume(%rip), %rax
        movq    %rax, (%rdi)
        movq    %rsp, 8(%rdi)
        movq    %rdx, %rdi
        call    *%rsi
        movl    $-1, %eax
guarded_resume:
        addq    $8, %rsp
        popq    %r15
        popq    %r14
        popq    %r13
        popq    %r12
        popq    %rbx
        popq    %rbp
        ret
        .section .note.GNU-stack, "", @progbits
