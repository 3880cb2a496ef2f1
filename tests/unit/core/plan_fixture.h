// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A processor in root mode with memory for plans.
#pragma once

#include <initializer_list>
#include <memory>

#include "core/plan/plan.h"
#include "core/rules/rules.h"
#include "tests/unit/core/root_fixture.h"

namespace nadir::test {

inline nadir_rule cpuid_rule(uint32_t leaf, uint32_t part, uint64_t keep, uint64_t set) {
    return {NADIR_RULE_CPUID, leaf, 0, 1, part, 0, keep, set};
}
inline nadir_rule pin_rule(uint32_t number, uint64_t bits, nadir_rule_action action = NADIR_ACTION_IGNORE) {
    return {NADIR_RULE_PIN, number, 0, 0, 0, action, 0, bits};
}

class PlanTest : public RootTest {
protected:
    PlanTest() {
        vmm.chunks[0].address = reinterpret_cast<uint8_t*>(pages.get());
        vmm.chunks[0].physical = 0x40'0000;
        vmm.layout.plans = 0;
        vmm.present_plan = core::none_of_both;
        vmm.plan_in_work = core::none_of_both;
        vmm.msr_bitmap_physical = 0x9000;
    }

    nadir_status add(const nadir_rule& rule, uint32_t slot) {
        const nadir_status status =
            core::begin_rule_of_plan(vmm, core::packed_head(rule, slot), core::packed_subject(rule));
        return status == NADIR_OK ? core::add_rule_to_plan(vcpu, rule.keep, rule.set) : status;
    }

    // The processor takes a plan of these kinds of events, without ranges, and of these rules.
    void make(uint64_t kinds, std::initializer_list<nadir_rule> rules = {}) {
        ASSERT_EQ(core::begin_plan(vmm, kinds), NADIR_OK);
        uint32_t slot = 0;
        for (const nadir_rule& rule : rules) {
            ASSERT_EQ(add(rule, slot++), NADIR_OK);
        }
        ASSERT_EQ(core::finish_plan(vmm), NADIR_OK);
        ASSERT_EQ(core::take_plan(vcpu, 0, 0), NADIR_OK);
    }

    struct alignas(4096) Pages {
        uint8_t bytes[core::plan_copies * core::plan_pages * 4096];
    };
    std::unique_ptr<Pages> pages = std::make_unique<Pages>();
};

} // namespace nadir::test
