// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The host's side of rules: which there are, in memory of the host's own, out of which a plan is made (core/plan/make_plan.h).
#pragma once

#include "core/rules/rules.h"
#include "core/session.h"

namespace nadir::core {

// Of a session, from its first rule on, in an allocation of its own.
struct RuleBook {
    struct Entry {
        nadir_rule rule;
        uint64_t answered_before; // its slot's answers when it came: of rules before it
        uint32_t used;
        uint32_t reserved;
    } of[NADIR_RULES];
};

void free_rule_book(nadir_session& session);

} // namespace nadir::core
