// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/root/fault_report.h"

#include "arch/vmx/fields.h"
#include "core/enter.h"
#include "core/log.h"
#include "core/vmm.h"
#include "cpu/entry_points.h"
#include "cpu/instructions.h"
#include "cpu/vmx.h"

namespace nadir::core {

using cpu::vmread;
namespace vmcs = arch::vmcs;

namespace {

// A 16550: bit 5 of the line status says that the transmitter takes another byte. Bounded, for there may be no UART.
void write_com1(uint16_t port, char c) {
    for (unsigned patience = 0; patience < 100'000 && (cpu::read_port(static_cast<uint16_t>(port + 5)) & 0x20) == 0;
         ++patience) {
        cpu::pause();
    }
    cpu::write_port(port, static_cast<uint8_t>(c));
}

void print_com1(uint16_t port, const char* text) {
    for (; *text != '\0'; ++text) {
        write_com1(port, *text);
    }
}

void report_guest(Vcpu& vcpu) {
    report(vcpu, Message::guest_state,
           {vmread(vmcs::guest_rsp), vmread(vmcs::guest_rflags).value, vmread(vmcs::guest_cr0).value,
            vmread(vmcs::guest_cr3).value, vmread(vmcs::guest_cr4).value, vmread(vmcs::guest_efer).value});
    report(vcpu, Message::guest_instruction,
           {vmread(vmcs::guest_cs_selector).value, vmread(vmcs::guest_activity_state),
            vmread(vmcs::guest_interruptibility).value, vmread(vmcs::exit_instruction_length)});
}

} // namespace

void report(Vcpu& vcpu, Message message, std::initializer_list<uint64_t> arguments) {
    log(vcpu, message, arguments);
    const uint16_t port = static_cast<uint16_t>(vcpu.place.vmm->options.com1);
    if (port == 0) {
        return;
    }
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
    print_com1(port, head);
    print_com1(port, text);
    print_com1(port, "\r\n");
}

void stop_processor(Vcpu& vcpu) {
    report(vcpu, Message::processor_dead, {});
    // Nobody can VMREAD it any more; whoever sees the state may read the copy.
    if (vcpu.vmx_on != 0) {
        take_snapshot(vcpu.snapshot, NADIR_VMCS_DEAD);
    }
    __atomic_store_n(&vcpu.state, uint32_t{NADIR_PROCESSOR_DEAD}, __ATOMIC_RELEASE);
    for (;;) {
        cpu::disable_interrupts();
        cpu::halt();
    }
}

void stop_after_unexpected_exit(Vcpu& vcpu, arch::ExitReason reason) {
    report(vcpu, Message::unexpected_exit,
           {static_cast<uint64_t>(reason.basic()), vmread(vmcs::exit_qualification), vmread(vmcs::guest_rip),
            vmread(vmcs::guest_linear_address), vmread(vmcs::guest_physical_address),
            vmread(vmcs::exit_interruption_information).value});
    report_guest(vcpu);
    stop_processor(vcpu);
}

uint32_t on_entry_failure(Vcpu& vcpu, arch::ExitReason reason) {
    const uint64_t qualification = vmread(vmcs::exit_qualification);
    report(vcpu, Message::entry_failed, {static_cast<uint64_t>(reason.basic()), qualification});
    report_guest(vcpu);
    if (vcpu.launched != 0) {
        stop_processor(vcpu);
    }
    take_snapshot(vcpu.snapshot, NADIR_VMCS_FAILED_ENTRY);
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
    report_guest(*vcpu);
    stop_processor(*vcpu);
}
}

} // namespace nadir::core
