/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Entry of the test kernel, and where its other processors begin. With ADDRESS_FIELDS defined, its Multiboot header has
 * the address fields ("a.out kludge"), so that the ELF headers don't count.
 */
        .code32
        .set    MAGIC, 0x1badb002
#ifdef ADDRESS_FIELDS
        .set    FLAGS, 3 + 0x10000
#else
        .set    FLAGS, 3
#endif
        .section .multiboot, "ax"
        .balign 4
header: .long   MAGIC
        .long   FLAGS
        .long   -(MAGIC + FLAGS)
#ifdef ADDRESS_FIELDS
        .long   header
        .long   kernel_load
        .long   kernel_load_end
        .long   kernel_end
        .long   kernel_start
#endif

        .text
        .globl  kernel_start
kernel_start:
        movl    $stack_end, %esp
        pushl   %ebx
        pushl   %eax
        call    kernel_main
0:      cli
        hlt
        jmp     0b

/*
 * A processor after its start-up IPI: real mode, copied to page 8. It goes to 32-bit protected mode, adds one to a
 * counter, executes CPUID there too, and stays.
 */
        .set    PAGE, 0x8000
        .globl  other_start, other_end
        .balign 16
        .code16
other_start:
        cli
        xorw    %ax, %ax
        movw    %ax, %ds
        cpuid
        lgdtl   PAGE + (gdt_pointer - other_start)
        movl    $0x11, %eax
        movl    %eax, %cr0
        ljmpl   $8, $(PAGE + (protected - other_start))
        .code32
protected:
        movw    $16, %ax
        movw    %ax, %ds
        xorl    %eax, %eax
        cpuid
        lock incl started
0:      hlt
        jmp     0b
        .balign 8
gdt:    .quad   0
        .quad   0x00cf9b000000ffff
        .quad   0x00cf93000000ffff
gdt_pointer:
        .word   23
        .long   PAGE + (gdt - other_start)
other_end:

        .bss
        .balign 16
        .skip   8192
stack_end:
        .section .note.GNU-stack, "", @progbits
