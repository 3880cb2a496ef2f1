/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Sequences whose events exits_events.cpp counts by their addresses. Each is a C procedure without arguments; an interrupt
 * at vector 0x40 is already pending in the local APIC where its comment says so, and IF is 0.
 */
        .text

        .macro  sequence name
        .globl  \name
        .balign 64
\name:
        pushq   %rbx
        .endm

        .macro  end_sequence
        popq    %rbx
        ret
        .endm

        .macro  set_tf
        pushfq
        orl     $0x100, (%rsp)
        popfq
        .endm

        .macro  clear_tf
        pushfq
        andl    $~0x100, (%rsp)
        popfq
        .endm

/* Single steps over instructions that exit: one trap after each, none lost, none twice. */
sequence sequence_step
        set_tf
        nop
        xorl    %eax, %eax
        cpuid
        nop
        invd
        xorl    %ecx, %ecx
        xgetbv
        xsetbv
        nop
        clear_tf
        nop
end_sequence

/* Single step with MOV SS before the instruction that exits: no trap between the two. */
sequence sequence_step_mov_ss
        movl    %ss, %edx
        movl    %edx, %ebx
        set_tf
        nop
        movl    %ebx, %ss
        cpuid
        nop
        clear_tf
        nop
end_sequence

/* STI, and an interrupt pending: it comes after the CPUID, not before and not later. */
sequence sequence_sti
        xorl    %eax, %eax
        nop
        sti
        cpuid
        nop
        nop
        cli
end_sequence

/* As above with two instructions that exit; the second is interrupted. */
sequence sequence_sti_twice
        xorl    %eax, %eax
        sti
        nop
        cpuid
        cpuid
        nop
        cli
end_sequence

/* MOV SS after STI: the interrupt comes after the CPUID. */
sequence sequence_mov_ss
        xorl    %eax, %eax
        movl    %ss, %ebx
        sti
        movl    %ebx, %ss
        cpuid
        nop
        cli
end_sequence

/* POPF has no shadow: the interrupt comes before the CPUID. */
sequence sequence_popf
        xorl    %eax, %eax
        pushfq
        orl     $0x200, (%rsp)
        popfq
        cpuid
        nop
        cli
end_sequence

/* STI; HLT: the interrupt wakes. */
sequence sequence_halt
        sti
        hlt
        nop
        cli
end_sequence

/* The breakpoints in DR0 and DR1 are on these two instructions. */
sequence sequence_breakpoint
        xorl    %eax, %eax
        nop
        .globl  breakpoint_at_cpuid, breakpoint_after_cpuid
breakpoint_at_cpuid:
        cpuid
breakpoint_after_cpuid:
        nop
        nop
end_sequence

/* DR0 watches the word that is read into SS: its trap waits for the end of the CPUID. */
sequence sequence_watch_mov_ss
        .globl  watched_selector
        xorl    %eax, %eax
        movw    watched_selector(%rip), %ss
        cpuid
        nop
        nop
end_sequence

/* As above, but behind the MOV SS stands an INT: the trap waits until its handler begins. */
sequence sequence_watch_mov_ss_int
        movw    watched_selector(%rip), %ss
        int     $0x41
        nop
        nop
end_sequence

/* DR0 watches a word that is written before and after the CPUID. */
sequence sequence_watch_write
        movw    $0x10, watched_selector(%rip)
        xorl    %eax, %eax
        cpuid
        movw    $0x10, watched_selector(%rip)
        nop
end_sequence

/* PUSHF after an instruction that exits shows that RF and the rest of RFLAGS are as they were. */
sequence sequence_flags
        .globl  flags_seen
        stc
        std
        xorl    %eax, %eax
        stc
        cpuid
        pushfq
        cld
        popq    flags_seen(%rip)
end_sequence

/* Single steps over I/O instructions: one trap after each. */
sequence sequence_step_io
        set_tf
        nop
        outb    %al, $0x80
        inb     $0x80, %al
        movl    %ss, %edx
        movl    %edx, %ss               /* no trap between this one and the next */
        outb    %al, $0x80
        nop
        clear_tf
        nop
end_sequence

/* The same for the string instructions: a trap after each round. */
sequence sequence_step_string_io
        pushq   %rsi
        pushq   %rdi
        leaq    watched_selector(%rip), %rsi
        movl    $0x80, %edx
        movl    $3, %ecx
        cld
        set_tf
        rep outsb
        outsw
        clear_tf
        leaq    input_seen(%rip), %rdi
        movl    $2, %ecx
        rep insb
        set_tf
        insb
        nop
        clear_tf
        popq    %rdi
        popq    %rsi
end_sequence

/* An interrupt may come behind the instruction that follows STI, not before. */
sequence sequence_sti_io
        sti
        outb    %al, $0x80
        nop
        cli
        sti
        movl    $0x80, %edx
        outb    %al, %dx
        nop
        cli
end_sequence

/* DR0 and DR1 watch ports. */
sequence sequence_io_breakpoint
        movl    $0x80, %edx
        outb    %al, %dx
        nop
        outl    %eax, %dx
        nop
        inb     %dx, %al
        nop
        pushq   %rsi
        leaq    watched_selector(%rip), %rsi
        outsb
        nop
        popq    %rsi
end_sequence

        .data
        .balign 8
input_seen:
        .quad   0
watched_selector:
        .quad   0x10
flags_seen:
        .quad   0
        .section .note.GNU-stack, "", @progbits
