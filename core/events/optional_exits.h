// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What a plan needs of the processor: which exits are asked for in this processor's VMCS. In one place, so that all of it comes
// and goes together. Root mode, current VMCS.
#pragma once

#include "core/vcpu.h"

namespace nadir::core {

struct EventWatch;
struct Plan;
struct Vmm;

// Has this processor the controls for these kinds of events?
bool offers_optional_exits(const Vmm& vmm, uint32_t kinds);

// Do SYSCALL and SYSRET exit: for the watch, or for an extension?
bool hides_system_calls(const EventWatch& watch);

// All that the plan asks for, and nothing else that is optional.
void apply_optional_exits(Vcpu& vcpu, const Plan& plan);

// No exit is optional any more.
void remove_optional_exits(Vcpu& vcpu);

// The exception bitmap that the processor's plan needs; 0 without one.
uint32_t optional_exceptions(const Vcpu& vcpu);

// For a step (core/step.h): instructions that would exit for the watch don't, until it is applied again. CPUID and the accesses
// to MSRs, which root mode carries out itself, still do.
void let_instructions_through(Vcpu& vcpu);

} // namespace nadir::core
