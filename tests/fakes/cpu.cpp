// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The fake processor's instructions: tests/fakes/cpu/*.h, and what is assembly in cpu/.
#include <string>

#include "arch/vmx/field_table.h"
#include "cpu/cpuid.h"
#include "cpu/entry_points.h"
#include "cpu/instructions.h"
#include "cpu/msr.h"
#include "cpu/registers.h"
#include "cpu/vmx.h"
#include "tests/fakes/machine.h"

namespace nadir::cpu {

using fake::fault;
using fake::machine;
using namespace arch;

namespace {

fake::State& state() { return machine->state(); }

void need_root_or_bare(const char* what) {
    if (machine->now().guest) {
        throw std::logic_error(std::string("the core executes this as a guest: ") + what);
    }
}

uint64_t capability(uint32_t msr) { return state().msr.contains(msr) ? state().msr[msr] : 0; }

} // namespace

CpuidResult cpuid(uint32_t leaf, uint32_t subleaf) {
    const auto& table = machine->now().cpuid;
    auto found = table.find({leaf, subleaf});
    if (found == table.end()) {
        found = table.find({leaf, 0}); // most leaves have no sub-leaves
    }
    CpuidResult r = found == table.end() ? CpuidResult{} : found->second;
    if (leaf == 1) {
        r.ecx = (state().cr4 & Cr4::osxsave_mask) != 0 ? r.ecx | 1u << 27 : r.ecx & ~(1u << 27);
    }
    if (leaf == 7 && subleaf == 0) {
        r.ecx = (state().cr4 & Cr4::pke_mask) != 0 ? r.ecx | 1u << 4 : r.ecx & ~(1u << 4);
    }
    return r;
}

uint64_t read_tsc() { return machine->time += 1000; }
void write_back_and_invalidate_caches() { ++machine->now().caches_written_back; }
void invalidate_page(uint64_t) {}
void halt() { throw fake::Halted{}; }
void disable_interrupts() { state().rflags &= ~uint64_t{Rflags::interrupt_enable_mask}; }
void pause() {}
void write_port(uint16_t, uint8_t value) { machine->com1 += static_cast<char>(value); }
uint8_t read_port(uint16_t) { return 0x20; }
void raise_nmi_vector() { ++machine->now().nmis_raised; }

uint64_t read_msr(Msr msr) {
    const auto index = static_cast<uint32_t>(msr);
    if (!state().msr.contains(index)) {
        fault("RDMSR of " + std::to_string(index));
    }
    return state().msr[index];
}

void write_msr(Msr msr, uint64_t value) {
    const auto index = static_cast<uint32_t>(msr);
    need_root_or_bare("WRMSR");
    if (!state().msr.contains(index)) {
        fault("WRMSR of " + std::to_string(index));
    }
    if (msr == Msr::ia32_feature_control && (state().msr[index] & 1) != 0) {
        fault("WRMSR of the locked IA32_FEATURE_CONTROL");
    }
    state().msr[index] = value;
}

// --- Control, debug, segment registers

Cr0 read_cr0() {
    if (!machine->now().guest) {
        return Cr0{state().cr0};
    }
    const uint64_t mask = machine->field(vmcs::cr0_mask);
    return Cr0{(state().cr0 & ~mask) | (machine->field(vmcs::cr0_read_shadow) & mask)};
}

Cr4 read_cr4() {
    if (!machine->now().guest) {
        return Cr4{state().cr4};
    }
    const uint64_t mask = machine->field(vmcs::cr4_mask);
    return Cr4{(state().cr4 & ~mask) | (machine->field(vmcs::cr4_read_shadow) & mask)};
}

uint64_t read_cr2() { return state().cr2; }
Cr3 read_cr3() { return Cr3{state().cr3}; }
void write_cr2(uint64_t v) { state().cr2 = v; }

void write_cr0(Cr0 v) {
    need_root_or_bare("MOV to CR0");
    if ((v.pg() && !v.pe()) || (v.nw() && !v.cd())) {
        fault("MOV to CR0: a combination that does not exist");
    }
    const uint64_t ones = capability(capability_msr::vmx_cr0_fixed0);
    if (state().vmx && (v.value & ones) != ones) {
        fault("MOV to CR0: a bit that VMX operation fixes");
    }
    state().cr0 = v.value;
}

void write_cr3(Cr3 v) {
    need_root_or_bare("MOV to CR3");
    if (!Cr4{state().cr4}.pcide() && (v.value & 0xFE7) != 0) {
        fault("MOV to CR3: a PCID without CR4.PCIDE"); // ignored by a processor, but then it is not what was meant
    }
    state().cr3 = v.value;
}

void write_cr4(Cr4 v) {
    need_root_or_bare("MOV to CR4");
    const Cr4 now{state().cr4};
    if (v.pcide() && !now.pcide() && (state().cr3 & 0xFFF) != 0) {
        fault("MOV to CR4: PCIDE with a PCID in CR3");
    }
    if (v.la57() != now.la57()) {
        fault("MOV to CR4: LA57 in long mode");
    }
    if ((v.value & ~capability(capability_msr::vmx_cr4_fixed1)) != 0) {
        fault("MOV to CR4: a bit that the processor doesn't have");
    }
    if (state().vmx && !v.vmxe()) {
        fault("MOV to CR4: VMXE cleared in VMX operation");
    }
    if (v.pge() != now.pge()) {
        machine->journal.emplace_back("PGE");
    }
    state().cr4 = v.value;
}

Dr7 read_dr7() { return Dr7{state().dr7}; }
void write_dr7(Dr7 v) { state().dr7 = v.value; }
void write_dr6(uint64_t v) { state().dr6 = v; }
void clear_breakpoint_addresses() { state().dr = {}; }
Rflags read_rflags() { return Rflags{state().rflags}; }

Selector read_cs() { return Selector{state().cs}; }
Selector read_ss() { return Selector{state().ss}; }
Selector read_ds() { return Selector{state().ds}; }
Selector read_es() { return Selector{state().es}; }
Selector read_fs() { return Selector{state().fs}; }
Selector read_gs() { return Selector{state().gs}; }
Selector read_tr() { return Selector{state().tr}; }
Selector read_ldtr() { return Selector{state().ldtr}; }
DescriptorTableRegister read_gdtr() { return state().gdtr; }
DescriptorTableRegister read_idtr() { return state().idtr; }

// --- VMX instructions

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
    case vmcs::guest_interrupt_ssp_table.encoding: return allows(capability_msr::vmx_true_entry, EntryControls::load_cet_state_mask);
    case vmcs::host_s_cet.encoding:
    case vmcs::host_ssp.encoding:
    case vmcs::host_interrupt_ssp_table.encoding: return allows(capability_msr::vmx_true_exit, ExitControls::load_cet_state_mask);
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
}

VmxStatus invept(InveptType type, const InveptDescriptor& descriptor) {
    need_vmx("INVEPT");
    machine->journal.push_back("INVEPT " + std::to_string(static_cast<uint64_t>(type)) + " " + std::to_string(descriptor.eptp));
    return VmxStatus::succeeded;
}

VmxStatus invvpid(InvvpidType type, const InvvpidDescriptor& descriptor) {
    need_vmx("INVVPID");
    machine->journal.push_back("INVVPID " + std::to_string(static_cast<uint64_t>(type)) + " " + std::to_string(descriptor.vpid));
    return VmxStatus::succeeded;
}

// --- What is assembly

extern "C" {

NADIR_CPU_ABI uint32_t nadir_cpu_checked_rdmsr(uint32_t msr, uint64_t* value) {
    if (!state().msr.contains(msr)) {
        return 1;
    }
    *value = state().msr[msr];
    return 0;
}

NADIR_CPU_ABI uint32_t nadir_cpu_checked_wrmsr(uint32_t msr, uint32_t low, uint32_t high) {
    if (!state().msr.contains(msr)) {
        return 1;
    }
    state().msr[msr] = uint64_t{high} << 32 | low;
    return 0;
}

NADIR_CPU_ABI uint32_t nadir_cpu_checked_xsetbv(uint32_t index, uint32_t low, uint32_t high) {
    const uint64_t value = uint64_t{high} << 32 | low;
    if (index != 0 || (value & 1) == 0 || (value & ~uint64_t{0x1F}) != 0) {
        return 1;
    }
    state().xcr0 = value;
    return 0;
}

NADIR_CPU_ABI void nadir_cpu_first_exit_entry() {}
NADIR_CPU_ABI void nadir_cpu_exit_entry() { fault("called"); }
NADIR_CPU_ABI void nadir_cpu_launch_refused() { fault("called, but it is a place to return to"); }
NADIR_CPU_ABI void nadir_cpu_leaving_nmi() { fault("called, but it is a handler"); }
NADIR_CPU_ABI LaunchResult nadir_cpu_launch(uint64_t guest_rsp_field, uint64_t guest_rip_field) {
    return machine->launch(guest_rsp_field, guest_rip_field);
}
NADIR_CPU_ABI void nadir_cpu_return(const ReturnState* to, uint64_t* registers) { machine->leave(*to, registers); }
NADIR_CPU_ABI void nadir_cpu_triple_fault() { throw fake::TripleFault{}; }
NADIR_CPU_ABI void nadir_cpu_unblock_nmi() { ++machine->now().nmis_unblocked; }

NADIR_CPU_ABI void nadir_cpu_hypercall(HypercallRegisters* r) {
    if (!machine->now().guest) {
        fault("VMCALL outside VMX non-root operation");
    }
    auto& g = machine->now().general;
    const auto saved = g;
    g[0] = r->rax;
    g[1] = r->rcx;
    g[2] = r->rdx;
    g[6] = r->rsi;
    g[7] = r->rdi;
    g[8] = r->r8;
    g[9] = r->r9;
    g[10] = r->r10;
    g[11] = r->r11;
    constexpr uint32_t vmcall = 18;
    machine->exit(vmcall);
    *r = {g[0], g[1], g[2], g[6], g[7], g[8], g[9], g[10], g[11]};
    g = saved;
}

extern const uint8_t nadir_cpu_trap_stubs[trap_stub_count * trap_stub_bytes] = {};

// Two instructions and where to go on behind each, at the distances that the table says; never executed.
extern const CheckedInstruction nadir_cpu_checked_table[3] = {{0x1000, 0x2000}, {0x1100, 0x2100}, {0, 0}};
}

} // namespace nadir::cpu
