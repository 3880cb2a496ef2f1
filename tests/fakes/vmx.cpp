// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The fake processor's VMX instructions.
#include "cpu/vmx.h"

#include <string>

#include "arch/vmx/field_table.h"
#include "tests/fakes/cpu_helpers.h"

namespace nadir::cpu {

using namespace arch;

namespace {

uint32_t revision_at(uint64_t physical) { return *reinterpret_cast<uint32_t*>(machine->memory.linear_of(physical)); }
uint32_t revision() { return static_cast<uint32_t>(capability(capability_msr::vmx_basic)) & 0x7FFF'FFFF; }

VmxStatus fail(InstructionError error) {
    if (machine->now().current_vmcs == fake::Processor::no_vmcs) {
        return VmxStatus::failed_invalid;
    }
    machine->field(vmcs::instruction_error) = static_cast<uint64_t>(error);
    return VmxStatus::failed_valid;
}

void need_vmx(const char* what) {
    need_root_or_bare(what);
    if (!state().vmx) {
        fault(std::string("#UD: outside VMX operation: ") + what);
    }
}

bool allows(uint32_t msr, uint32_t bits) { return ((capability(msr) >> 32) & bits) == bits; }

// Fields that only some processors have, of those that the core knows. [SDM3 Appendix "Field Encoding in VMCS"]
bool has_field(uint32_t encoding) {
    if (find_vmcs_field(encoding) == nullptr) {
        return false;
    }
    switch (encoding) {
    case vmcs::vpid.encoding: return allows(capability_msr::vmx_secondary, SecondaryControls::enable_vpid_mask);
    case vmcs::eptp.encoding: return allows(capability_msr::vmx_secondary, SecondaryControls::enable_ept_mask);
    case vmcs::xss_exiting_bitmap.encoding:
        return allows(capability_msr::vmx_secondary, SecondaryControls::enable_xsaves_mask);
    case vmcs::guest_s_cet.encoding:
    case vmcs::guest_ssp.encoding:
    case vmcs::guest_interrupt_ssp_table.encoding:
        return allows(capability_msr::vmx_true_entry, EntryControls::load_cet_state_mask);
    case vmcs::host_s_cet.encoding:
    case vmcs::host_ssp.encoding:
    case vmcs::host_interrupt_ssp_table.encoding:
        return allows(capability_msr::vmx_true_exit, ExitControls::load_cet_state_mask);
    case vmcs::guest_pkrs.encoding: return allows(capability_msr::vmx_true_entry, EntryControls::load_pkrs_mask);
    case vmcs::host_pkrs.encoding: return allows(capability_msr::vmx_true_exit, ExitControls::load_pkrs_mask);
    default: return true;
    }
}

std::string name_of_field(uint32_t encoding) {
    const VmcsFieldInfo* info = find_vmcs_field(encoding);
    return info != nullptr ? std::string(info->name) : std::to_string(encoding);
}

} // namespace

VmxStatus vmxon(uint64_t physical) {
    need_root_or_bare("VMXON");
    const Cr0 cr0{state().cr0};
    if (!Cr4{state().cr4}.vmxe()) {
        fault("VMXON without CR4.VMXE");
    }
    if ((capability(capability_msr::feature_control) & 5) != 5 || !cr0.ne() || !cr0.pe() || !cr0.pg()) {
        fault("VMXON: IA32_FEATURE_CONTROL or CR0");
    }
    if (const auto status = machine->scripted()) {
        return *status;
    }
    if (state().vmx) {
        return fail(InstructionError::vmxon_in_root);
    }
    if ((physical & 4095) != 0 || revision_at(physical) != revision()) {
        return VmxStatus::failed_invalid;
    }
    state().vmx = true;
    machine->now().may_cache_old_ept = true;
    machine->now().vmxon_region = physical;
    machine->now().current_vmcs = fake::Processor::no_vmcs;
    return VmxStatus::succeeded;
}

VmxStatus vmxoff() {
    need_vmx("VMXOFF");
    state().vmx = false;
    machine->now().current_vmcs = fake::Processor::no_vmcs;
    return VmxStatus::succeeded;
}

VmxStatus vmclear(uint64_t physical) {
    need_vmx("VMCLEAR");
    if (const auto status = machine->scripted()) {
        return *status;
    }
    if ((physical & 4095) != 0) {
        return fail(InstructionError::vmclear_invalid_address);
    }
    if (physical == machine->now().vmxon_region) {
        return fail(InstructionError::vmclear_vmxon_pointer);
    }
    // What is in a cleared VMCS is the processor's business: nothing that was in it may be relied on.
    machine->vmcs_regions[physical] = {};
    if (machine->now().current_vmcs == physical) {
        machine->now().current_vmcs = fake::Processor::no_vmcs;
    }
    return VmxStatus::succeeded;
}

VmxStatus vmptrld(uint64_t physical) {
    need_vmx("VMPTRLD");
    if (const auto status = machine->scripted()) {
        return *status;
    }
    if ((physical & 4095) != 0) {
        return fail(InstructionError::vmptrld_invalid_address);
    }
    if (physical == machine->now().vmxon_region) {
        return fail(InstructionError::vmptrld_vmxon_pointer);
    }
    if (revision_at(physical) != revision()) {
        return fail(InstructionError::vmptrld_wrong_revision);
    }
    for (const fake::Processor& other : machine->processors) {
        if (&other != &machine->now() && other.current_vmcs == physical) {
            throw std::logic_error("VMPTRLD of a VMCS that is current on another processor");
        }
    }
    machine->now().current_vmcs = physical;
    return VmxStatus::succeeded;
}

VmxStatus vmwrite_raw(uint64_t encoding, uint64_t value) {
    need_vmx("VMWRITE");
    if (const auto status = machine->scripted()) {
        return *status;
    }
    if (machine->now().current_vmcs == fake::Processor::no_vmcs) {
        return VmxStatus::failed_invalid;
    }
    const auto number = static_cast<uint32_t>(encoding);
    if (!has_field(number)) {
        return fail(InstructionError::unsupported_component);
    }
    if (FieldEncoding{number}.group() == FieldGroup::read_only) {
        return fail(InstructionError::read_only_component);
    }
    machine->field(number) = value;
    return VmxStatus::succeeded;
}

VmxStatus vmread_raw(uint64_t encoding, uint64_t& value) {
    need_vmx("VMREAD");
    if (machine->now().current_vmcs == fake::Processor::no_vmcs) {
        return VmxStatus::failed_invalid;
    }
    value = machine->field(static_cast<uint32_t>(encoding));
    return VmxStatus::succeeded;
}

uint64_t vmread_or_throw(uint32_t encoding) {
    need_vmx("VMREAD");
    const auto& fields = machine->vmcs().fields;
    const auto found = fields.find(encoding);
    if (found != fields.end()) {
        return found->second;
    }
    if (FieldEncoding{encoding}.group() != FieldGroup::read_only) {
        throw std::logic_error("VMREAD of a field that nobody has written: " + name_of_field(encoding));
    }
    return 0;
}

void vmwrite_or_throw(uint32_t encoding, uint64_t value) {
    need_vmx("VMWRITE");
    if (!has_field(encoding) || FieldEncoding{encoding}.group() == FieldGroup::read_only) {
        throw std::logic_error("VMWRITE of a field that this processor doesn't have: " + name_of_field(encoding));
    }
    machine->field(encoding) = value;
    if (machine->after_vmwrite) {
        machine->after_vmwrite(encoding);
    }
}

VmxStatus invept(InveptType type, const InveptDescriptor& descriptor) {
    need_vmx("INVEPT");
    machine->now().may_cache_old_ept = false;
    machine->journal.push_back("INVEPT " + std::to_string(static_cast<uint64_t>(type)) + " " +
                               std::to_string(descriptor.eptp));
    return VmxStatus::succeeded;
}

VmxStatus invvpid(InvvpidType type, const InvvpidDescriptor& descriptor) {
    need_vmx("INVVPID");
    machine->journal.push_back("INVVPID " + std::to_string(static_cast<uint64_t>(type)) + " " +
                               std::to_string(descriptor.vpid));
    return VmxStatus::succeeded;
}

} // namespace nadir::cpu
