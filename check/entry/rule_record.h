// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A violation as six numbers, so that a log can hold it and whoever reads the log can make the words.
#pragma once

#include "check/entry/check_entry.h"

#include <cstdint>
#include <span>

namespace nadir::check {

struct RuleRecord {
    static constexpr unsigned shown_values = 4;

    std::uint64_t rule; // number, as of entry_rule()
    std::uint64_t bits; // wrong bits of the first field; of the MSR-load list: which entry
    // Of the rule's first fields; of the MSR-load list: index and value of the entry.
    std::uint64_t values[shown_values];
};

RuleRecord record_of(const Violation& violation, VmcsView vmcs);

// "guest.rflags.reserved: ..." from the six numbers of a record, NUL-terminated; returns the length.
std::size_t describe_record(const std::uint64_t* numbers, std::span<char> out);

} // namespace nadir::check
