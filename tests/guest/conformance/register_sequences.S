/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Sequences around instructions that read or write system registers, whose events registers_events.cpp counts by their
 * addresses. An interrupt at vector 0x40 is already pending in the local APIC where a comment says so, and IF is 0.
 */
        .text

        .macro  sequence name
        .globl  \name
        .balign 64
\name:
        pushq   %rbx
        movq    %cr3, %rbx
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

/* Single steps: one trap after each, none lost, none twice. */
sequence sequence_step_registers
        set_tf
        movq    %rbx, %cr3
        movq    %dr3, %rax
        movq    %rax, %dr3
        movq    %cr8, %rax
        movq    %rax, %cr8
        sgdt    table_seen(%rip)
        lgdt    table_seen(%rip)
        sldt    %eax
        rdtsc
        movq    %cr4, %rax
        xorq    $0x80, %rax             /* PGE: the one changes it, the other puts it back */
        movq    %rax, %cr4
        xorq    $0x80, %rax
        movq    %rax, %cr4
        clear_tf
        nop
end_sequence

/* MOV SS before it: no trap between the two, and one behind them. */
sequence sequence_step_mov_ss_register
        movl    %ss, %edx
        set_tf
        movl    %edx, %ss
        movq    %rbx, %cr3
        nop
        clear_tf
        nop
end_sequence

/* STI, and an interrupt pending: it comes after the instruction, not before and not later. */
sequence sequence_sti_register
        sti
        movq    %rbx, %cr3
        nop
        cli
end_sequence

/* MOV SS after STI: the interrupt comes after the instruction behind it. */
sequence sequence_mov_ss_register
        movl    %ss, %edx
        sti
        movl    %edx, %ss
        movq    %rbx, %cr3
        nop
        cli
end_sequence

/* POPF has no shadow: the interrupt comes before. */
sequence sequence_popf_register
        pushfq
        orl     $0x200, (%rsp)
        popfq
        movq    %rbx, %cr3
        nop
        cli
end_sequence

/* The breakpoints in DR0 and DR1 are on these two instructions. */
sequence sequence_breakpoint_register
        .globl  breakpoint_at_register, breakpoint_after_register
        nop
breakpoint_at_register:
        movq    %rbx, %cr3
breakpoint_after_register:
        nop
        nop
end_sequence

/* DR0 watches what SGDT writes: one trap behind it, with a step of the guest's own and without. */
sequence sequence_watch_table
        .globl  table_seen
        sgdt    table_seen(%rip)
        nop
        set_tf
        sgdt    table_seen(%rip)
        clear_tf
        nop
end_sequence

/* DR0 watches the word that is read into SS: its trap waits for the end of the instruction behind. */
sequence sequence_watch_mov_ss_register
        .globl  selector_watched
        movw    selector_watched(%rip), %ss
        movq    %rbx, %cr3
        nop
        nop
end_sequence

/* PUSHF behind it shows RFLAGS as they were. */
sequence sequence_register_flags
        .globl  register_flags_seen
        std
        stc
        movq    %rbx, %cr3
        pushfq
        cld
        popq    register_flags_seen(%rip)
end_sequence

        .data
        .balign 16
table_seen:
        .skip   16
selector_watched:
        .quad   0x10
register_flags_seen:
        .quad   0
        .section .note.GNU-stack, "", @progbits
