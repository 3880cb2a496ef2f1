# SPDX-License-Identifier: MIT OR GPL-2.0-only
#
# A guest for testing the harness's witness, and no example for anybody: enters VMX operation and, with the fewest
# settings that the processor accepts, a 32-bit guest in VMX non-root operation that shares everything with its host.
# Executes a magic breakpoint before VMXON, in non-root operation, after the VM exit and after VMXOFF. "bad" as the last
# word of the command line makes the VM entry fail (a reserved bit in the guest's RFLAGS).
#
# 32-bit protected mode with paging (PSE, identity) on, as VMX operation without "unrestricted guest" asks for.

        .code32
        .intel_syntax noprefix
        .globl  _start

        .text
        .balign 4
        .long   0x1badb002, 3, -(0x1badb002 + 3)

        .macro  write field, value
        mov     ecx, \field
        mov     eax, \value
        vmwrite ecx, eax
        .endm

        .macro  write_control field, msr, wanted
        mov     ecx, \msr
        rdmsr
        mov     ebx, \wanted
        or      eax, ebx
        and     eax, edx
        mov     ecx, \field
        vmwrite ecx, eax
        .endm

_start:
        cld
        mov     esp, OFFSET stack_end
        mov     ebp, [ebx + 16]                 # command line
        lgdt    [gdt_pointer]
        .byte   0xea
        .long   1f
        .word   8
1:      mov     eax, 16
        mov     ds, eax
        mov     es, eax
        mov     ss, eax
        xor     eax, eax
        mov     fs, eax
        mov     gs, eax
        mov     eax, OFFSET tss
        mov     [gdt + 26], ax
        shr     eax, 16
        mov     [gdt + 28], al
        mov     ax, 24
        ltr     ax

        mov     edi, OFFSET directory           # 4 MiB pages, identity
        mov     eax, 0x83
        mov     ecx, 1024
2:      stosd
        add     eax, 0x400000
        loop    2b
        mov     eax, OFFSET directory
        mov     cr3, eax
        mov     eax, cr4
        or      eax, 0x2010                     # VMXE, PSE
        mov     cr4, eax
        mov     eax, cr0
        or      eax, 0x80000020                 # PG, NE
        mov     cr0, eax

        xchg    bx, bx                          # 0: outside VMX operation
        mov     ecx, 0x480                      # IA32_VMX_BASIC
        rdmsr
        mov     [vmxon_region], eax
        mov     [vmcs_region], eax
        vmxon   [vmxon_pointer]
        jbe     shutdown
        vmclear [vmcs_pointer]
        jbe     shutdown
        vmptrld [vmcs_pointer]
        jbe     shutdown

        write_control 0x4000, 0x481, 0          # pin-based
        write_control 0x4002, 0x482, 0          # processor-based
        write_control 0x400c, 0x483, 0          # VM-exit
        write_control 0x4012, 0x484, 0          # VM-entry
        write   0x4004, 0                       # exception bitmap
        write   0x2800, 0xffffffff              # VMCS link pointer
        write   0x2801, 0xffffffff

        mov     eax, cr0
        write   0x6c00, eax
        write   0x6800, eax
        mov     eax, cr3
        write   0x6c02, eax
        write   0x6802, eax
        mov     eax, cr4
        write   0x6c04, eax
        write   0x6804, eax
        write   0x0c02, 8                       # host selectors
        write   0x0c00, 16
        write   0x0c04, 16
        write   0x0c06, 16
        write   0x0c08, 0
        write   0x0c0a, 0
        write   0x0c0c, 24
        write   0x6c0a, "OFFSET tss"              # host TR, GDTR, IDTR base
        write   0x6c0c, "OFFSET gdt"
        write   0x6c0e, 0
        write   0x6c14, "OFFSET stack_end"
        write   0x6c16, "OFFSET exited"

        write   0x0802, 8                       # guest selectors, limits, access rights
        write   0x4802, 0xffffffff
        write   0x4816, 0xc09b
        .irp    number, 0, 4, 6
        write   0x0800+\number, 16
        write   0x4800+\number, 0xffffffff
        write   0x4814+\number, 0xc093
        .endr
        write   0x4800+8, 0xffff
        write   0x4814+8, 0x10000
        write   0x4800+10, 0xffff
        write   0x4814+10, 0x10000
        write   0x4814+12, 0x10000            # LDTR unusable
        write   0x080e, 24
        write   0x480e, 0x67
        write   0x4822, 0x8b
        write   0x6814, "OFFSET tss"
        write   0x6816, "OFFSET gdt"
        write   0x4810, 31
        write   0x4812, 0
        write   0x681a, 0x400                   # DR7
        write   0x681c, "OFFSET guest_stack_end"
        write   0x681e, "OFFSET guest"
        mov     edx, 2                          # RFLAGS
        mov     esi, ebp
        xor     eax, eax
        mov     edi, ebp
        mov     ecx, -1
        repne scasb
        cmp     dword ptr [edi - 5], 0x64616220 # " bad"
        jne     3f
        mov     edx, 0
3:      write   0x6820, edx
        vmlaunch
        jmp     shutdown                        # VMfail

guest:
        xchg    bx, bx                          # 1: VMX non-root operation
        cpuid
        hlt

exited:
        xchg    bx, bx                          # 2: VMX root operation
        vmxoff
        xchg    bx, bx                          # 3: outside again
shutdown:
        mov     esi, OFFSET farewell
        mov     dx, 0x8900
        mov     ecx, 8
        rep outsb
        hlt
        jmp     shutdown

        .section .rodata
farewell: .ascii "Shutdown"
        .balign 8
gdt_pointer:
        .word   31
        .long   gdt
vmxon_pointer: .long vmxon_region, 0
vmcs_pointer: .long vmcs_region, 0

        .data
        .balign 8
gdt:    .quad   0, 0x00cf9b000000ffff, 0x00cf93000000ffff
        .quad   0x0000890000000067              # TSS; its base is filled in

        .bss
        .balign 4096
directory: .skip 4096
vmxon_region: .skip 4096
vmcs_region: .skip 4096
tss:    .skip   4096
        .skip   4096
stack_end:
        .skip   4096
guest_stack_end:
