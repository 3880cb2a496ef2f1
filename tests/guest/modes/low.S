/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Code that is copied to low_base (low.h) and runs there in every mode; real mode's way in, its handlers and its way out. */
        .set    CODE32, 0x08
        .set    DATA32, 0x10
        .set    CODE16, 0x30
        .set    DATA16, 0x38
        .set    LOW_BASE, 0x10000
        .set    LOW_SEGMENT, 0x1000
        .set    INTERRUPTS, 0x5000      /* real mode's vectors */

        .section .rodata
        .globl  low_start, low_end
        .balign 16
        .code16
low_start:

        .macro  piece name, code:vararg
        .globl  low_\name
low_\name:
        \code
        int     $0x60
        .endm

        piece   cpuid, cpuid
        piece   vmcall, vmcall
        piece   vmlaunch, vmlaunch
        piece   vmresume, vmresume
        piece   vmxoff, vmxoff
        piece   vmread, .byte 0x0f, 0x78, 0xc3
        piece   vmwrite, .byte 0x0f, 0x79, 0xc3
        piece   vmfunc, vmfunc
        piece   getsec, getsec
        piece   invd, invd
        piece   wbinvd, wbinvd
        piece   xgetbv, xgetbv
        piece   xsetbv, xsetbv
        piece   rdmsr, rdmsr
        piece   wrmsr, wrmsr
        piece   clts, clts
        piece   read_cr0, movl %cr0, %eax
        piece   write_cr0, movl %eax, %cr0
        piece   read_cr4, movl %cr4, %eax
        piece   write_cr4, movl %eax, %cr4
        piece   smsw, .byte 0x0f, 0x01, 0xe0
        piece   int3, int3
        piece   int_21, int $0x21
        piece   int_41, int $0x41
        piece   ud2, ud2
        piece   sti, sti

        .globl  low_step
low_step:                               /* for single steps */
        cpuid
        nop
        cpuid
        nop
        int     $0x60

        .globl  low_call_task
low_call_task:                          /* the 32-bit task of tasks.cpp, from a task of 16 bits */
        lcallw  $0x80, $0
        int     $0x60

        .globl  low_return
low_return:                             /* to the task that called, and when it comes again, the end */
        iretw
        int     $0x60

        .globl  low_redirected
low_redirected:                         /* where V86 mode's INT 21H goes */
        movw    $0x1234, %ax
        int     $0x60

/*
 * Real mode's way in, from 32-bit code with paging off: low_real_entry is entered by a far jump as 16-bit protected-mode
 * code with the registers to load in low_area.
 */
        .globl  low_real_entry
low_real_entry:
        movw    $DATA16, %ax
        movw    %ax, %ds
        movw    %ax, %es
        movw    %ax, %fs
        movw    %ax, %gs
        movw    %ax, %ss
        movl    %cr0, %eax
        andl    $0xfffffffe, %eax
        movl    %eax, %cr0
        ljmpw   $LOW_SEGMENT, $(1f - low_start)
1:      movw    %cs, %ax
        movw    %ax, %ds
        xorw    %ax, %ax
        movw    %ax, %es
        movw    %ax, %fs
        movw    %ax, %gs
        movw    %ax, %ss
        movl    $0x7000, %esp
        movl    $(area - low_start), %esi
        pushw   4(%si)                  /* flags */
        pushw   $LOW_SEGMENT
        pushw   (%si)                   /* IP */
        movl    8(%si), %eax
        movl    12(%si), %ebx
        movl    16(%si), %ecx
        movl    20(%si), %edx
        iretw

/* Real mode's handlers: 16 bytes each, vectors 0 to 31, then 60H. */
        .globl  low_real_stubs
        .balign 16
low_real_stubs:
        .set    number, 0
        .rept   33
        .if     number == 32
        pushw   $0x60
        .else
        pushw   $number
        .endif
        jmp     handler
        .balign 16
        .set    number, number + 1
        .endr

/* Stack: vector, IP, CS, flags. A #DB is noted while steps are wanted, then execution goes on. */
handler:
        movl    %eax, %cs:(area + 8 - low_start)
        movl    %ebx, %cs:(area + 12 - low_start)
        movl    %ecx, %cs:(area + 16 - low_start)
        movl    %edx, %cs:(area + 20 - low_start)
        movw    %cs, %ax
        movw    %ax, %ds
        movl    %esp, area + 24 - low_start
        popw    %ax
        cmpw    $1, %ax
        jne     2f
        movl    area + 48 - low_start, %ebx  /* steps so far */
        cmpl    area + 52 - low_start, %ebx  /* how many are wanted */
        jae     2f
        incl    area + 48 - low_start
        shlw    $1, %bx
        popw    %ax
        pushw   %ax
        movw    %ax, area + 56 - low_start(%bx)
        movl    area + 8 - low_start, %eax
        movl    area + 12 - low_start, %ebx
        iretw
2:      movzwl  %ax, %eax
        movl    %eax, area + 28 - low_start  /* vector */
        popw    %ax
        movzwl  %ax, %eax
        movl    %eax, area + 32 - low_start  /* IP */
        popw    %ax
        movzwl  %ax, %eax
        movl    %eax, area + 36 - low_start  /* CS */
        popw    %ax
        movzwl  %ax, %eax
        movl    %eax, area + 40 - low_start  /* flags */
        movl    %cr0, %eax
        orl     $1, %eax
        movl    %eax, %cr0
        ljmpl   $CODE32, $real_done

        .balign 4
        .globl  low_area
low_area:
area:   .skip   96                      /* struct RealArea, real.cpp */
low_end:

/* void enter_real(): in 32-bit code. The GDT stays; the interrupt descriptor table changes. */
        .text
        .code32
        .globl  enter_real
enter_real:
        pushl   %ebx
        pushl   %esi
        pushl   %edi
        pushl   %ebp
        sidt    protected_idt
        lidt    real_idt
        movl    %esp, real_esp
        ljmp    $CODE16, $(low_real_entry - low_start)
real_done:
        movl    $DATA32, %eax
        movl    %eax, %ds
        movl    %eax, %es
        movl    %eax, %ss
        movl    %eax, %fs
        movl    %eax, %gs
        movl    real_esp, %esp
        lidt    protected_idt
        popl    %ebp
        popl    %edi
        popl    %esi
        popl    %ebx
        ret

        .section .rodata
real_idt:
        .word   0x3ff
        .long   INTERRUPTS
        .bss
        .balign 4
real_esp: .skip 4
protected_idt: .skip 8
        .section .note.GNU-stack, "", @progbits
