// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What a rule of VM entry is made of. Rules are data in small files by group; check/entry/check_entry.h asks them all.
#pragma once

#include "check/entry/context.h"

#include <cstdint>
#include <span>
#include <string_view>

namespace nadir::check {

// What the processor does about a violation. The order is that of the phases: an earlier one hides all later ones.
enum class EntryOutcome : std::uint8_t {
    vmfail_7, // VMfailValid, "VM entry with invalid control field(s)"
    vmfail_8, // VMfailValid, "VM entry with invalid host-state field(s)"
    exit_33,  // VM exit "VM-entry failure due to invalid guest state"
    exit_34,  // VM exit "VM-entry failure due to MSR loading"
    success,  // no rule is violated
};

// Qualifications of exit 33 [SDM3 "VM-Entry Failures During or After Loading Guest State"].
enum class EntryQualification : std::uint8_t {
    none = 0,
    pdptes = 2,
    nmi_while_sti_blocking = 3,
    link_pointer = 4,
};

// An entry of the VM-entry MSR-load list.
struct ListedMsr {
    std::uint32_t number = 0; // in the list, from 1: the exit qualification; 0: none
    std::uint32_t index = 0;
    std::uint64_t value = 0;
};

// A rule's answer.
struct Breach {
    bool broken = false;
    std::uint64_t bits = 0; // which bits of the rule's first field are wrong; 0: no particular ones
    ListedMsr msr = {};     // which entry of the MSR-load list is refused

    static constexpr Breach when(bool broken) { return {broken, 0}; }
    static constexpr Breach of_bits(std::uint64_t bits) { return {bits != 0, bits}; }
    static constexpr Breach of_msr(ListedMsr msr) { return {true, 0, msr}; }
};

// The fields that a rule is about, in the order in which they are to be shown.
struct RuleFields {
    static constexpr unsigned capacity = 6;
    static constexpr std::uint32_t none = 0xFFFF'FFFF;

    std::uint32_t encodings[capacity] = {none, none, none, none, none, none};

    constexpr unsigned count() const {
        unsigned number = 0;
        while (number < capacity && encodings[number] != none) {
            ++number;
        }
        return number;
    }
};

template <typename... Fields>
    requires(sizeof...(Fields) <= RuleFields::capacity)
consteval RuleFields fields(Fields... field) {
    RuleFields list;
    unsigned next = 0;
    ((list.encodings[next++] = field.encoding), ...);
    return list;
}

struct EntryRule {
    std::string_view identifier; // stable: "guest.cs.type"
    std::string_view words;      // what the manual demands
    std::string_view hint;       // the usual cause; may be empty
    RuleFields fields;
    Breach (*test)(const EntryContext& context);
    EntryQualification qualification = EntryQualification::none;
};

struct EntryRuleGroup {
    std::string_view section; // of the manual
    EntryOutcome outcome;
    std::span<const EntryRule> rules;
};

} // namespace nadir::check
