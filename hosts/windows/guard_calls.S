/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Control flow guard where the system has put nothing of its own in place: the check of RCX finds nothing wrong, the dispatch
 * goes on to the function in RAX. No other register may change, so these are not for a compiler.
 */
        .text

        .globl nadir_guard_check
        .def nadir_guard_check; .scl 2; .type 32; .endef
nadir_guard_check:
        ret

        .globl nadir_guard_dispatch
        .def nadir_guard_dispatch; .scl 2; .type 32; .endef
nadir_guard_dispatch:
        jmp     *%rax
