/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * uint32_t nadir_cpu_launch(uint64_t guest_rsp_field [rdi], uint64_t guest_rip_field [rsi])
 *
 * Enters the guest that the current VMCS describes, with this very function as the place where the guest goes on: it
 * returns 0 to its caller, now in VMX non-root operation with every register as it was. Otherwise it returns
 *   1 VMfailInvalid, 2 VMfailValid (the number is in the VM-instruction error field), both still in VMX root operation, or
 *   3 the entry failed after the checks on the guest state began; VMX operation has been left (nadir_leave_from_root makes
 *     that failure continue at nadir_cpu_launch_refused).
 * Context: VMX root operation, interrupts off, the VMCS complete but for RSP and RIP.
 */
#include "cpu/assembly.h"

        .text

FUNCTION(nadir_cpu_launch)
        vmwrite %rsp, %rdi
        leaq    .Lguest(%rip), %rax
        vmwrite %rax, %rsi
        vmlaunch
        movl    $1, %eax                        /* MOV leaves the flags */
        jc      1f
        movl    $2, %eax
1:      ret
.Lguest:
        xorl    %eax, %eax
        ret
END_FUNCTION(nadir_cpu_launch)

FUNCTION(nadir_cpu_launch_refused)
        movl    $3, %eax
        ret
END_FUNCTION(nadir_cpu_launch_refused)

        END_OF_FILE
