/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Entry of a Multiboot kernel: from 32-bit protected mode to 64-bit mode with the first 4 GiB identity-mapped. */
    .set MAGIC, 0x1BADB002
    .set PRESENT_WRITABLE, 3
    .set LARGE, 0x80
    .set EFER, 0xC0000080
    .set EFER_LME, 0x100
    .set CR4_PAE, 0x20
    .set CR0_PG, 0x80000000
    .set CODE, 8
    .set DATA, 16

    .text
    .balign 4
    .long MAGIC, 0, -MAGIC

    .code32
    .globl _start
_start:
    cli
    movl $stack_end, %esp
    movl $(page_directories + PRESENT_WRITABLE), %eax
    movl $4, %ecx
    movl $directory_pointers, %edi
0:  movl %eax, (%edi)
    addl $4096, %eax
    addl $8, %edi
    loop 0b
    movl $(PRESENT_WRITABLE + LARGE), %eax
    movl $2048, %ecx
    movl $page_directories, %edi
1:  movl %eax, (%edi)
    addl $0x200000, %eax
    addl $8, %edi
    loop 1b
    movl $(directory_pointers + PRESENT_WRITABLE), pml4
    movl $pml4, %eax
    movl %eax, %cr3
    movl %cr4, %eax
    orl $CR4_PAE, %eax
    movl %eax, %cr4
    movl $EFER, %ecx
    rdmsr
    orl $EFER_LME, %eax
    wrmsr
    movl %cr0, %eax
    orl $CR0_PG, %eax
    movl %eax, %cr0
    lgdt gdt_pointer
    ljmp $CODE, $long_mode

    .code64
long_mode:
    movl $DATA, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %fs
    movl %eax, %gs
    movl %eax, %ss
    call multiboot_main
2:  hlt
    jmp 2b

    .section .rodata
    .balign 8
gdt:
    .quad 0
    .quad 0x00AF9B000000FFFF
    .quad 0x00CF93000000FFFF
gdt_pointer:
    .word 23
    .long gdt

    .bss
    .balign 4096
pml4: .skip 4096
directory_pointers: .skip 4096
page_directories: .skip 4 * 4096
    .skip 16384
stack_end:
