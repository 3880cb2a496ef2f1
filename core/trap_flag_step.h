// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A step (core/step.h) by RFLAGS.TF, for processors without a working monitor trap flag. So that the guest sees none of it, all
// exceptions exit while it lasts: the trap is root mode's, and a fault is given to the guest with its own flags in the frame.
// Interrupts would push RFLAGS, too: IF is 0, and NMIs exit. Blocking by STI or MOV SS, which VM entry with TF allows only
// together with a trap that pends already, is taken away for as long, as is what pends; BTF would wait for a branch.
//
// Instructions that read or write TF and IF themselves (PUSHF, POPF, IRET, INT n, CLI, STI, SYSCALL) see or lose what is hidden:
// they must not be stepped this way.
#pragma once

#include "arch/vmx/exit_qualification.h"
#include "core/vcpu.h"

namespace nadir::core {

void begin_trap_flag_step(Vcpu& vcpu);
// The instruction was carried out; `trap`: what the #DB behind it says.
void end_trap_flag_step(Vcpu& vcpu, arch::DebugQualification trap);
// It wasn't.
void abandon_trap_flag_step(Vcpu& vcpu);

} // namespace nadir::core
