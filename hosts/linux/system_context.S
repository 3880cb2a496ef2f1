/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Where the rules of VM entry (check/entry) begin in the module: Kbuild renames their sections, and links them last. Root
 * mode never runs them, so its copy of the image ends here.
 */
    .section .nadir_rules.text, "ax", @progbits
    .balign 4096
    .globl nadir_rules_text
nadir_rules_text:

    .section .nadir_rules.rodata, "a", @progbits
    .balign 4096
    .globl nadir_rules_rodata
nadir_rules_rodata:

    .section .note.GNU-stack, "", @progbits
