/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * SYSCALL and SYSRET. What runs at CPL 3 is copied to a page that user mode may execute, in pieces of 64 bytes, each of
 * which ends in UD2. The entry notes what it finds, and goes back by one of the two SYSRETs.
 */
        .section .rodata
        .globl  calls_start, calls_end
        .balign 64

        .macro  begin_call
        movl    $0x1234, %eax
        movl    $0x5678, %edi
        stc
        std
        .endm

        .macro  end_call
        movl    %cs, %eax               /* the same bytes in compatibility mode */
        movl    %ss, %edx
        ud2
        .balign 64, 0xcc
        .endm

calls_start:
        begin_call                      /* 0 */
        syscall
        end_call
        begin_call                      /* 1: prefixes that mean nothing */
        .byte   0x66, 0x2e, 0xf3, 0x48, 0x0f, 0x05
        end_call
        begin_call                      /* 2: across two pages; the code puts it there */
        jmp     calls_start + 4096 - 1
        end_call
        sysretq                         /* 3: at CPL 3 */
        end_call
        begin_call                      /* 4: LOCK is invalid */
        .byte   0xf0, 0x0f, 0x05
        end_call
calls_end:

        .bss
        .globl  call_seen, call_goes_narrow
        .balign 8
call_seen:
        .skip   8 * 8                   /* RAX, RCX, R11, RFLAGS, CS, SS, RSP, calls so far */
call_goes_narrow:
        .skip   8

        .text
        .globl  call_entry
call_entry:
        movq    %rax, call_seen(%rip)
        movq    %rcx, call_seen + 8(%rip)
        movq    %r11, call_seen + 16(%rip)
        movq    %rsp, call_seen + 48(%rip)
        pushfq
        popq    call_seen + 24(%rip)
        movl    %cs, %eax
        movq    %rax, call_seen + 32(%rip)
        movl    %ss, %eax
        movq    %rax, call_seen + 40(%rip)
        cld
        incq    call_seen + 56(%rip)
        cmpq    $0, call_goes_narrow(%rip)
        jne     1f
        sysretq
1:      sysretl
        .section .note.GNU-stack, "", @progbits
