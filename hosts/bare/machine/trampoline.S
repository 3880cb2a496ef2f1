/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Where a start-up IPI lets a processor begin: real mode. At the beginning of the page that the IPI named lies only the
 * entry, which keeps the page's number and jumps to the one copy of the trampoline. That goes straight to long mode on the
 * boot processor's page tables and calls the procedure in struct TrampolineData (startup.cpp) with what lies there for this
 * processor's APIC number. Any number of processors may come at a time.
 */
        .section .rodata
        .globl  startup_entry, startup_entry_end, trampoline_start, trampoline_end, trampoline_data
        .code16
        .set    SEGMENT, 0x0800                 /* trampoline_page, startup.cpp */
        .set    OFFSET, 0x10                    /* trampoline_offset: behind the entry of this page */
        .set    BASE, SEGMENT * 16 + OFFSET
startup_entry:
        movw    %cs, %bp
        ljmp    $SEGMENT, $OFFSET
startup_entry_end:

        .balign 16
trampoline_start:
        cli
        cld
        xorw    %ax, %ax
        movw    %ax, %ds
        lgdtl   BASE + (gdt_pointer - trampoline_start)
        /* INIT leaves CD and NW set. PE now, so that the next jump may be to a 32-bit segment. */
        movl    $0x00000011, %eax
        movl    %eax, %cr0
        ljmpl   $8, $(BASE + (protected - trampoline_start))

        .code32
protected:
        movw    $24, %ax
        movw    %ax, %ds
        movw    %ax, %ss
        movl    $(BASE + (trampoline_data - trampoline_start)), %esi
        movl    (%esi), %eax
        movl    %eax, %cr4
        movl    8(%esi), %eax
        movl    %eax, %cr3
        movl    $0xc0000080, %ecx               /* IA32_EFER, without LMA */
        movl    24(%esi), %eax
        xorl    %edx, %edx
        wrmsr
        movl    16(%esi), %eax
        movl    %eax, %cr0
        ljmpl   $16, $(BASE + (long_mode - trampoline_start))

        .code64
long_mode:
        movl    $1, %eax
        cpuid
        shrl    $24, %ebx                       /* initial APIC number */
        shll    $4, %ebx
        addq    40(%rsi), %rbx                  /* its struct StartPlace */
        movq    32(%rsi), %rax
        movq    (%rbx), %rdi                    /* the processor, or null for one that is unknown */
        movq    8(%rbx), %rsp
        movzwl  %bp, %esi
        shrl    $8, %esi                        /* the IPI's vector */
        xorl    %ebp, %ebp
        testq   %rdi, %rdi
        jz      0f
        call    *%rax
0:      hlt
        jmp     0b

        .balign 8
gdt:    .quad   0
        .quad   0x00cf9b000000ffff              /* 32-bit code */
        .quad   0x00af9b000000ffff              /* 64-bit code */
        .quad   0x00cf93000000ffff              /* data */
gdt_pointer:
        .word   31
        .long   BASE + gdt - trampoline_start
        .balign 8
trampoline_data:
        .skip   48
trampoline_end:
        .section .note.GNU-stack, "", @progbits
