// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The registers of the machine: each is read and written by the processor that it belongs to.
#include "core/gdb/machine.h"

#include "arch/vmx/fields.h"
#include "core/gdb/debugger.h"
#include "core/guest.h"
#include "core/vmm.h"
#include "cpu/msr.h"
#include "cpu/registers.h"
#include "cpu/vmx.h"

namespace nadir::core::gdb {

using namespace arch;
using cpu::vmread;
using cpu::vmwrite;

namespace {

// In the order of GDB's numbers; the architecture's encoding.
constexpr uint8_t encodings[] = {0, 3, 1, 2, 6, 7, 5, 4, 8, 9, 10, 11, 12, 13, 14, 15};
constexpr unsigned rsp_encoding = 4;

constexpr bool is_general(Register which) { return which <= Register::r15; }

// That VM entry, or a WRMSR, wants to be canonical.
constexpr bool is_address(Register which) {
    return which == Register::rip || which == Register::fs_base || which == Register::gs_base ||
           which == Register::k_gs_base;
}

// Bits 63 to 47, or to 56, are all the same: else VM entry refuses the address. [SDM1 "Canonical Addressing"]
bool is_canonical(uint64_t address) {
    const unsigned highest = vmread(vmcs::guest_cr4).la57() ? 56 : 47;
    const auto upper = static_cast<int64_t>(address) >> highest;
    return upper == 0 || upper == -1;
}

uint64_t msr_value(Msr msr) {
    uint64_t value = 0;
    (void)cpu::nadir_cpu_checked_rdmsr(static_cast<uint32_t>(msr), &value);
    return value;
}

Value general_register(const Vcpu& vcpu, Register which) {
    return guest_register(vcpu, encodings[static_cast<unsigned>(which)]);
}

bool system_register(Register which, Value& value) {
    switch (which) {
    case Register::gdt_base: value = vmread(vmcs::guest_gdtr_base); return true;
    case Register::gdt_limit: value = vmread(vmcs::guest_gdtr_limit); return true;
    case Register::idt_base: value = vmread(vmcs::guest_idtr_base); return true;
    case Register::idt_limit: value = vmread(vmcs::guest_idtr_limit); return true;
    case Register::ldtr: value = vmread(vmcs::guest_ldtr_selector).value; return true;
    case Register::tr: value = vmread(vmcs::guest_tr_selector).value; return true;
    case Register::tr_base: value = vmread(vmcs::guest_tr_base); return true;
    case Register::star: value = msr_value(Msr::ia32_star); return true;
    case Register::lstar: value = msr_value(Msr::ia32_lstar); return true;
    case Register::syscall_mask: value = msr_value(Msr::ia32_fmask); return true;
    default: return false;
    }
}

bool control_register(Register which, Value& value) {
    switch (which) {
    case Register::cr0: value = guest_cr0_as_seen().value; return true;
    case Register::cr2: value = cpu::read_cr2(); return true;
    case Register::cr3: value = vmread(vmcs::guest_cr3).value; return true;
    case Register::cr4: value = guest_cr4_as_seen().value; return true;
    case Register::efer: value = vmread(vmcs::guest_efer).value; return true;
    case Register::dr0:
    case Register::dr1:
    case Register::dr2:
    case Register::dr3:
        value = cpu::read_debug_register(static_cast<unsigned>(which) - static_cast<unsigned>(Register::dr0));
        return true;
    case Register::dr6: value = cpu::read_dr6().value; return true;
    case Register::dr7: value = vmread(vmcs::guest_dr7).value; return true;
    default: return system_register(which, value);
    }
}

} // namespace

bool get_register(const Vcpu& vcpu, Register which, Value& value) {
    if (is_general(which)) {
        value = general_register(vcpu, which);
        return true;
    }
    switch (which) {
    case Register::rip: value = vmread(vmcs::guest_rip); return true;
    case Register::eflags: value = vmread(vmcs::guest_rflags).value; return true;
    case Register::cs: value = vmread(vmcs::guest_cs_selector).value; return true;
    case Register::ss: value = vmread(vmcs::guest_ss_selector).value; return true;
    case Register::ds: value = vmread(vmcs::guest_ds_selector).value; return true;
    case Register::es: value = vmread(vmcs::guest_es_selector).value; return true;
    case Register::fs: value = vmread(vmcs::guest_fs_selector).value; return true;
    case Register::gs: value = vmread(vmcs::guest_gs_selector).value; return true;
    case Register::fs_base: value = vmread(vmcs::guest_fs_base); return true;
    case Register::gs_base: value = vmread(vmcs::guest_gs_base); return true;
    case Register::k_gs_base: value = msr_value(Msr::ia32_kernel_gs_base); return true;
    default: return control_register(which, value);
    }
}

namespace {

// What decides how the guest's code runs stays: reserved bits, and the mode.
void set_flags(Value value) {
    constexpr uint64_t ours = Rflags::fields_mask & ~uint64_t{Rflags::vm_mask};
    const Rflags now = vmread(vmcs::guest_rflags);
    vmwrite(vmcs::guest_rflags, Rflags{(now.value & ~ours) | (value & ours)});
}

} // namespace

// Only what can't lead to a state that VM entry refuses.
Refusal set_register(Vcpu& vcpu, Register which, Value value) {
    if (is_general(which)) {
        const unsigned encoding = encodings[static_cast<unsigned>(which)];
        if (encoding == rsp_encoding) {
            vmwrite(vmcs::guest_rsp, value);
        } else {
            vcpu.registers.value[encoding] = value;
        }
        return Refusal::none;
    }
    if (is_address(which) && !is_canonical(value)) {
        return Refusal::not_canonical;
    }
    switch (which) {
    case Register::rip: vmwrite(vmcs::guest_rip, value); break;
    case Register::eflags: set_flags(value); break;
    case Register::fs_base: vmwrite(vmcs::guest_fs_base, value); break;
    case Register::gs_base: vmwrite(vmcs::guest_gs_base, value); break;
    case Register::k_gs_base: cpu::write_msr(Msr::ia32_kernel_gs_base, value); break;
    case Register::cr2: cpu::write_cr2(value); break;
    default: return Refusal::read_only;
    }
    return Refusal::none;
}

// A VMREAD of a field that isn't there writes the VM-instruction error, and what was in it before is what somebody looks for: until
// another instruction fails.
void read_field_here(const Vcpu& vcpu, Task& task) {
    Seat& seat = vcpu.place.vmm->debugger->seats[vcpu.place.processor];
    auto error = InstructionError{vmread(vmcs::instruction_error)};
    if (error == InstructionError::unsupported_component && seat.keeps_error != 0) {
        error = seat.error;
    }
    if (task.linear == vmcs::instruction_error.encoding) {
        task.value = static_cast<uint32_t>(error);
        task.done = true;
        return;
    }
    task.done = cpu::vmread_raw(task.linear, task.value) == cpu::VmxStatus::succeeded;
    if (!task.done) {
        seat.error = error;
        seat.keeps_error = 1;
    }
}

bool is_halted() { return vmread(vmcs::guest_activity_state) == static_cast<uint32_t>(ActivityState::hlt); }

uint32_t processor_count(const Vmm& vmm) { return vmm.processor_count; }

bool is_there(const Vmm& vmm, uint32_t processor) {
    const Debugger& debugger = *vmm.debugger;
    return debugger.server == processor + 1 ||
           __atomic_load_n(&debugger.seats[processor].standing, __ATOMIC_ACQUIRE) != 0;
}

bool read_register(Vmm& vmm, uint32_t processor, Register which, Value& value) {
    Task task{.errand = Errand::read_register, .which = which};
    run_on(vmm, processor, task);
    value = task.value;
    return task.done;
}

bool write_register(Vmm& vmm, uint32_t processor, Register which, Value value) {
    Task task{.errand = Errand::write_register, .which = which, .refusal = Refusal::not_stopped, .value = value};
    run_on(vmm, processor, task);
    if (task.refusal != Refusal::none) {
        refuse(vmm, {Deed::write_register, task.refusal, static_cast<uint64_t>(which)});
    }
    return task.refusal == Refusal::none;
}

void put_processor(Vmm& vmm, uint32_t processor, base::Writer& out) {
    Task task{.errand = Errand::describe};
    run_on(vmm, processor, task);
    out.text("processor ").decimal(processor).text(", CPL ").decimal(task.value).text(task.done ? ", halted" : "");
}

} // namespace nadir::core::gdb
