// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The rules of a plan (core/plan/plan.h): what is answered differently than the processor would, and which bits of control
// registers stay (docs/reactions.md). As root mode keeps them, in the order in which they were given.
#pragma once

#include <cstdint>

#include "arch/control_registers.h"
#include "control/control.h"

namespace nadir::core {

struct Vmm;

struct KeptRule {
    nadir_rule rule;
    uint32_t slot; // below NADIR_RULES; its number, as people call it, is one more
};

struct Rules {
    uint32_t count;
    uint32_t kinds; // bits 1 << enum nadir_rule_kind: of which there is one
    KeptRule of[NADIR_RULES];
};

constexpr bool has_rule(const Rules& rules, nadir_rule_kind kind) { return ((rules.kinds >> kind) & 1) != 0; }

// Bits that may be pinned. None of them decides what else the register may hold, or how the guest's state is judged at VM entry,
// but for WP, without which CR4.CET can't be (core/rules/pins.cpp cares for that).
inline constexpr uint64_t pinnable_cr0 = arch::Cr0::wp_mask;
inline constexpr uint64_t pinnable_cr4 =
    arch::Cr4::umip_mask | arch::Cr4::smep_mask | arch::Cr4::smap_mask | arch::Cr4::tsd_mask;

constexpr uint64_t pinnable_bits(uint32_t control_register) {
    return control_register == 0 ? pinnable_cr0 : control_register == 4 ? pinnable_cr4 : 0;
}

// No processor has wider ones.
inline constexpr unsigned physical_address_limit = 52;

// The bits that rules pin in CR0 or CR4.
constexpr uint64_t pinned_bits(const Rules& rules, uint32_t control_register) {
    uint64_t bits = 0;
    for (uint32_t i = 0; has_rule(rules, NADIR_RULE_PIN) && i < rules.count; ++i) {
        const nadir_rule& rule = rules.of[i].rule;
        bits |= rule.kind == NADIR_RULE_PIN && rule.number == control_register ? rule.set : 0;
    }
    return bits;
}

// Is it one that root mode can keep? Whether it is wise is the host's side's to say (core/rules/judge_rule.h).
constexpr bool is_sound(const nadir_rule& rule) {
    switch (rule.kind) {
    case NADIR_RULE_CPUID: return rule.part <= NADIR_CPUID_EDX;
    case NADIR_RULE_READ_MSR: return true;
    case NADIR_RULE_WRITE_MSR: return rule.action <= NADIR_ACTION_REFUSE;
    case NADIR_RULE_PIN:
        return rule.action <= NADIR_ACTION_REFUSE && rule.set != 0 && (rule.set & ~pinnable_bits(rule.number)) == 0;
    case NADIR_RULE_PROTECT:
        return rule.action <= NADIR_ACTION_REFUSE && rule.keep <= rule.set && rule.set >> physical_address_limit == 0;
    default: return false;
    }
}

// A rule without its values, as two arguments of a hypercall.
constexpr uint64_t packed_head(const nadir_rule& rule, uint32_t slot) {
    return rule.kind | uint64_t{rule.part} << 8 | uint64_t{rule.action} << 16 | uint64_t{rule.any_subleaf} << 24 |
           uint64_t{slot} << 32;
}
constexpr uint64_t packed_subject(const nadir_rule& rule) { return rule.number | uint64_t{rule.subleaf} << 32; }

constexpr KeptRule unpacked(uint64_t head, uint64_t subject) {
    const auto byte = [head](unsigned shift) { return static_cast<uint32_t>(head >> shift & 0xFF); };
    return {{byte(0), static_cast<uint32_t>(subject), static_cast<uint32_t>(subject >> 32), byte(24), byte(8), byte(16),
             0, 0},
            static_cast<uint32_t>(head >> 32)};
}

} // namespace nadir::core
