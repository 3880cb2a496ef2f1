// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/rules/judge_rule.h"

#include "arch/msr/efer.h"
#include "arch/msr/index.h"
#include "base/format.h"

namespace nadir::core {

using arch::Msr;

namespace {

constexpr uint32_t first_x2apic = 0x800;
constexpr uint32_t last_x2apic = 0x8FF;

// What a system writes on its way from one task to the next, or to be interrupted again. Without it nothing goes on.
const char* needed_for(uint32_t msr) {
    if (msr >= first_x2apic && msr <= last_x2apic) {
        return "it is a register of the local APIC, without which no interrupt ends";
    }
    switch (static_cast<Msr>(msr)) {
    case Msr::ia32_fs_base:
    case Msr::ia32_gs_base:
    case Msr::ia32_kernel_gs_base: return "each switch between tasks writes it";
    case Msr::ia32_tsc_deadline: return "timers are set by it, and nothing would wait for its time to come any more";
    default: return nullptr;
    }
}

bool refuse_msr(uint32_t msr, const char* why, std::span<char> words) {
    base::Writer{words}
        .text("Nothing was changed. This rule for MSR ")
        .hex(msr)
        .text(" would stop the system: ")
        .text(why)
        .text(".");
    return false;
}

bool judge_read(const nadir_rule& rule, std::span<char> words) {
    if (rule.number >= first_x2apic && rule.number <= last_x2apic) {
        return refuse_msr(rule.number, needed_for(rule.number), words);
    }
    if (static_cast<Msr>(rule.number) == Msr::ia32_efer) {
        const arch::Efer value{rule.set};
        constexpr uint64_t known =
            arch::Efer::sce_mask | arch::Efer::lme_mask | arch::Efer::lma_mask | arch::Efer::nxe_mask;
        if ((value.value & ~known) != 0) {
            return refuse_msr(rule.number,
                              "systems change IA32_EFER by reading it and writing it back, and this value has "
                              "reserved bits: the write would raise #GP",
                              words);
        }
        if (!value.lme() || !value.lma()) {
            return refuse_msr(rule.number,
                              "systems change IA32_EFER by reading it and writing it back, and this value is "
                              "without LME and LMA: the write would raise #GP",
                              words);
        }
    }
    return true;
}

bool judge_write(const nadir_rule& rule, std::span<char> words) {
    const char* const why = needed_for(rule.number);
    return why == nullptr || refuse_msr(rule.number, why, words);
}

bool judge_pin(const nadir_rule& rule, uint64_t cr4_bits, std::span<char> words) {
    const uint64_t missing = rule.number == 4 ? rule.set & ~cr4_bits : 0;
    if (missing != 0) {
        base::Writer{words}
            .text("Nothing was changed. This processor has not all of these bits of CR4; it lacks ")
            .hex(missing)
            .text(", so there is nothing to keep set.");
        return false;
    }
    return true;
}

} // namespace

bool judge_rule(const nadir_rule& rule, uint64_t cr4_bits, std::span<char> words) {
    if (!is_sound(rule)) {
        base::Writer{words}.text(
            "Nothing was changed: there is no such rule. In CR0, WP can be pinned; in CR4, UMIP, SMEP, SMAP "
            "and TSD. Memory that is protected must not end before it begins.");
        return false;
    }
    switch (rule.kind) {
    case NADIR_RULE_READ_MSR: return judge_read(rule, words);
    case NADIR_RULE_WRITE_MSR: return judge_write(rule, words);
    case NADIR_RULE_PIN: return judge_pin(rule, cr4_bits, words);
    default: return true;
    }
}

} // namespace nadir::core
