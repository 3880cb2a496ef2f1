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

/*
 * What the BIOS says about memory, to be copied to BIOS_CODE and called there: in real mode and back. kernel.cpp knows where
 * the answers are.
 */
        .set    BIOS_CODE, 0x7000
        .set    ANSWERS, 0x7400         /* struct BiosAnswers */
        .set    CARRY_OF_A_WRONG_CALL, ANSWERS
        .set    INT_12H, ANSWERS + 2
        .set    INT_15H_88H, ANSWERS + 4
        .set    INT_15H_E801H, ANSWERS + 6
        .set    COUNT, ANSWERS + 14
        .set    ENTRIES, ANSWERS + 16
        .set    MOST_ENTRIES, 32
        .globl  bios_start, bios_end
        .code32
bios_start:
        pushal
        movl    %esp, BIOS_CODE + (saved_stack - bios_start)
        lgdtl   BIOS_CODE + (bios_gdt_pointer - bios_start)
        lidtl   BIOS_CODE + (bios_idt_pointer - bios_start)
        ljmpl   $0x18, $(BIOS_CODE + (bios_16 - bios_start))
        .code16
bios_16:
        movw    $0x20, %ax
        movw    %ax, %ds
        movw    %ax, %es
        movw    %ax, %ss
        movl    %cr0, %eax
        andb    $0xfe, %al
        movl    %eax, %cr0
        ljmpw   $0, $(BIOS_CODE + (bios_real - bios_start))
bios_real:
        xorw    %ax, %ax
        movw    %ax, %ds
        movw    %ax, %es
        movw    %ax, %ss
        movw    $BIOS_CODE, %sp
        movw    %ax, COUNT
        xorl    %ebx, %ebx
        movw    $ENTRIES, %di
1:      movl    $0xe820, %eax
        movl    $0x534d4150, %edx
        movl    $20, %ecx
        int     $0x15
        jc      2f
        incw    COUNT
        addw    $20, %di
        cmpw    $MOST_ENTRIES, COUNT
        jae     2f
        testl   %ebx, %ebx
        jnz     1b
2:      movw    $0xe801, %ax
        int     $0x15
        movw    %ax, INT_15H_E801H
        movw    %bx, INT_15H_E801H + 2
        movw    %cx, INT_15H_E801H + 4
        movw    %dx, INT_15H_E801H + 6
        movb    $0x88, %ah
        int     $0x15
        movw    %ax, INT_15H_88H
        int     $0x12
        movw    %ax, INT_12H
        movl    $0xe820, %eax
        xorl    %edx, %edx
        xorl    %ebx, %ebx
        movw    $ENTRIES + 20 * MOST_ENTRIES, %di
        movl    $20, %ecx
        int     $0x15
        sbbw    %ax, %ax
        movw    %ax, CARRY_OF_A_WRONG_CALL
        movl    %cr0, %eax
        orb     $1, %al
        movl    %eax, %cr0
        ljmpl   $8, $(BIOS_CODE + (bios_back - bios_start))
        .code32
bios_back:
        movw    $16, %ax
        movw    %ax, %ds
        movw    %ax, %es
        movw    %ax, %ss
        movl    BIOS_CODE + (saved_stack - bios_start), %esp
        popal
        ret
        .balign 8
saved_stack:
        .long   0, 0
bios_gdt:
        .quad   0
        .quad   0x00cf9b000000ffff
        .quad   0x00cf93000000ffff
        .quad   0x00009b000000ffff      /* 18H: 16-bit code */
        .quad   0x000093000000ffff
bios_gdt_pointer:
        .word   39
        .long   BIOS_CODE + (bios_gdt - bios_start)
bios_idt_pointer:
        .word   0x3ff
        .long   0
bios_end:

        .bss
        .balign 16
        .skip   8192
stack_end:
        .section .note.GNU-stack, "", @progbits
