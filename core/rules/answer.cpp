// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/rules/answer.h"

#include "arch/vmx/exit_qualification.h"
#include "arch/vmx/fields.h"
#include "core/exits/cpuid.h"
#include "core/exits/handlers.h"
#include "core/memory/second_level.h"
#include "core/plan/plan.h"
#include "core/vmm.h"
#include "cpu/vmx.h"

namespace nadir::core {

using arch::BasicExitReason;
using cpu::vmread;
using cpu::vmwrite;
namespace vmcs = arch::vmcs;

namespace {

// This rule has answered. Several processors may count at once.
void count(Vcpu& vcpu, uint32_t index, const KeptRule& kept) {
    __atomic_fetch_add(&vcpu.place.vmm->rule_answers[kept.slot], 1, __ATOMIC_RELAXED);
    vcpu.answered.rules |= uint64_t{1} << index;
}

void remember(Vcpu& vcpu, uint64_t first, uint64_t second) { vcpu.answered = {0, {first, second}}; }

bool is_about(const nadir_rule& rule, uint32_t leaf, uint32_t subleaf) {
    return rule.kind == NADIR_RULE_CPUID && rule.number == leaf && (rule.any_subleaf != 0 || rule.subleaf == subleaf);
}

uint64_t& cpuid_register(GuestRegisters& r, uint32_t part) {
    switch (part) {
    case NADIR_CPUID_EAX: return r.rax();
    case NADIR_CPUID_EBX: return r.rbx();
    case NADIR_CPUID_ECX: return r.rcx();
    default: return r.rdx();
    }
}

// The processor's own answer, with what the rules change in it, one behind the other.
bool answer_cpuid(Vcpu& vcpu, const Rules& rules, Outcome& outcome) {
    GuestRegisters& r = vcpu.registers;
    const auto leaf = static_cast<uint32_t>(r.rax());
    const auto subleaf = static_cast<uint32_t>(r.rcx());
    bool answered = false;
    for (uint32_t i = 0; i < rules.count; ++i) {
        const nadir_rule& rule = rules.of[i].rule;
        if (!is_about(rule, leaf, subleaf)) {
            continue;
        }
        if (!answered) {
            remember(vcpu, leaf | uint64_t{subleaf} << 32, 0);
            outcome = exits::cpuid(vcpu);
            answered = true;
        }
        uint64_t& value = cpuid_register(r, rule.part);
        value = static_cast<uint32_t>((value & rule.keep) | rule.set);
        count(vcpu, i, rules.of[i]);
    }
    return answered;
}

bool answer_msr(Vcpu& vcpu, const Rules& rules, nadir_rule_kind kind, Outcome& outcome) {
    GuestRegisters& r = vcpu.registers;
    const auto msr = static_cast<uint32_t>(r.rcx());
    for (uint32_t i = 0; i < rules.count; ++i) {
        const nadir_rule& rule = rules.of[i].rule;
        if (rule.kind != static_cast<uint32_t>(kind) || rule.number != msr) {
            continue;
        }
        if (kind == NADIR_RULE_READ_MSR) {
            remember(vcpu, msr, 0);
            r.rax() = rule.set & 0xFFFF'FFFF;
            r.rdx() = rule.set >> 32;
            outcome = Outcome::advance;
        } else {
            remember(vcpu, msr, r.edx_eax());
            outcome = rule.action == NADIR_ACTION_REFUSE ? Outcome::general_protection : Outcome::advance;
        }
        count(vcpu, i, rules.of[i]);
        return true;
    }
    return false;
}

uint64_t operand(const Vcpu& vcpu, arch::CrAccessQualification access) {
    constexpr unsigned rsp = 4;
    return access.general_register() == rsp ? vmread(vmcs::guest_rsp) : vcpu.registers.value[access.general_register()];
}

// Pinned bits that the guest sets become the register's: from now on they stay. Its own instruction can't set them, for they
// are root mode's; so what that would make the processor forget is forgotten here.
void let_pinned_bits_in(uint32_t control_register, uint64_t bits, Vcpu& vcpu) {
    const uint64_t now = control_register == 0 ? vmread(vmcs::guest_cr0).value : vmread(vmcs::guest_cr4).value;
    if ((bits & ~now) == 0) {
        return;
    }
    if (control_register == 0) {
        vmwrite(vmcs::guest_cr0, arch::Cr0{now | bits});
    } else {
        vmwrite(vmcs::guest_cr4, arch::Cr4{now | bits});
    }
    forget_guest_linear_translations(vcpu);
}

// MOV to CR0 and CR4. The bits are root mode's (core/rules/pins.h), so an instruction that wants to change what the guest sees of
// them exits. What it may not change is never changed; what it sees follows it, as with the bits that VMX fixes.
bool answer_control_register(Vcpu& vcpu, const Rules& rules, Outcome& outcome) {
    const arch::CrAccessQualification access{vmread(vmcs::exit_qualification)};
    const uint32_t number = access.control_register();
    const uint64_t pinned = pinned_bits(rules, number);
    if (access.access_type() != arch::CrAccessType::mov_to_cr || pinned == 0) {
        return false;
    }
    const uint64_t wanted = operand(vcpu, access);
    const uint64_t seen = number == 0 ? vmread(vmcs::cr0_read_shadow).value : vmread(vmcs::cr4_read_shadow).value;
    const uint64_t cleared = pinned & seen & ~wanted;
    bool refused = false;
    for (uint32_t i = 0; i < rules.count; ++i) {
        const nadir_rule& rule = rules.of[i].rule;
        refused |= rule.kind == NADIR_RULE_PIN && rule.number == number && (rule.set & cleared) != 0 &&
                   rule.action == NADIR_ACTION_REFUSE;
    }
    outcome = refused ? Outcome::general_protection : exits::control_register(vcpu);
    if (outcome == Outcome::retry) {
        let_pinned_bits_in(number, pinned & wanted, vcpu);
    } else if (!refused) {
        return true; // the processor would have refused it, too
    }
    remember(vcpu, number, wanted);
    for (uint32_t i = 0; i < rules.count; ++i) {
        const nadir_rule& rule = rules.of[i].rule;
        if (rule.kind == NADIR_RULE_PIN && rule.number == number && (rule.set & cleared) != 0) {
            count(vcpu, i, rules.of[i]);
        }
    }
    return true;
}

} // namespace

bool answer_by_rule(Vcpu& vcpu, BasicExitReason reason, Outcome& outcome) {
    const Rules& rules = vcpu.plan->rules;
    switch (reason) {
    case BasicExitReason::cpuid: return has_rule(rules, NADIR_RULE_CPUID) && answer_cpuid(vcpu, rules, outcome);
    case BasicExitReason::rdmsr:
        return has_rule(rules, NADIR_RULE_READ_MSR) && answer_msr(vcpu, rules, NADIR_RULE_READ_MSR, outcome);
    case BasicExitReason::wrmsr:
        return has_rule(rules, NADIR_RULE_WRITE_MSR) && answer_msr(vcpu, rules, NADIR_RULE_WRITE_MSR, outcome);
    case BasicExitReason::control_register_access:
        return has_rule(rules, NADIR_RULE_PIN) && answer_control_register(vcpu, rules, outcome);
    default: return false;
    }
}

} // namespace nadir::core
