// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/root/fault_report.h"

#include "arch/vmx/fields.h"
#include "core/enter.h"
#include "core/extensions/dispatch.h"
#include "core/extensions/packed_text.h"
#include "core/log.h"
#include "core/root/circumstances.h"
#include "core/root/com1.h"
#include "core/vmm.h"
#include "cpu/entry_points.h"
#include "cpu/instructions.h"
#include "cpu/registers.h"
#include "cpu/vmx.h"

namespace nadir::core {

using cpu::vmread;
namespace vmcs = arch::vmcs;

namespace {

void print_to_com1(const Vcpu& vcpu, uint16_t port, Message message, std::initializer_list<uint64_t> arguments) {
    nadir_log_record record{};
    record.message = static_cast<nadir_u8>(message);
    unsigned i = 0;
    for (const uint64_t argument : arguments) {
        record.argument[i++] = argument;
    }
    char text[256];
    control::format_record(record, text);
    constexpr char digits[] = "0123456789";
    const char head[] = {'n',
                         'a',
                         'd',
                         'i',
                         'r',
                         '[',
                         digits[vcpu.place.processor / 100 % 10],
                         digits[vcpu.place.processor / 10 % 10],
                         digits[vcpu.place.processor % 10],
                         ']',
                         ' ',
                         '\0'};
    const Com1Turn turn{vcpu.place.vmm->com1_turn, vcpu.place.processor};
    print_com1(port, head);
    print_com1(port, text);
    print_com1(port, "\r\n");
}

uint64_t rip_in_image(const Vcpu& vcpu, const cpu::TrapFrame& frame) { return frame.rip - vcpu.place.vmm->image_base; }

void report_extension([[maybe_unused]] Vcpu& vcpu) {
    if constexpr (has_extensions) {
        if (const extension::Description* const at_work = extension_at_work(vcpu); at_work != nullptr) {
            const PackedText name = packed(at_work->name);
            report(vcpu, Message::extension_at_work, {name.word[0], name.word[1]});
        }
    }
}

void report_circumstances(Vcpu& vcpu, const cpu::TrapFrame& frame) {
    report_extension(vcpu);
    report_registers(vcpu, frame);
    report_callers(vcpu, frame.rsp);
    report_last_exits(vcpu, vcpu);
    if (vcpu.vmx_on != 0) {
        report_guest(vcpu);
    }
}

[[noreturn]] void halt_for_good() {
    for (;;) {
        cpu::disable_interrupts();
        cpu::halt();
    }
}

} // namespace

void report(Vcpu& vcpu, Message message, std::initializer_list<uint64_t> arguments) {
    // The port first: a log that can't be written would be the end of the report.
    const uint16_t port = static_cast<uint16_t>(vcpu.place.vmm->options.com1);
    if (port != 0) {
        print_to_com1(vcpu, port, message, arguments);
    }
    log(vcpu, message, arguments);
}

void stop_processor(Vcpu& vcpu) {
    report(vcpu, Message::processor_dead, {});
    // Nobody can VMREAD it any more; whoever sees the state may read the copy.
    if (vcpu.vmx_on != 0) {
        take_snapshot(vmcs_snapshot(vcpu), NADIR_VMCS_DEAD);
    }
    set_state(vcpu, NADIR_PROCESSOR_DEAD);
    halt_for_good();
}

void stop_after_fault(Vcpu& vcpu, const cpu::TrapFrame& frame) {
    switch (vcpu.trap_depth++) {
    case 0:
        report(vcpu, Message::fault_in_root,
               {frame.vector, frame.error_code, rip_in_image(vcpu, frame), cpu::read_cr2(), frame.rsp});
        report_circumstances(vcpu, frame);
        break;
    case 1:
        // Whatever that was about is not to be touched again.
        vcpu.vmx_on = 0;
        report(vcpu, Message::fault_in_report,
               {frame.vector, frame.error_code, rip_in_image(vcpu, frame), cpu::read_cr2()});
        break;
    case 2:
        // Not even that could be said. The state is all that is left to tell the other processors.
        set_state(vcpu, NADIR_PROCESSOR_DEAD);
        halt_for_good();
    default: halt_for_good();
    }
    stop_processor(vcpu);
}

void stop_hanging(Vcpu& vcpu, const cpu::TrapFrame& frame) {
    report(vcpu, Message::processor_hangs, {vcpu.watch.overdue - 1, rip_in_image(vcpu, frame), frame.rsp});
    report_circumstances(vcpu, frame);
    stop_processor(vcpu);
}

void stop_after_unexpected_exit(Vcpu& vcpu, arch::ExitReason reason) {
    report(vcpu, Message::unexpected_exit,
           {static_cast<uint64_t>(reason.basic()), vmread(vmcs::exit_qualification), vmread(vmcs::guest_rip),
            vmread(vmcs::guest_linear_address), vmread(vmcs::guest_physical_address),
            vmread(vmcs::exit_interruption_information).value});
    report_last_exits(vcpu, vcpu);
    report_guest(vcpu);
    stop_processor(vcpu);
}

uint32_t on_entry_failure(Vcpu& vcpu, arch::ExitReason reason) {
    const uint64_t qualification = vmread(vmcs::exit_qualification);
    report(vcpu, Message::entry_failed, {static_cast<uint64_t>(reason.basic()), qualification});
    report_guest(vcpu);
    if (vcpu.launched != 0) {
        report_last_exits(vcpu, vcpu);
        stop_processor(vcpu);
    }
    take_snapshot(vmcs_snapshot(vcpu), NADIR_VMCS_FAILED_ENTRY);
    // The guest state is the one that was to be entered, that is, the processor as it was before: leaving restores it.
    if (spoils_entry(vcpu.place.vmm->options, vcpu.place.processor)) {
        (void)cpu::vmwrite_raw(vcpu.place.vmm->options.fail_field, vcpu.spoilt);
    }
    vcpu.entry_failure[0] = reason.value;
    vcpu.entry_failure[1] = qualification;
    cpu::vmwrite(vmcs::guest_rip, reinterpret_cast<uint64_t>(&cpu::nadir_cpu_launch_refused));
    return 1;
}

extern "C" {

// From cpu/exit.S: VMRESUME did not enter the guest.
[[noreturn]] NADIR_CPU_ABI void nadir_resume_failed(Vcpu* vcpu, uint32_t invalid) {
    constexpr uint64_t vmresume = 7;
    const uint64_t error = invalid != 0 ? 0 : vmread(vmcs::instruction_error);
    report(*vcpu, Message::vm_instruction_failed, {vmresume, error, vcpu->place.vmcs_physical});
    report_last_exits(*vcpu, *vcpu);
    report_guest(*vcpu);
    stop_processor(*vcpu);
}
}

} // namespace nadir::core
