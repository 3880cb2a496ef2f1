# SPDX-License-Identifier: MIT OR GPL-2.0-only
#
# The floor: what a VM exit for CPUID costs when the hypervisor does no more than it must. It keeps nothing of the guest but
# RIP: the guest (measure.c) lends it ESI and EDI.

        .include "vmx_start.inc"

guest:
        push    OFFSET exits
        call    measure
        vmcall                                  # done: everything but CPUID ends VMX operation

exited:
        mov     esi, 0x4402                     # exit reason
        vmread  edi, esi
        cmp     edi, 10                         # CPUID
        jne     done
        mov     esi, 0x681e                     # guest RIP
        vmread  edi, esi
        add     edi, 2
        vmwrite esi, edi
        cpuid
        vmresume
        jmp     shutdown                        # VMfail

done:
        vmxoff
        push    OFFSET bare
        call    measure
        call    report
        jmp     shutdown
