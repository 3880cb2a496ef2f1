// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What a guest with the highest privilege does to a hypervisor that it knows to be there: it calls it in every wrong way.
#pragma once

#include "core/nadir.h"
#include "hosts/bare/programs/exits.h"

namespace nadir::bare {

// The key of the session: whoever has CPL 0 finds it, by a breakpoint at the VMCALL of the system's own code.
u64 find_key(const nadir_session* session);

struct Attacks {
    u64 made;
    u64 invalid_opcode; // answered with #UD, as without a hypervisor
    u64 refused;        // by a call with the key: with an error, and nothing else
    u64 answered;       // calls with the key that ask for what may be asked
    u64 wrong;          // anything else
};

// Where code of ours runs at CPL 3 and in compatibility mode: two pages of this processor's own.
struct Playground {
    u8* code;
    u64 stack_top;
};
bool prepare_playground(Playground& playground);
void release_playground(Playground& playground);

// One attack. Interrupts are off.
void attack(Random& random, u64 key, const Playground& playground, Attacks& count);

} // namespace nadir::bare
