# SPDX-License-Identifier: MIT OR GPL-2.0-only
#
# A guest for testing the harness's witness, and no example for anybody: executes a magic breakpoint before VMXON, in VMX
# non-root operation, after the VM exit and after VMXOFF.

        .include "vmx_start.inc"

guest:
        xchg    bx, bx                          # 1: VMX non-root operation
        cpuid
        hlt

exited:
        xchg    bx, bx                          # 2: VMX root operation
        vmxoff
        xchg    bx, bx                          # 3: outside again
        jmp     shutdown
