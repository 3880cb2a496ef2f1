/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* From 32-bit protected mode through compatibility mode into 64-bit mode and back, with CPUID at each stage. */
        .set    CODE32, 0x08
        .set    CODE64, 0x78
        .set    LEAF, 0x80000001
        .set    EFER, 0xc0000080

/* void through_long_mode(u32 cr3, Stage* stages): a stage is EFER, CR0 and CPUID's EDX; 7 of them (long.cpp). */
        .text
        .code32
        .globl  through_long_mode
        .macro  stage
        movl    $EFER, %ecx
        rdmsr
        movl    %eax, (%edi)
        movl    $LEAF, %eax
        cpuid
        movl    %edx, 8(%edi)
        addl    $12, %edi
        .endm
        .macro  stage_cr0               /* before `stage`, outside 64-bit mode */
        movl    %cr0, %eax
        movl    %eax, 4(%edi)
        .endm
through_long_mode:
        pushl   %ebx
        pushl   %edi
        movl    12(%esp), %eax
        movl    16(%esp), %edi
        movl    %eax, %cr3
        movl    %cr4, %eax
        orl     $0x20, %eax
        movl    %eax, %cr4
        stage_cr0
        stage                           /* protected mode */
        movl    $EFER, %ecx
        rdmsr
        orl     $0x101, %eax            /* LME, SCE */
        wrmsr
        stage_cr0
        stage                           /* LME, not yet LMA */
        movl    %cr0, %eax
        orl     $0x80000000, %eax
        movl    %eax, %cr0
        stage_cr0
        stage                           /* compatibility mode */
        ljmp    $CODE64, $1f
        .code64
1:      stage                           /* 64-bit mode */
        pushq   $CODE32
        leaq    2f(%rip), %rax
        pushq   %rax
        lretq
        .code32
2:      stage_cr0
        stage                           /* compatibility mode again */
        movl    %cr0, %eax
        andl    $0x7fffffff, %eax
        movl    %eax, %cr0
        stage_cr0
        stage                           /* LME without LMA */
        movl    $EFER, %ecx
        rdmsr
        andl    $0xfffffefe, %eax
        wrmsr
        stage_cr0
        stage                           /* protected mode */
        movl    %cr4, %eax
        andl    $0xffffffdf, %eax
        movl    %eax, %cr4
        popl    %edi
        popl    %ebx
        ret
        .section .note.GNU-stack, "", @progbits
