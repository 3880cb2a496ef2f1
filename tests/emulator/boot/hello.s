# SPDX-License-Identifier: MIT OR GPL-2.0-only
#
# The smallest Multiboot 1 kernel that proves the quick boot: prints its command line, a sum over each module, the sizes
# of upper memory and of the memory map and whether its .bss is clean on COM1, and shuts the emulator down. Instead it
# does as the word at the end of its command line says: hang, reset, triple (fault); magic stops twice in the debugger
# before it shuts down.

        .code32
        .intel_syntax noprefix
        .globl  _start

        .set    FLAGS, 3                        # page-aligned modules, memory information

        .text
        .balign 4
        .long   0x1badb002
        .long   FLAGS
        .long   -(0x1badb002 + FLAGS)

_start:
        cld
        mov     esp, OFFSET stack_end
        mov     ebp, ebx                        # multiboot_info
        cmp     eax, 0x2badb002
        jne     shutdown

        mov     dx, 0x3fb                       # 8 bits, no parity; the BIOS leaves it at 5
        mov     al, 3
        out     dx, al
        mov     esi, OFFSET hello
        call    print
        mov     esi, [ebp + 16]
        call    print
        mov     esi, OFFSET modules
        call    print
        mov     eax, [ebp + 20]
        call    print_hex
        mov     edi, [ebp + 24]
        mov     ecx, [ebp + 20]
        jecxz   1f
0:      mov     esi, OFFSET space
        call    print
        mov     esi, [edi + 8]                  # the module's string
        call    print
        mov     esi, OFFSET equals
        call    print
        push    ecx
        mov     ebx, [edi]
        mov     ecx, [edi + 4]
        sub     ecx, ebx
        xor     eax, eax                        # a sum over all its bytes
2:      movzx   edx, byte ptr [ebx]
        add     eax, edx
        inc     ebx
        loop    2b
        call    print_hex
        pop     ecx
        add     edi, 16
        loop    0b
1:      mov     esi, OFFSET upper
        call    print
        mov     eax, [ebp + 8]
        call    print_hex
        mov     esi, OFFSET map
        call    print
        mov     eax, [ebp + 44]
        call    print_hex
        mov     esi, OFFSET bss_is
        call    print
        mov     esi, OFFSET clean
        mov     ecx, 1024
        xor     eax, eax
3:      or      eax, [esi]
        add     esi, 4
        loop    3b
        call    print_hex
        mov     esi, OFFSET newline
        call    print

        mov     esi, [ebp + 16]                 # the last four characters of the command line
        mov     edi, esi
        xor     eax, eax
        mov     ecx, -1
        repne scasb
        mov     eax, [edi - 5]
        cmp     eax, 0x676e6168                 # "hang"
        je      hang
        cmp     eax, 0x74657365                 # "(r)eset"
        je      reset
        cmp     eax, 0x656c7069                 # "(tr)iple"
        je      triple
        cmp     eax, 0x63696761                 # "(m)agic"
        jne     shutdown
        xchg    bx, bx
        mov     eax, 0x1234
        mov     dr0, eax
        xchg    bx, bx
shutdown:
        mov     esi, OFFSET farewell
        mov     dx, 0x8900
        mov     ecx, 8
        rep outsb
        hlt
        jmp     shutdown

hang:
        jmp     hang

reset:
        mov     al, 6
        mov     dx, 0xcf9
        out     dx, al
        jmp     hang

triple:
        lidt    [no_table]
        ud2

print:                                          # esi: string
0:      lodsb
        test    al, al
        jz      1f
        call    print_byte
        jmp     0b
1:      ret

print_byte:                                     # al; waits until it is sent: the end of a run doesn't
        push    edx
        mov     dx, 0x3f8
        out     dx, al
        mov     dx, 0x3fd
2:      in      al, dx
        test    al, 0x40
        jz      2b
        pop     edx
        ret

print_hex:                                      # eax
        push    ecx
        push    ebx
        mov     ebx, eax
        mov     ecx, 8
0:      rol     ebx, 4
        mov     eax, ebx
        and     eax, 15
        mov     al, [digits + eax]
        call    print_byte
        loop    0b
        pop     ebx
        pop     ecx
        ret

        .section .rodata
hello:  .asciz  "hello, command line: "
modules: .asciz "; modules: "
space:  .asciz  " "
equals: .asciz  "="
upper:  .asciz  "; upper memory KiB: "
map:    .asciz  "; memory map bytes: "
bss_is: .asciz  "; bss: "
newline: .asciz "\n"
no_table: .word 0, 0, 0
digits: .ascii  "0123456789abcdef"
farewell:
         .ascii  "Shutdown"

        .bss
        .balign 4096
clean:  .skip   4096
        .skip   8192
stack_end:
