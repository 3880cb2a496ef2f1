/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What the object formats write differently, for every assembly file: ELF (the Linux module, the bare host) names a symbol's
 * type and size and asks for a stack that isn't executable; COFF (the Windows driver) knows just that a symbol is a function.
 *
 *      FUNCTION(nadir_cpu_x)           global, the instructions follow
 *      END_FUNCTION(nadir_cpu_x)
 *      PUSHING_FUNCTION(nadir_cpu_x)   the same for one that runs on a stack of the system's and begins with a push: Windows
 *      PUSHED(register)                wants to know how to unwind it. PUSHED stands behind the push, PROLOGUE_ENDS before
 *      PROLOGUE_ENDS                   anything else, END_PUSHING_FUNCTION at the end
 *      END_PUSHING_FUNCTION(nadir_cpu_x)
 *      READ_ONLY_DATA                  the section of constants
 *      END_OF_FILE                     last line
 */
#pragma once

/* The assembler's language: */
/* clang-format off */
#ifdef __ELF__
#define FUNCTION(name) .globl name; .type name, @function; name:
#define END_FUNCTION(name) .size name, . - name
#define PUSHING_FUNCTION(name) FUNCTION(name)
#define PUSHED(register)
#define PROLOGUE_ENDS
#define END_PUSHING_FUNCTION(name) END_FUNCTION(name)
#define READ_ONLY_DATA .section .rodata, "a", @progbits
#define END_OF_FILE .section .note.GNU-stack, "", @progbits
#else
#define FUNCTION(name) .globl name; .def name; .scl 2; .type 32; .endef; name:
#define END_FUNCTION(name)
#define PUSHING_FUNCTION(name) FUNCTION(name) .seh_proc name
#define PUSHED(register) .seh_pushreg register
#define PROLOGUE_ENDS .seh_endprologue
#define END_PUSHING_FUNCTION(name) .seh_endproc
#define READ_ONLY_DATA .section .rdata, "dr"
#define END_OF_FILE
#endif
/* clang-format on */
