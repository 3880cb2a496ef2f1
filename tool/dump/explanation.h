// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What the rules of VM entry (check/entry) say about a dump: which are violated, which could not be checked, and why not.
#pragma once

#include "check/entry/check_entry.h"
#include "tool/dump/dump.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace nadir::tool {

struct UncheckedRule {
    const check::EntryRule* rule = nullptr;
    std::string_view section;
    check::EntryOutcome outcome = check::EntryOutcome::success;
    std::vector<std::uint32_t> missing; // fields that it reads and the dump doesn't have
    bool capabilities = false;          // it depends on the processor, which isn't known
    bool memory = false;                // it reads what an address in the VMCS points to
};

struct Explanation {
    std::vector<check::Violation> violations; // in the order of the phases
    // Violated by what the capabilities say, but the dump recorded a failure of a later phase: the processor had accepted
    // it, so it offers more than these capabilities (a model that stands in for it).
    std::vector<check::Violation> disproved;
    std::vector<UncheckedRule> unchecked;
    unsigned rules = 0; // all that there are
    // What the processor does, by the rules that could be checked.
    check::EntryOutcome outcome = check::EntryOutcome::success;

    [[nodiscard]] unsigned checked() const { return rules - static_cast<unsigned>(unchecked.size()); }
    // Fields and numbers of rules that miss them, the most missed first.
    struct Missing {
        std::uint32_t encoding;
        unsigned rules;
    };
    [[nodiscard]] std::vector<Missing> missing_fields() const;
    // Unchecked rules of phases before the one that fails: if one of them is violated, the processor gets no further.
    [[nodiscard]] unsigned unchecked_earlier() const;
    // How many lack what: each rule counts once, by the first of fields, capabilities, memory.
    [[nodiscard]] unsigned lacking_fields() const;
    [[nodiscard]] unsigned lacking_capabilities() const;
    [[nodiscard]] unsigned lacking_memory() const;
};

// Without capabilities a rule counts as violated, or as kept, only where it is on every processor.
Explanation explain_dump(const Dump& dump, const std::optional<arch::Capabilities>& capabilities);

// Does what the rules say agree with what the dump recorded?
enum class Agreement : std::uint8_t {
    nothing_recorded, // the dump doesn't say how the VM entry ended
    agrees,           // it failed, and in that way
    differs,          // it failed in another way than the violated rules would make it
    not_found,        // it failed, and no violated rule was found
};
Agreement compare_with_recorded(const Explanation& explanation, const RecordedOutcome& recorded);

} // namespace nadir::tool
