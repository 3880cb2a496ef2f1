/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Entry of a small guest: a Multiboot 1 kernel on one processor. It goes from 32-bit protected mode to 64-bit mode with the
 * first GiB mapped, and calls small_guest_main. There is no interrupt table: an exception ends it in a triple fault.
 */
        .section .multiboot, "a"
        .balign 4
        .long   0x1badb002
        .long   0
        .long   -(0x1badb002)

        .text
        .code32
        .globl  small_guest_start
small_guest_start:
        movl    $stack_end, %esp
        movl    $page_directory_pointers + 3, page_map
        movl    $page_directory + 3, page_directory_pointers
        xorl    %ecx, %ecx
        movl    $0x83, %eax             /* present, writable, 2 MiB */
0:      movl    %eax, page_directory(,%ecx,8)
        addl    $0x200000, %eax
        incl    %ecx
        cmpl    $512, %ecx
        jb      0b
        movl    $page_map, %eax
        movl    %eax, %cr3
        movl    %cr4, %eax
        orl     $0x20, %eax             /* PAE */
        movl    %eax, %cr4
        movl    $0xc0000080, %ecx       /* IA32_EFER */
        rdmsr
        orl     $0x100, %eax            /* LME */
        wrmsr
        movl    %cr0, %eax
        orl     $0x80000001, %eax       /* PG, PE */
        movl    %eax, %cr0
        lgdtl   gdt_pointer
        ljmpl   $8, $long_mode
        .code64
long_mode:
        xorl    %eax, %eax
        movl    %eax, %ds
        movl    %eax, %es
        movl    %eax, %ss
        call    small_guest_main
0:      hlt
        jmp     0b

        .section .rodata
        .balign 8
gdt:    .quad   0
        .quad   0x00af9b000000ffff
gdt_pointer:
        .word   15
        .long   gdt

        .bss
        .balign 4096
page_map: .skip 4096
page_directory_pointers: .skip 4096
page_directory: .skip 4096
        .skip   65536
stack_end:
        .section .note.GNU-stack, "", @progbits
