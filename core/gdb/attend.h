// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Where the exit path meets the debugger. Root mode, on a processor of a start that asked for it.
#pragma once

#include "core/exits/outcome.h"
#include "core/gdb/debugger.h"
#include "core/vmm.h"

namespace nadir::core::gdb {

// A processor enters VMX operation: its VMCS is being made. The points that are in force it takes with its first exit.
void join(const Vcpu& vcpu);

// Of its timer.
Outcome on_timer(Vcpu& vcpu);

// The instruction is one under a breakpoint of the debugger's, and isn't carried out.
void on_breakpoint(Vcpu& vcpu);

// It has an access to memory in which there is a watchpoint.
void on_access(Vcpu& vcpu, const MemoryAccess& access);

// The step that the debugger asked for has ended.
void on_step_end(Vcpu& vcpu);

// Behind an exit, when the guest could be resumed: stands still if it is to, or serves. Returns when this processor is to go on.
void attend(Vcpu& vcpu);

// While one lives, everybody else stands still, and this processor may use run_on: in a hypercall.
class HoldAll {
public:
    explicit HoldAll(Vcpu& vcpu);
    ~HoldAll();
    HoldAll(const HoldAll&) = delete;
    HoldAll& operator=(const HoldAll&) = delete;

private:
    Vmm& vmm_;
};

} // namespace nadir::core::gdb
