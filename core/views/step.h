// SPDX-License-Identifier: MIT OR GPL-2.0-only
// One instruction with hidden pages open to it: in tables of the processor's own, in which these pages are themselves and have the
// rights that the instruction needs. All other hidden pages stay as they are in the reading view, so whatever else it touches is
// noticed, and opened, too. Root mode.
#pragma once

#include "arch/vmx/exit_reason.h"
#include "core/views/views.h"

namespace nadir::core {

struct PageAccess {
    bool write, execute;
};

// The instruction at RIP (or the delivery of an event before it) has this page, too.
void open_page(Vcpu& vcpu, const HiddenPage& hidden, PageAccess access);
// It has these rights to this page of a guard, too.
void open_guarded(Vcpu& vcpu, uint64_t address, Rights rights);
// What it writes to this page of a guard goes to a copy. False: that isn't possible, for want of tables or copies.
[[nodiscard]] bool open_copy(Vcpu& vcpu, uint64_t address);
// It has all pages, and the tables of all processors, or this one's own where they are in use.
void open_all_pages(Vcpu& vcpu);

// The end of the step: what was written is in the copies, and the processor is back in its view. Nothing happens outside of one.
void close_pages(Vcpu& vcpu);

// An event whose delivery had pages open has arrived, if this isn't an exit in its midst.
void end_delivery(Vcpu& vcpu, arch::BasicExitReason reason);

// The tables of all, or the shared views, have changed and this processor is about to forget what it has cached.
void renew_step_tables(Vcpu& vcpu);

} // namespace nadir::core
