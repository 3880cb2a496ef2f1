/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Entry of the 32-bit conformance kernel, where its other processors begin, and how events come to C++ and away from it.
 */
        .set    MAGIC, 0x1badb002
        .set    FLAGS, 3
        .set    CODE32, 0x08
        .set    DATA32, 0x10

        .section .multiboot, "ax"
        .balign 4
        .long   MAGIC
        .long   FLAGS
        .long   -(MAGIC + FLAGS)

        .text
        .code32
        .globl  kernel_start
kernel_start:
        movl    $stack_end, %esp
        call    modes_main
0:      cli
        hlt
        jmp     0b

/*
 * A processor after its start-up IPI: real mode, copied to page 8. They are started one after the other and share a stack.
 */
        .set    PAGE, 0x8000
        .globl  other_start, other_end
        .balign 16
        .code16
other_start:
        cli
        xorw    %ax, %ax
        movw    %ax, %ds
        lgdtl   PAGE + (other_gdt_pointer - other_start)
        movl    $0x11, %eax
        movl    %eax, %cr0
        ljmpl   $CODE32, $(PAGE + (protected - other_start))
        .code32
protected:
        movw    $DATA32, %ax
        movw    %ax, %ds
        movw    %ax, %es
        movw    %ax, %ss
        movl    $other_stack_end, %esp
        movl    $modes_on_another, %eax
        call    *%eax
0:      cli
        hlt
        jmp     0b
        .balign 8
other_gdt:
        .quad   0
        .quad   0x00cf9b000000ffff
        .quad   0x00cf93000000ffff
other_gdt_pointer:
        .word   23
        .long   PAGE + (other_gdt - other_start)
other_end:

/*
 * Events. Each vector's stub makes the stack alike (struct Frame, events.h) and calls on_event, which returns to go on, or
 * calls resume to return from the innermost guarded or enter.
 */
        .macro  stub vector, has_error=0
        .if     !\has_error
        pushl   $0
        .endif
        pushl   $\vector
        jmp     common
        .balign 16
        .endm

        .globl  event_stubs
        .balign 16
event_stubs:                            /* 16 bytes each, vectors 0 to 31 */
        .set    number, 0
        .rept   32
        .if     number == 8 || (number >= 10 && number <= 14) || number == 17 || number == 21
        stub    number, 1
        .else
        stub    number
        .endif
        .set    number, number + 1
        .endr
        .globl  end_stub
end_stub:                               /* vector 60H: the end of what was entered */
        stub    0x60

common: cld
        pushal
        pushl   %ds
        pushl   %es
        pushl   %fs
        pushl   %gs
        movl    %ss, %eax
        larl    %eax, %eax
        testl   $0x400000, %eax         /* B = 0: only SP counted until now, and all such stacks are based at 0 */
        jnz     1f
        movzwl  %sp, %esp
1:      movl    $DATA32, %eax
        movl    %eax, %ds
        movl    %eax, %es
        movl    %eax, %ss
        movl    %esp, %eax
        pushl   %eax
        call    on_event
        addl    $4, %esp
        popl    %gs
        popl    %fs
        popl    %es
        popl    %ds
        popal
        addl    $8, %esp
        iretl

/* void guarded(void (*body)(void*), void* argument) */
        .globl  guarded
guarded:
        movl    4(%esp), %eax
        movl    8(%esp), %edx
        call    keep
        pushl   %edx
        call    *%eax
        jmp     resume

/* Keeps what a C++ function must keep, below the caller's return address, and remembers where. */
keep:   popl    %ecx
        pushl   %ebx
        pushl   %esi
        pushl   %edi
        pushl   %ebp
        pushl   resume_esp
        movl    %esp, resume_esp
        jmp     *%ecx

/* Returns from the innermost guarded or enter. */
        .globl  resume
resume: movl    $DATA32, %eax
        movl    %eax, %ds
        movl    %eax, %es
        movl    %eax, %ss
        movl    %eax, %fs
        movl    %eax, %gs
        movl    resume_esp, %esp
        pushl   $0x2                    /* NT, TF, AC, IF, IOPL off */
        popfl
        popl    resume_esp
        popl    %ebp
        popl    %edi
        popl    %esi
        popl    %ebx
        ljmp    $CODE32, $1f
1:      ret

/* void enter(const Entry*): goes there by IRET. What is there ends by an event. */
        .globl  enter
enter:  movl    4(%esp), %eax
        call    keep
        movl    %eax, %esi
        testl   $0x20000, 8(%esi)       /* EFLAGS.VM */
        jnz     2f
        testl   $3, 4(%esi)             /* CS.RPL */
        jnz     3f
        movl    16(%esi), %eax          /* the same privilege: the stack is ours to change */
        movl    12(%esi), %esp
        movl    %eax, %ss
        jmp     4f
2:      movl    20(%esi), %eax          /* GS, FS, DS, ES alike */
        pushl   %eax
        pushl   %eax
        pushl   %eax
        pushl   %eax
3:      pushl   16(%esi)
        pushl   12(%esi)
4:      pushl   8(%esi)
        pushl   4(%esi)
        pushl   (%esi)
        movl    24(%esi), %eax
        movl    28(%esi), %ebx
        movl    32(%esi), %ecx
        movl    36(%esi), %edx
        testl   $0x20000, 8(%esi)
        movl    20(%esi), %esi
        jnz     5f
        movl    %esi, %ds
        movl    %esi, %es
5:      iretl

        .bss
        .globl  resume_esp
resume_esp: .skip 4
        .balign 16
        .skip   8192
stack_end:
        .skip   8192
other_stack_end:
        .section .note.GNU-stack, "", @progbits
