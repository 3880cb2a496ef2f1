/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * First instructions of the 64-bit image: long mode, the image's page tables, interrupts off, RDI = Handover.
 */
        .text
        .globl  image_start
image_start:
        movq    $boot_stack_end, %rsp
        xorl    %ebp, %ebp
        pushq   $0
        popfq
        call    bare_main
0:      hlt
        jmp     0b

        .bss
        .balign 16
        .skip   32768
boot_stack_end:
        .section .note.GNU-stack, "", @progbits
