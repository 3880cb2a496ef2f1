// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Can Nadir run here, and if not, why not? A pure function from what a processor says about itself to findings in words.
// The core asks it on every processor before it touches anything; `nadir caps` prints the same.
#pragma once

#include "arch/capabilities.h"
#include "check/support_rules.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace nadir::check {

// Logical processors that one Nadir serves.
inline constexpr std::uint32_t processors_supported = 512;

// What is around the processor; 0 where it is unknown or without limit.
struct Environment {
    std::uint32_t processors = 0;
    std::uint32_t processors_supported = 0;
    std::uint64_t memory_available = 0; // bytes
    std::uint64_t memory_needed = 0;
    bool rival = false; // the system says that another hypervisor is running virtual machines
};

// Small, so that a report fits on a stack of 4 KiB; `describe` makes the words.
struct Finding {
    static constexpr std::uint8_t no_item = 0xFF;

    SupportRule rule = SupportRule::unknown_layout;
    std::uint8_t item = no_item; // which control or EPT capability; its table goes by the rule
    std::uint64_t values[2] = {};

    const SupportRuleText& text() const { return text_of(rule); }
    Severity severity() const { return text().severity; }
    nadir_status status() const { return text().status; }
    // Name of the missing control or capability, empty where the rule isn't about one.
    std::string_view item_name() const;
};

enum class Verdict : std::uint8_t {
    supported,
    unsupported, // something refuses
    unknown,     // nothing refuses, but not everything could be seen
};

struct SupportReport {
    static constexpr std::uint32_t capacity = 32;

    Finding findings[capacity] = {};
    std::uint32_t count = 0;
    std::uint32_t dropped = 0; // findings that did not fit
    bool incomplete = false;   // facts were missing
    // The hypervisor's name from CPUID.40000000H, NUL-terminated, for {n}.
    char hypervisor[13] = {};

    std::string_view hypervisor_name() const;

    std::span<const Finding> all() const { return {findings, count}; }
    const Finding* first(Severity severity) const;
    const Finding* find(SupportRule rule) const;
    // Why a start is refused, or nullptr: the finding that explains most comes first.
    const Finding* refusal() const { return first(Severity::refuse); }
    nadir_status status() const { return refusal() != nullptr ? refusal()->status() : NADIR_OK; }
    Verdict verdict() const;
};

void assess(const arch::Capabilities& caps, const Environment& environment, SupportReport& report);

// What was found, as one sentence without a full stop. Returns its length; cut where `out` is too small.
std::size_t describe_found(const SupportReport& report, const Finding& finding, std::span<char> out);

// What was found, the rule, what to do: what goes into nadir_report.text.
std::size_t describe(const SupportReport& report, const Finding& finding, std::span<char> out);

} // namespace nadir::check
