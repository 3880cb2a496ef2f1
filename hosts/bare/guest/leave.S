/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Out of long mode and into a guest kernel: 32-bit protected mode, paging off, flat segments with the selectors that
 * Linux wants [Linux Documentation/arch/x86/boot.rst "32-bit Boot Protocol"]. Copied to a page below 4 GiB whose physical
 * address is its linear address, and entered there with RDI = that address; its data is filled in beforehand (struct
 * LeaveData, enter.cpp).
 */
        .section .rodata
        .globl  leave_start, leave_end, leave_data
        .balign 16
        .code64
leave_start:
        cli
        leal    (leave_gdt - leave_start)(%rdi), %eax
        movl    %eax, (leave_gdt_pointer + 2 - leave_start)(%rdi)
        lgdt    (leave_gdt_pointer - leave_start)(%rdi)
        leaq    (leave_stack_end - leave_start)(%rdi), %rsp
        leaq    (leave_32 - leave_start)(%rdi), %rax
        pushq   $0x10
        pushq   %rax
        lretq

        .code32
leave_32:
        movl    $0x18, %eax
        movl    %eax, %ds
        movl    %eax, %es
        movl    %eax, %fs
        movl    %eax, %gs
        movl    %eax, %ss
        /* [SDM3 "Switching Out of IA-32e Mode Operation"] */
        movl    %cr0, %eax
        andl    $0x7fffffff, %eax
        movl    %eax, %cr0
        movl    $0xc0000080, %ecx       /* IA32_EFER: as after reset */
        xorl    %eax, %eax
        xorl    %edx, %edx
        wrmsr
        movl    %eax, %cr4
        movl    %eax, %cr3
        movl    $0x11, %eax             /* PE, ET */
        movl    %eax, %cr0
        lldt    %dx
        lidt    (leave_idt_pointer - leave_start)(%edi)
        movl    (leave_data - leave_start)(%edi), %edx
        movl    (leave_data + 4 - leave_start)(%edi), %eax
        movl    (leave_data + 8 - leave_start)(%edi), %ebx
        movl    (leave_data + 12 - leave_start)(%edi), %esi
        xorl    %ecx, %ecx
        xorl    %ebp, %ebp
        xorl    %edi, %edi
        jmp     *%edx

        .balign 8
leave_gdt:
        .quad   0
        .quad   0
        .quad   0x00cf9b000000ffff      /* 10H: 32-bit code */
        .quad   0x00cf93000000ffff      /* 18H: data */
leave_gdt_pointer:
        .word   31
        .quad   0
leave_idt_pointer:
        .word   0x3ff                   /* as the BIOS leaves it */
        .quad   0
        .balign 8
leave_data:
        .skip   16
        .skip   64
leave_stack_end:
leave_end:
        .section .note.GNU-stack, "", @progbits
