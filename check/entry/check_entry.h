// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Why would VM entry with this VMCS fail on this processor? All violated rules, not only the first: the manual leaves the
// order within a phase open, so a processor may stop at any of them.
//
// Pure: reads through the view and the memory reader, and executes nothing.
#pragma once

#include "check/entry/rule.h"

#include <cstdint>
#include <span>

namespace nadir::check {

struct Violation {
    const EntryRule* rule = nullptr;
    EntryOutcome outcome = EntryOutcome::success;
    std::string_view section;
    std::uint64_t bits = 0; // wrong bits of the rule's first field, 0: no particular ones
    ListedMsr msr = {};     // exit 34: the entry of the list

    // Of the exit that the processor would make of it, where it makes one.
    std::uint64_t qualification() const {
        return msr.number != 0 ? msr.number : static_cast<std::uint64_t>(rule->qualification);
    }
};

struct EntryReport {
    static constexpr unsigned capacity = 24;

    Violation violations[capacity] = {};
    unsigned count = 0;
    unsigned dropped = 0;   // violations that did not fit
    unsigned unchecked = 0; // rules that read something unknown
    // Verdict: what the processor would do. With unchecked rules an earlier phase may fail all the same.
    EntryOutcome outcome = EntryOutcome::success;

    std::span<const Violation> all() const { return {violations, count}; }
    bool violates(std::string_view identifier) const;
};

// `memory` may be null: rules that need it are then not checked.
void check_entry(VmcsView vmcs, const arch::Capabilities& capabilities, const MemoryReader* memory,
                 EntryReport& report);

// Words for an outcome: what software sees, and of which kind of rule it speaks.
std::string_view outcome_words(EntryOutcome outcome);

// "bits 0x8000 of guest_cs_access_rights (0xa09b) ...": the rule with its fields' values, as one sentence.
std::size_t describe(const Violation& violation, VmcsView vmcs, std::span<char> out);

} // namespace nadir::check
