// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/views/protected_copy.h"

#include "core/memory/guest_memory.h"
#include "core/plan/plan.h"
#include "core/vmm.h"

namespace nadir::core {

namespace {

constexpr uint64_t page = 4096;
constexpr uint64_t words = page / sizeof(uint64_t);

uint64_t* copy_of(const ViewUser& user, uint32_t number) { return user.copies + (number - uint64_t{1}) * 2 * words; }

bool is_protected(const Rules& rules, uint64_t address) {
    for (uint32_t i = 0; i < rules.count; ++i) {
        const nadir_rule& rule = rules.of[i].rule;
        if (rule.kind == NADIR_RULE_PROTECT && address >= rule.keep && address <= rule.set) {
            return true;
        }
    }
    return false;
}

} // namespace

bool begin_copy(Vcpu& vcpu, ViewUser& user, OpenPage& open) {
    if (open.copy != 0) {
        return true;
    }
    if (open.rights.write || user.copies_used == ViewUser::most_copies) {
        return false;
    }
    open.copy = static_cast<uint8_t>(++user.copies_used);
    uint64_t* const copy = copy_of(user, open.copy);
    GuestMemory{vcpu}.read(open.address, copy, page);
    __builtin_memcpy(copy + words, copy, page);
    return true;
}

void end_copy(Vcpu& vcpu, const ViewUser& user, const OpenPage& open) {
    const uint64_t* const copy = copy_of(user, open.copy);
    const auto* const now = reinterpret_cast<const uint8_t*>(copy);
    const auto* const before = reinterpret_cast<const uint8_t*>(copy + words);
    for (uint64_t word = 0; word < words; ++word) {
        if (copy[word] == copy[words + word]) {
            continue;
        }
        for (uint64_t i = word * sizeof(uint64_t); i < (word + 1) * sizeof(uint64_t); ++i) {
            if (now[i] != before[i] && !is_protected(vcpu.plan->rules, open.address + i)) {
                GuestMemory{vcpu}.write(open.address + i, &now[i], 1);
            }
        }
    }
}

} // namespace nadir::core
