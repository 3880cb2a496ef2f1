// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The fake processor's instructions but for VMX's: tests/fakes/cpu/*.h.
#include <string>

#include "cpu/cpuid.h"
#include "cpu/instructions.h"
#include "cpu/msr.h"
#include "cpu/registers.h"
#include "cpu/vmx.h"
#include "tests/fakes/cpu_helpers.h"

namespace nadir::cpu {

using namespace arch;

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
void invalidate_page(uint64_t linear) {
    if (machine->on_invalidate_page) {
        machine->on_invalidate_page(linear);
    }
}
void halt() { throw fake::Halted{}; }
void disable_interrupts() { state().rflags &= ~uint64_t{Rflags::interrupt_enable_mask}; }
void pause() {}
void write_port(uint16_t, uint8_t value) { machine->com1 += static_cast<char>(value); }
uint8_t read_port(uint16_t) { return 0x20; }
// A port of 16 or 32 bits reads as what was written there last.
void write_port_16(uint16_t port, uint16_t value) { machine->ports[port] = value; }
uint16_t read_port_16(uint16_t port) { return static_cast<uint16_t>(machine->ports[port]); }
void write_port_32(uint16_t port, uint32_t value) { machine->ports[port] = value; }
uint32_t read_port_32(uint16_t port) { return machine->ports[port]; }
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
uint64_t read_cr8() { return state().cr8; }
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
BreakpointAddresses read_breakpoint_addresses() { return {}; }
Dr6 read_dr6() { return Dr6{state().dr6}; }
void write_dr6(uint64_t v) { state().dr6 = v; }
uint64_t read_debug_register(unsigned number) { return number < 4 ? state().dr[number] : state().dr6; }
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

} // namespace nadir::cpu
