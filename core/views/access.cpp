// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/views/access.h"

#include "arch/paging.h"
#include "arch/vmx/exit_qualification.h"
#include "arch/vmx/fields.h"
#include "core/events/event.h"
#include "core/extensions/dispatch.h"
#include "core/guest.h"
#include "core/views/instruction.h"
#include "core/views/operand_size.h"
#include "core/views/switch.h"
#include "core/vmm.h"
#include "cpu/vmx.h"

namespace nadir::core {

using arch::EptViolationQualification;
using cpu::vmread;
namespace vmcs = arch::vmcs;

namespace {

constexpr uint64_t page = arch::page_size_4k;
constexpr uint32_t bits_if(bool condition, uint32_t bits) { return condition ? bits : 0; }

OperandSize size_of(const Vcpu& vcpu, EptViolationQualification access) {
    constexpr uint16_t entry = 8;
    constexpr uint16_t frame = 48;
    if (access.linear_address_valid() && !access.final_translation()) {
        return operand::at_most(entry);
    }
    if (vmread(vmcs::idt_vectoring_information).valid()) {
        return operand::frame(frame);
    }
    uint8_t bytes[longest_instruction];
    const unsigned count = read_instruction(vcpu, bytes);
    return operand_size(bytes, count, {guest_in_64_bit_mode(), vmread(vmcs::guest_cs_access_rights).db()});
}

uint32_t least(uint64_t one, uint64_t other) { return static_cast<uint32_t>(one < other ? one : other); }

// The processor fetches by pages, and somebody asks for instructions: one counts where it begins.
void narrow_to_instruction(MemoryAccess& access) {
    const uint64_t linear = linear_rip();
    if (!same_page(access.linear, linear)) {
        return; // its end, in the next page
    }
    access.linear = linear;
    access.physical = (access.physical & ~(page - 1)) | linear % page;
    access.bytes = 1;
    access.about |= NADIR_EVENT_MEMORY_EXACT;
}

// Of the kinds that are asked for, those of this access.
uint32_t watched_kinds(const Vcpu& vcpu, const MemoryAccess& access) {
    const EventWatch& watch = vcpu.plan->watch;
    uint32_t kinds = 0;
    for (uint32_t i = 0; has_kind(watch.kinds, NADIR_EVENT_MEMORY) && i < watch.memory_count; ++i) {
        const nadir_memory_range& range = watch.memory[i];
        kinds |= reaches(access, range.first, range.last) ? range.access : 0;
    }
    return kinds & access.kinds;
}

Verdict answer_by_protection(Vcpu& vcpu, const MemoryAccess& access) {
    const Rules& rules = vcpu.plan->rules;
    Verdict verdict = Verdict::let_through;
    if ((access.kinds & NADIR_MEMORY_WRITE) == 0 || !has_rule(rules, NADIR_RULE_PROTECT)) {
        return verdict;
    }
    for (uint32_t i = 0; i < rules.count; ++i) {
        const nadir_rule& rule = rules.of[i].rule;
        if (rule.kind != NADIR_RULE_PROTECT || !reaches(access, rule.keep, rule.set)) {
            continue;
        }
        __atomic_fetch_add(&vcpu.place.vmm->rule_answers[rules.of[i].slot], 1, __ATOMIC_RELAXED);
        vcpu.answered.rules |= uint64_t{1} << i;
        vcpu.answered.asked[0] = access.physical;
        vcpu.answered.asked[1] = access.linear;
        const bool refused = rule.action == NADIR_ACTION_REFUSE && can_be_refused(access);
        verdict = refused || verdict == Verdict::refuse ? Verdict::refuse : Verdict::ignore;
    }
    return verdict;
}

// An extension's word is before the rules'.
Verdict judge_by_extensions_and_rules(Vcpu& vcpu, const MemoryAccess& access) {
    if constexpr (has_extensions) {
        const bool is_linear_known = (access.about & NADIR_EVENT_MEMORY_LINEAR) != 0;
        const auto is = [&](nadir_memory_access kind) { return (access.kinds & kind) != 0; };
        const extension::Answer answer = ask_extensions_about_access(
            vcpu, {access.physical, is_linear_known ? access.linear : 0, access.bytes, is(NADIR_MEMORY_READ),
                   is(NADIR_MEMORY_WRITE), is(NADIR_MEMORY_EXECUTE)});
        if (answer == extension::Answer::done) {
            return Verdict::let_through;
        }
        if (answer == extension::Answer::refuse && can_be_refused(access)) {
            return Verdict::refuse;
        }
    }
    return answer_by_protection(vcpu, access);
}

} // namespace

MemoryAccess current_access(const Vcpu& vcpu) {
    const EptViolationQualification access{vmread(vmcs::exit_qualification)};
    MemoryAccess result{};
    result.physical = vmread(vmcs::guest_physical_address);
    result.kinds = bits_if(access.read(), NADIR_MEMORY_READ) | bits_if(access.write(), NADIR_MEMORY_WRITE) |
                   bits_if(access.fetch(), NADIR_MEMORY_EXECUTE);
    if (access.linear_address_valid()) {
        result.linear = vmread(vmcs::guest_linear_address);
        result.about |= NADIR_EVENT_MEMORY_LINEAR;
        result.about |= bits_if(!access.final_translation(), NADIR_EVENT_MEMORY_WALK);
    }
    if (vmread(vmcs::idt_vectoring_information).valid()) {
        result.about |= NADIR_EVENT_MEMORY_DELIVERY;
    }
    if (access.fetch()) {
        narrow_to_instruction(result);
        return result;
    }
    const OperandSize size = size_of(vcpu, access);
    const uint64_t offset = result.physical % page;
    result.bytes = least(size.bytes, page - offset);
    result.before = least(size.before, offset);
    result.kinds |= bits_if(access.write() && size.modifies, NADIR_MEMORY_READ);
    result.about |= bits_if(size.exact, NADIR_EVENT_MEMORY_EXACT);
    return result;
}

Verdict judge_access(Vcpu& vcpu, const MemoryAccess& access) {
    if (vcpu.plan == nullptr) {
        return Verdict::let_through;
    }
    const Verdict verdict = judge_by_extensions_and_rules(vcpu, access);
    if (watched_kinds(vcpu, access) != 0) {
        put_memory_event(vcpu, access, verdict == Verdict::refuse ? Outcome::general_protection : Outcome::retry);
    }
    return verdict;
}

} // namespace nadir::core
