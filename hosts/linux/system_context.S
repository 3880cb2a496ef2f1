/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Where that part of the core begins in the module that root mode never runs (core/system_context.txt, and the rules of VM
 * entry): Kbuild renames its sections, and links them last. Root mode's copy of the image ends here.
 */
    .section .nadir_system.text, "ax", @progbits
    .balign 4096
    .globl nadir_system_text
nadir_system_text:

    .section .nadir_system.rodata, "a", @progbits
    .balign 4096
    .globl nadir_system_rodata
nadir_system_rodata:

    .section .note.GNU-stack, "", @progbits
