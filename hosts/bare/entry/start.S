/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Where GRUB enters: 32-bit protected mode, paging off [Multiboot 0.6.96 "Machine state"]. entry_prepare moves the 64-bit
 * image out of the guest's way and builds page tables; we then switch to long mode and jump into the image.
 */
        .code32

        .set    MAGIC, 0x1badb002
        .set    FLAGS, 3                /* modules page-aligned, memory map wanted */

        .section .multiboot, "ax"
        .balign 4
        .long   MAGIC
        .long   FLAGS
        .long   -(MAGIC + FLAGS)

        .section .image, "a"
        .globl  embedded_image
        .balign 4096
embedded_image:
        .incbin NADIR_IMAGE

        .text
        .globl  entry_start
entry_start:
        cli
        cld
        movl    $stack_end, %esp
        pushl   $transfer
        pushl   %ebx                    /* multiboot_info */
        pushl   %eax                    /* the loader's magic number */
        call    entry_prepare           /* (magic, information, &transfer) */

        /* [SDM3 "Initializing IA-32e Mode"]: CR4.PAE, CR3, EFER.LME, CR0.PG, in this order. */
        movl    %cr4, %eax
        orl     $0x20, %eax
        movl    %eax, %cr4
        movl    transfer_page_table, %eax
        movl    %eax, %cr3
        movl    $0xc0000080, %ecx       /* IA32_EFER */
        rdmsr
        orl     transfer_efer, %eax
        wrmsr
        movl    %cr0, %eax
        orl     $0x80010000, %eax       /* PG, WP */
        movl    %eax, %cr0
        lgdt    gdt_pointer
        movl    transfer_handover, %edi
        movl    transfer_entry, %esi
        movl    transfer_entry + 4, %ebp
        ljmp    $8, $long_mode

        .code64
long_mode:
        xorl    %eax, %eax
        movl    %eax, %ds
        movl    %eax, %es
        movl    %eax, %ss
        movl    %eax, %fs
        movl    %eax, %gs
        movl    %edi, %edi              /* clears the upper half */
        movl    %esi, %esi
        shlq    $32, %rbp
        leaq    (%rbp,%rsi), %rax
        jmp     *%rax

        .balign 8
gdt:    .quad   0
        .quad   0x00af9b000000ffff      /* 64-bit code */
gdt_pointer:
        .word   15
        .long   gdt

        .bss
        .balign 16
transfer:                               /* struct Transfer, prepare.cpp */
transfer_entry: .skip 8
transfer_page_table: .skip 4
transfer_efer: .skip 4
transfer_handover: .skip 4
        .skip   4
        .balign 16
        .skip   4096
stack_end:
        .section .note.GNU-stack, "", @progbits
