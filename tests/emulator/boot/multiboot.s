# SPDX-License-Identifier: MIT OR GPL-2.0-only
#
# Loader block for a Multiboot 1 kernel. fastboot.py fills in everything that it knows (see its offsets); this code adds
# the BIOS memory map, which only the guest can know, and enters the kernel as the Multiboot specification asks
# ("3.2 Machine state").
#
# Symbols given by the assembler's command line: ENTRY.

        .code32
        .intel_syntax noprefix
        .include "touch.inc"

        # The memory map: each entry preceded by its size, which doesn't count itself.
        movzx   ecx, word ptr [E820_COUNT]
        mov     esi, E820_MAP
        mov     edi, OFFSET memory_map
        test    ecx, ecx
        jz      map_done
next_entry:
        mov     edx, ecx
        mov     eax, 20
        stosd
        mov     ecx, 5
        rep movsd
        mov     ecx, edx
        loop    next_entry
map_done:
        mov     eax, edi
        sub     eax, OFFSET memory_map
        mov     [information + 44], eax
        mov     dword ptr [information + 48], OFFSET memory_map

        lgdt    [gdt_pointer]
        .byte   0xea
        .long   flat_mode
        .word   0x10
flat_mode:
        mov     eax, 0x18
        mov     ds, eax
        mov     es, eax
        mov     fs, eax
        mov     gs, eax
        mov     ss, eax
        xor     ecx, ecx
        xor     edx, edx
        xor     esi, esi
        xor     edi, edi
        xor     ebp, ebp
        mov     ebx, OFFSET information
        mov     eax, 0x2badb002
        push    ENTRY
        ret

        .balign 8
gdt:    .quad   0, 0, 0x00cf9a000000ffff, 0x00cf92000000ffff
gdt_pointer:
        .word   31
        .long   gdt

        .org    0x800
information:                                    # multiboot_info, filled in by fastboot.py
        .org    0x900
memory_map:
        .org    0x1000                          # strings and module list follow, placed by fastboot.py
