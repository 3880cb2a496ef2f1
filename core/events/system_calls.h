// SPDX-License-Identifier: MIT OR GPL-2.0-only
// How system calls are seen: while somebody watches them the processor runs with IA32_EFER.SCE = 0, so that SYSCALL and SYSRET
// raise #UD, which exits, and root mode does what the instruction would have done. The guest's own SCE is kept here, and
// its accesses to IA32_EFER exit, so that it reads what it wrote. Root mode, current VMCS.
//
// SYSENTER is not seen: a null IA32_SYSENTER_CS would make it raise #GP, and 64-bit systems use it for 32-bit programs only.
#pragma once

#include "arch/msr/efer.h"
#include "core/system_instruction.h"
#include "core/vcpu.h"

namespace nadir::core {

// IA32_EFER as the guest has it.
arch::Efer guest_efer(const Vcpu& vcpu);
void set_guest_efer(Vcpu& vcpu, arch::Efer efer);

// From now on, or no longer, SYSCALL and SYSRET exit.
void hide_system_calls(Vcpu& vcpu, bool hidden);

// Which of the two raised the #UD that this exit reports: `other` where the guest itself has turned them off, too.
SystemInstruction system_instruction_of_exit(const Vcpu& vcpu);

} // namespace nadir::core
