// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Where VM exits meet extensions. Without any, `has_extensions` is false at compile time, and nothing of this is called or linked.
// Root mode, its own processor.
#pragma once

#include "arch/vmx/exit_reason.h"
#include "arch/vmx/msr_bitmap.h"
#include "core/exits/outcome.h"
#include "core/extensions/roll.h"
#include "core/vmm.h"

#ifndef NADIR_EXTENSION_COUNT
#define NADIR_EXTENSION_COUNT 0
#endif

namespace nadir::core {

// Each source its own: only those of core/extensions/seam.txt know.
constexpr bool has_extensions = NADIR_EXTENSION_COUNT != 0;

// A plan brings them: the first that a processor takes starts them there, its end stops them.
void start_extensions(Vcpu& vcpu);
void stop_extensions(Vcpu& vcpu);

// What they want to exit: bits of leaves modulo 32, as NADIR_CPUID_GENERAL_LEAVES; MSRs; SYSCALL and SYSRET.
uint32_t extension_cpuid_leaves();
void add_extension_msrs(arch::MsrBitmap& bitmap);
bool extensions_want_system_calls();

// Does an extension have an answer to this exit? Then it is given, and `outcome` is what came of it.
bool answer_by_extension(Vcpu& vcpu, arch::BasicExitReason reason, Outcome& outcome);

// A SYSCALL that root mode is about to carry out.
void tell_extensions_of_system_call(Vcpu& vcpu);

// An instruction under a hook that names this extension.
extension::Answer ask_extension_about_hook(Vcpu& vcpu, uint32_t number, uint64_t address);

// An access to memory that somebody protects or watches.
extension::Answer ask_extensions_about_access(Vcpu& vcpu, const extension::MemoryAccess& access);

// The callback that runs: core/extensions/roll.cpp.
void call_extension(uint32_t number, extension::Processor& processor, extension::Call& call);

// Which one a fault interrupted; null: none.
const extension::Description* extension_at_work(const Vcpu& vcpu);

} // namespace nadir::core
