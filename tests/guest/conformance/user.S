/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What runs at CPL 3 and in compatibility mode. Copied to a page that user mode may execute; each piece is 16 bytes long
 * and ends in UD2, so that it always comes back by an exception: at the piece's own instruction, or at the UD2 behind it.
 */
        .section .rodata
        .globl  user_start, user_end
        .balign 16

        .macro  piece
        ud2
        .balign 16, 0xcc
        .endm

user_start:
        cpuid
        piece
        vmcall
        piece
        vmread  %rax, %rbx
        piece
        xsetbv
        piece
        rdmsr
        piece
        wrmsr
        piece
        invd
        piece
        movq    %cr4, %rax
        piece
        hlt
        piece
        vmxoff
        piece
        rdtsc
        xorl    %eax, %eax
        xorl    %edx, %edx
        piece
        .byte   0x0f, 0x01, 0xd4        /* VMFUNC */
        piece
        .byte   0x0f, 0x37              /* GETSEC */
        piece
        movl    $0x80000001, %eax       /* announces SYSCALL in 64-bit mode only */
        cpuid
        piece
        rdpmc                           /* CR4.PCE is 0 */
        piece
        syscall
        piece
        sysenter
        piece
        inb     $0x80, %al
        piece
        .byte   0x0f, 0x23, 0xf8        /* MOV to DR7 */
        piece
        cli
        piece
user_end:
        .section .note.GNU-stack, "", @progbits
