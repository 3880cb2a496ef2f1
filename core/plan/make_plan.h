// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The host's side of the plan (core/plan/plan.h): it is put together out of what the session has of events and rules.
#pragma once

#include "core/session.h"

namespace nadir::core {

// A new plan, on every processor. Where it can't be made, the old one stays. Passive; the set of online processors is held still.
uint32_t renew_plan(const nadir_session& session);

// Does what the session asks for watch or protect memory?
bool guards_memory(const nadir_session& session);

// Every processor takes the present plan, with its ring while events are asked for; the first failure. Passive.
uint32_t take_plan_everywhere(const nadir_session& session);

// A processor that comes takes the present plan. On it, as a guest.
void join_plan(const nadir_session& session, uint32_t processor);

// Root mode has stopped it, or it hangs there: it can't be asked, and might still write to its ring.
bool is_lost_processor(const nadir_session& session, uint32_t processor);

// The first processor that can be asked; NADIR_ANY_PROCESSOR for none.
uint32_t some_processor(const nadir_session& session);

} // namespace nadir::core
