// SPDX-License-Identifier: MIT OR GPL-2.0-only
// How hidden pages come about, hypercall by hypercall: prepared and added by one processor while none is in a view; taken by each
// processor; armed by one; taken by each processor once more, to forget what it has cached. Root mode.
#pragma once

#include "control/control.h"
#include "core/views/views.h"

namespace nadir::core {

// Views without any hidden page.
nadir_status prepare_views(Vmm& vmm);
// The hooks that there are get their pages anew: for the debugger, whose own come and go among the system's. Nobody is in a view, and
// where it fails nobody may come into one.
nadir_status renew_hidden_pages(Vcpu& vcpu);
// A hook at this guest-physical address, with its kind as packed_hook has it. Numbers count from 0 in the order of the calls.
nadir_status add_view_hook(Vcpu& vcpu, uint64_t address_and_kind, uint64_t target);

// Where a hook is and of which kind, as one argument of a hypercall. No physical address has more than 52 bits.
constexpr unsigned hook_kind_at = 56;
constexpr uint64_t packed_hook(uint64_t address, uint32_t kind) {
    return (address & ((uint64_t{1} << hook_kind_at) - 1)) | uint64_t{kind} << hook_kind_at;
}
// This processor is in a view from now on, if it wasn't yet, and has cached nothing that the views don't say.
nadir_status take_views(Vcpu& vcpu);
// The copies are made, and executed from now on by whoever takes the views anew. NADIR_HOOK_INSTRUCTION: nothing was done, for the
// instruction of the hook `refused`.
nadir_status arm_views(Vcpu& vcpu, uint32_t& refused);
// The pages themselves are executed again by whoever takes the views anew. Only when all have done so may the first one leave: it
// could else write what others still have copies of.
nadir_status disarm_views(Vcpu& vcpu);
// This processor is in no view any more. Nothing happens where it wasn't.
void leave_views(Vcpu& vcpu);

} // namespace nadir::core
