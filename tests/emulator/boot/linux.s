# SPDX-License-Identifier: MIT OR GPL-2.0-only
#
# Loader block for an uncompressed Linux kernel (vmlinux): adds the BIOS memory map to boot_params and enters startup_64
# in long mode under an identity map of 4 GiB, as the kernel's own decompressor would. fastboot.py fills in boot_params
# and the command line. [Linux Documentation/x86/boot.rst "64-bit Boot Protocol"]
#
# Symbols given by the assembler's command line: ENTRY.

        .code32
        .intel_syntax noprefix
        .include "touch.inc"

        .set    PRESENT_WRITABLE, 3
        .set    PRESENT_WRITABLE_LARGE, 0x83

        movzx   ecx, word ptr [E820_COUNT]
        mov     [boot_params + 0x1e8], cl
        imul    ecx, ecx, 20
        mov     esi, E820_MAP
        mov     edi, OFFSET boot_params + 0x2d0
        rep movsb

        mov     dword ptr [level4], OFFSET level3 + PRESENT_WRITABLE
        mov     ecx, 4
        mov     edi, OFFSET level3
        mov     eax, OFFSET level2 + PRESENT_WRITABLE
next_directory:
        mov     [edi], eax
        add     edi, 8
        add     eax, 0x1000
        loop    next_directory
        mov     ecx, 2048
        mov     edi, OFFSET level2
        mov     eax, PRESENT_WRITABLE_LARGE
next_page:
        mov     [edi], eax
        add     edi, 8
        add     eax, 0x200000
        loop    next_page

        lgdt    [gdt_pointer]
        mov     eax, cr4
        or      eax, 0x20                       # CR4.PAE
        mov     cr4, eax
        mov     eax, OFFSET level4
        mov     cr3, eax
        mov     ecx, 0xc0000080                 # IA32_EFER.LME
        rdmsr
        or      eax, 0x100
        wrmsr
        mov     eax, cr0
        or      eax, 0x80000001                 # CR0.PG, CR0.PE
        mov     cr0, eax
        .byte   0xea
        .long   long_mode
        .word   0x10

        .code64
long_mode:
        mov     eax, 0x18
        mov     ds, eax
        mov     es, eax
        mov     ss, eax
        xor     eax, eax
        mov     fs, eax
        mov     gs, eax
        mov     esi, OFFSET boot_params
        mov     esp, OFFSET stack_end
        mov     eax, ENTRY
        jmp     rax

        .balign 8
gdt:    .quad   0, 0, 0x00af9a000000ffff, 0x00cf92000000ffff
gdt_pointer:
        .word   31
        .long   gdt, 0

        .org    0x1000
boot_params:                                    # filled in by fastboot.py, as is the command line
        .org    0x2000
command_line:
        .org    0x3000
level4: .org    0x4000
level3: .org    0x5000
level2: .org    0x9000
        .org    0xa000
stack_end:
