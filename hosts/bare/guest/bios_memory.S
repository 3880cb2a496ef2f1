/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * INT 15H as the guest's BIOS answers it: what it asks about memory comes from our map, everything else goes on to the
 * BIOS. Copied to the beginning of a page of low memory and entered at its first byte in real mode (or virtual-8086 mode),
 * with CS:IP = page / 16 : 0; its data is filled in beforehand (struct BiosMemoryData, bios_memory.cpp).
 * [ACPI 6.5 "INT 15H, E820H - Query System Address Map"]
 */
        .section .rodata
        .globl  bios_memory_start, bios_memory_data
        .set    SMAP, 0x534d4150
        .set    ENTRY_BYTES, 20
        .set    UNSUPPORTED, 0x86       /* in AH, with CF */
        .balign 16
        .code16
bios_memory_start:
        cmpw    $0xe820, %ax
        je      address_map
        cmpw    $0xe801, %ax
        je      sizes
        cmpw    $0xe881, %ax            /* E801H in 32 bits, which few have */
        je      refuse
        cmpb    $0x88, %ah
        je      extended
        ljmp    *%cs:(previous - bios_memory_start)

address_map:
        cmpl    $SMAP, %edx
        jne     refuse
        cmpl    $ENTRY_BYTES, %ecx
        jb      refuse
        cmpl    %cs:(count - bios_memory_start), %ebx
        jae     refuse
        pushw   %ds
        pushw   %si
        pushw   %di
        pushw   %cs
        popw    %ds
        imulw   $ENTRY_BYTES, %bx, %si
        addw    $(entries - bios_memory_start), %si
        movw    $(ENTRY_BYTES / 2), %cx
        cld
        rep movsw
        popw    %di
        popw    %si
        popw    %ds
        incl    %ebx
        cmpl    %cs:(count - bios_memory_start), %ebx
        jb      0f
        xorl    %ebx, %ebx              /* this was the last */
0:      movl    $ENTRY_BYTES, %ecx
        movl    $SMAP, %eax
        jmp     accept

sizes:  movw    %cs:(below_16_mib - bios_memory_start), %ax
        movw    %cs:(above_16_mib - bios_memory_start), %bx
        movw    %ax, %cx
        movw    %bx, %dx
        jmp     accept

extended:
        movw    %cs:(above_1_mib - bios_memory_start), %ax

        /* The carry flag of the caller is in the frame: IP, CS, FLAGS. */
accept: pushw   %bp
        movw    %sp, %bp
        andw    $0xfffe, 6(%bp)
        popw    %bp
        iretw
refuse: movb    $UNSUPPORTED, %ah
        pushw   %bp
        movw    %sp, %bp
        orw     $1, 6(%bp)
        popw    %bp
        iretw

        .balign 8
bios_memory_data:
previous:
        .long   0
count:  .long   0
below_16_mib:
        .word   0
above_16_mib:
        .word   0
above_1_mib:
        .word   0, 0
entries:
        .section .note.GNU-stack, "", @progbits
