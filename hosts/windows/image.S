/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Where the core's code and constants begin and end. The linker sorts the parts of a section by what follows the dollar sign;
 * the core's own are $m (cmake/core_sections.py). Root mode's copy of the image is made of these two sections alone: the
 * host, its constants with the addresses of Windows' functions, and the rules of VM entry lie elsewhere.
 */
        .section .core$a, "xr"
        .balign 4096
        .globl nadir_core_code_begin
nadir_core_code_begin:

        .section .core$z, "xr"
        .globl nadir_core_code_end
nadir_core_code_end:
        .byte 0xCC

        .section .cdata$a, "dr"
        .balign 4096
        .globl nadir_core_data_begin
nadir_core_data_begin:

        .section .cdata$z, "dr"
        .globl nadir_core_data_end
nadir_core_data_end:
        .byte 0
