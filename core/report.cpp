// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/report.h"

#include "arch/vmx/exit_reason.h"
#include "arch/vmx/instruction_error.h"
#include "base/format.h"
#include "check/entry/groups.h"
#include "control/messages.h"
#include "core/vmm.h"

namespace nadir::core {

namespace {

void copy_numbers(nadir_report& report, const Failure& failure) {
    report.status = failure.status;
    report.step = failure.step;
    report.processor = failure.processor;
    report.reserved = 0;
    for (unsigned i = 0; i < 4; ++i) {
        report.detail[i] = failure.detail[i];
    }
}

// What the processor answered to a VMX instruction: VMfailInvalid is reported as error 0.
void write_instruction_error(base::Writer& text, uint64_t error) {
    if (error == 0) {
        text.text(
            " The processor answered VMfailInvalid (CF set), which comes without a number while no VMCS is current: the "
            "region's address or its revision identifier does not suit it.");
        return;
    }
    text.text(" The processor answered VMfailValid, VM-instruction error ").decimal(error).text(" (");
    text.text(arch::name_of(static_cast<arch::InstructionError>(error))).text(").");
}

// `number`: of the rule, + 1; 0: none was found.
void write_broken_rule(base::Writer& text, uint64_t number) {
    if (number == 0) {
        text.text(
            " It breaks none of the rules that Nadir knows: please report it, with what `nadir dump --failed` writes.");
        return;
    }
    const check::NumberedRule rule = check::entry_rule(static_cast<unsigned>(number - 1));
    if (rule.rule != nullptr) {
        text.text(" Broken rule: ").text(rule.rule->identifier).text(" (").text(rule.rule->words).text(").");
    }
    text.text(" `nadir log` and `nadir explain` say more.");
}

void write_advice(base::Writer& text, const Failure& f) {
    switch (f.status) {
    case NADIR_VMLAUNCH_FAILED:
        write_instruction_error(text, f.detail[0]);
        if (f.detail[0] != 0) {
            write_broken_rule(text, f.detail[2]);
        }
        break;
    case NADIR_VMXON_FAILED:
    case NADIR_VMCLEAR_FAILED:
    case NADIR_VMPTRLD_FAILED:
        write_instruction_error(text, f.detail[0]);
        text.text(" [SDM3 \"VM Instruction Error Numbers\"] Please report it with `nadir caps --json`.");
        break;
    case NADIR_VMWRITE_FAILED:
        write_instruction_error(text, f.detail[0]);
        text.text(" VMCS field ").hex(f.detail[1]).text(". A hypervisor underneath may not offer it.");
        break;
    case NADIR_ENTRY_FAILED:
        text.text(" Exit reason ").hex(f.detail[0]).text(" (");
        text.text(arch::name_of(arch::ExitReason{static_cast<uint32_t>(f.detail[0])}.basic()));
        text.text("), qualification ").hex(f.detail[1]).text(".");
        write_broken_rule(text, f.detail[2]);
        break;
    case NADIR_NO_MEMORY:
        text.text(" ")
            .decimal(f.detail[0] / 1024)
            .text(" KiB in one piece were asked for. Free some memory and try again.");
        break;
    case NADIR_TOO_MANY_PROCESSORS:
        text.text(" There are ").decimal(f.detail[0]).text("; at most ").decimal(max_processors).text(" are served.");
        break;
    case NADIR_FIXED_BITS:
        text.text(" CR0 or CR4 is ").hex(f.detail[0]).text(", VMX operation asks for ").hex(f.detail[1]);
        text.text(". [SDM3 \"VMX-Fixed Bits in CR0\" and \"VMX-Fixed Bits in CR4\"]");
        break;
    case NADIR_CONTROL_MISSING:
        text.text(" This processor's MSR ")
            .hex(f.detail[0])
            .text(" is ")
            .hex(f.detail[1])
            .text(", the first one's is ");
        text.hex(f.detail[2]).text(": all processors must offer the same.");
        break;
    case NADIR_UNSUPPORTED_FEATURE:
        if (f.detail[1] == 0) {
            text.text(" Supervisor shadow stacks are in use (IA32_S_CET is ").hex(f.detail[0]);
            text.text("); switch off the system's kernel-mode hardware-enforced stack protection.");
            break;
        }
        text.text(" The selectors of CS (").hex(f.detail[0]).text(") and TR (").hex(f.detail[1]);
        text.text(") are not among those that root mode's GDT can have.");
        break;
    case NADIR_CONFIRM_FAILED:
        text.text(" The guest still sees Nadir's memory, or another processor answered: ").hex(f.detail[0]).text(".");
        break;
    default: break;
    }
}

} // namespace

void fill_report(nadir_report& report, const Failure& failure) {
    copy_numbers(report, failure);
    base::Writer text{report.text};
    if (failure.step != NADIR_STEP_NONE) {
        text.text("Step \"").text(control::step_text(failure.step)).text("\"");
        text.text(failure.processor != NADIR_ANY_PROCESSOR ? " on processor " : "");
    } else if (failure.processor != NADIR_ANY_PROCESSOR) {
        text.text("Processor ");
    }
    if (failure.processor != NADIR_ANY_PROCESSOR) {
        text.decimal(failure.processor);
    }
    text.text(text.length() != 0 ? ": " : "").text(control::status_text(failure.status)).text(".");
    write_advice(text, failure);
}

void fill_report(nadir_report& report, const Failure& failure, const check::SupportReport& support) {
    const check::Finding* finding = support.refusal();
    if (finding == nullptr) {
        fill_report(report, failure);
        return;
    }
    copy_numbers(report, failure);
    report.status = static_cast<nadir_u32>(finding->status());
    report.detail[0] = finding->values[0];
    report.detail[1] = finding->values[1];
    char words[sizeof(report.text)];
    check::describe(support, *finding, words);
    base::Writer text{report.text};
    if (failure.processor != NADIR_ANY_PROCESSOR) {
        text.text("Processor ").decimal(failure.processor).text(": ");
    }
    text.text(words);
}

void fill_success(nadir_report& report) {
    copy_numbers(report, Failure{});
    base::Writer{report.text}.text(control::status_text(NADIR_OK));
}

} // namespace nadir::core
