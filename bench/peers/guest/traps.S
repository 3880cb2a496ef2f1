// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* One stub of 16 bytes for each vector: the frame of traps.h, then the C function peers_trap. */
    .text
    .balign 16
    .globl peers_stubs
peers_stubs:
    .set vector, 0
    .rept 256
    .balign 16
    /* These push an error code themselves. [SDM3 "Error Code"] */
    .if (vector != 8) && ((vector < 10) || (vector > 14)) && (vector != 17) && (vector != 21)
    pushq $0
    .endif
    pushq $vector
    jmp peers_common
    .set vector, vector + 1
    .endr

    .balign 16
peers_common:
    pushq %rax
    pushq %rcx
    pushq %rdx
    pushq %rbx
    pushq %rbp
    pushq %rsi
    pushq %rdi
    pushq %r8
    pushq %r9
    pushq %r10
    pushq %r11
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, %rdi
    cld
    call peers_trap
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %r11
    popq %r10
    popq %r9
    popq %r8
    popq %rdi
    popq %rsi
    popq %rbp
    popq %rbx
    popq %rdx
    popq %rcx
    popq %rax
    addq $16, %rsp
    iretq
