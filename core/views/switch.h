// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The change of view: what a hidden page costs most often, and so in line on a way of its own (core/exit_loop.cpp). Root mode.
#pragma once

#include "arch/paging.h"
#include "arch/vmx/exit_qualification.h"
#include "arch/vmx/fields.h"
#include "core/recorder.h"
#include "core/views/views.h"
#include "cpu/vmx.h"

namespace nadir::core {

constexpr bool same_page(uint64_t one, uint64_t other) { return ((one ^ other) & ~(arch::page_size_4k - 1)) == 0; }

enum class Answer : uint8_t { read, execute, step };

// The view that allows what this one didn't, if that lets the instruction end. An instruction that is hidden itself and reads a hidden
// page would go back and forth between the views forever: it is met for the second time, or reads the page that it lies in.
[[gnu::always_inline]] inline Answer answer_to(const ViewUser& user, arch::EptViolationQualification access,
                                               uint64_t rip) {
    if (user.in_step != 0 || access.write()) {
        return Answer::step;
    }
    if (!access.fetch()) {
        const bool reads_itself = same_page(cpu::vmread(arch::vmcs::guest_linear_address), rip);
        return user.in == In::reading || reads_itself ? Answer::step : Answer::read;
    }
    return user.in == In::executing || user.reader == rip ? Answer::step : Answer::execute;
}

[[gnu::always_inline]] inline void change_view(ViewUser& user, Answer to, uint64_t rip) {
    user.reader = to == Answer::read ? rip : ViewUser::nobody;
    user.in = to == Answer::read ? In::reading : In::executing;
    ++user.switches;
    cpu::vmwrite(arch::vmcs::eptp, user.eptp[static_cast<unsigned>(user.in)]);
}

// The usual case, and nothing else: an execution in the reading view of hidden code, or a read in the executing view of what lies
// elsewhere than the code that reads. True when the processor is in the other view now and is to go on; the exit is recorded and
// counted.
[[gnu::always_inline]] inline bool switch_view_plainly(Vcpu& vcpu) {
    const arch::EptViolationQualification access{cpu::vmread(arch::vmcs::exit_qualification)};
    const uint64_t rip = cpu::vmread(arch::vmcs::guest_rip);
    // A hidden page may be written in no view, so one that may is watched for something else.
    constexpr uint64_t unusual = arch::EptViolationQualification::write_mask |
                                 arch::EptViolationQualification::writable_mask |
                                 arch::EptViolationQualification::nmi_unblocking_mask;
    if (access.any(unusual)) {
        return false;
    }
    ViewUser& user = *vcpu.view;
    const Answer answer = answer_to(user, access, rip);
    // It needn't be looked for: what can be read and not executed, or executed and not read, is a hidden page, or one that is watched
    // (core/views/guard.h), which exits again in the other view.
    const bool is_hidden = answer == Answer::execute ? access.readable() : access.executable();
    if (answer == Answer::step || !is_hidden || cpu::vmread(arch::vmcs::idt_vectoring_information).valid()) {
        return false;
    }
    nadir_exit_record& record = open_record(vcpu, arch::BasicExitReason::ept_violation, rip);
    record.qualification = access.value;
    record.event = 0;
    record.detail = cpu::vmread(arch::vmcs::guest_physical_address);
    show_record(record);
    ++vcpu.exits[static_cast<unsigned>(arch::BasicExitReason::ept_violation)];
    change_view(user, answer, rip);
    finish_record(&record, Outcome::retry);
    return true;
}

} // namespace nadir::core
