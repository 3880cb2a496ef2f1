/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* What the 32-bit task does. */
        .text
        .code32
        .globl  task_end, task_return, task_return_error, task_jump_back, task_step, task_read, task_read_return, task_nmi, nmis_seen

task_end:
        int     $0x60

/* Back to where it came from, with CPUID before; when it is entered once more it goes on behind the IRET. */
task_return:
        movl    $1, %eax
        cpuid
        iretl
        int     $0x60

/* The same for an exception that brought an error code: it ends up in EDX's place of the line. */
task_return_error:
        popl    %edx
        iretl
        int     $0x60

task_jump_back:
        ljmp    $0x28, $0
        int     $0x60

task_step:
        nop
        nop
        int     $0x60

/* What is at 3 GiB plus 64 KiB: in the address space of other_table, the low code. */
task_read:
        movl    0xc0010000, %eax
        int     $0x60

task_read_return:
        movl    0xc0010000, %eax
        iretl

/* Of NMIs. The first one makes this processor send itself another, which has to wait until the IRET. */
task_nmi:
        incl    nmis_seen
        cmpl    $1, nmis_seen
        jne     1f
        movl    nmi_command, %eax
        movl    %eax, 0xfee00300
        movl    $100, %ecx
0:      nop
        loop    0b
1:      iretl
        jmp     task_nmi

        .data
        .globl  nmi_command
nmi_command: .long 0
nmis_seen: .long 0
        .section .note.GNU-stack, "", @progbits
