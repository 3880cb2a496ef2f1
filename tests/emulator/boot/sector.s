# SPDX-License-Identifier: MIT OR GPL-2.0-only
#
# The 512-byte boot sector of the quick boot: collects the BIOS memory map, enters flat 32-bit mode, brings the RAM
# image into order and jumps to the loader that is part of that image.
#
# Bochs 2.7 hands out guest RAM in blocks of 128 KiB in the order of their first touch, whatever their address. The
# image that `optramimage1` reads therefore appears block by block wherever the guest looks next. It begins with padding
# blocks, as many as the BIOS may have used up already. We touch scratch memory until the last padding block has shown
# up; the next block touched is then the loader's.
#
# Symbols given by the assembler's command line: SCRATCH, LOADER (physical addresses).

        .code16
        .intel_syntax noprefix
        .globl  _start

        .set    BLOCK, 0x20000
        .set    PAD_MAGIC, 0x5044414e           # "NADP"
        .set    LOADER_MAGIC, 0x4c44414e        # "NADL"
        .set    E820_COUNT, 0x8000              # 16-bit count, then the entries of 20 bytes at 0x8004
        .set    E820_MAP, 0x8004

_start:
        cli
        cld
        xor     ax, ax
        mov     ds, ax
        mov     es, ax
        mov     ss, ax
        mov     sp, 0x7c00

        in      al, 0x92                        # A20 on; never bit 0, which resets the machine
        or      al, 2
        and     al, 0xfe
        out     0x92, al

        xor     ebx, ebx
        xor     bp, bp
        mov     di, E820_MAP
next_entry:
        mov     eax, 0xe820
        mov     edx, 0x534d4150                 # "SMAP"
        mov     ecx, 20
        int     0x15
        jc      map_done
        cmp     eax, 0x534d4150
        jne     map_done
        add     di, 20
        inc     bp
        test    ebx, ebx
        jnz     next_entry
map_done:
        mov     word ptr [E820_COUNT], bp
        mov     word ptr [E820_COUNT + 2], 0

        cli
        lgdt    [gdt_pointer]
        mov     eax, cr0
        or      al, 1
        mov     cr0, eax
        .byte   0x66, 0xea                      # ljmp 8:protected, with a 32-bit offset
        .long   protected
        .word   8

        .code32
protected:
        mov     eax, 16
        mov     ds, eax
        mov     es, eax
        mov     ss, eax
        mov     esp, 0x7c00

        mov     edi, SCRATCH
next_pad:
        cmp     dword ptr [edi], PAD_MAGIC
        jne     failed
        mov     ecx, [edi + 4]                  # padding blocks that follow this one
        mov     dword ptr [edi], 0              # leave scratch memory as clean as we found the rest
        mov     dword ptr [edi + 4], 0
        add     edi, BLOCK
        test    ecx, ecx
        jnz     next_pad

        mov     esi, LOADER
        cmp     dword ptr [esi], LOADER_MAGIC
        jne     failed
        jmp     dword ptr [esi + 4]

failed:                                         # "!" on COM1, then power off
        mov     dx, 0x3f8
        mov     al, 0x21
        out     dx, al
        mov     dx, 0x3fd                       # the emulated line takes its time: wait until it is sent
1:      in      al, dx
        test    al, 0x40
        jz      1b
        mov     dx, 0xb004
        mov     ax, 0x2000
        out     dx, ax
        hlt
        jmp     failed

        .balign 8
gdt:    .quad   0, 0x00cf9a000000ffff, 0x00cf92000000ffff
gdt_pointer:
        .word   23
        .long   gdt

        .org    510
        .byte   0x55, 0xaa
