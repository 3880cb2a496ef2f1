// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tests/fakes/machine.h"

#include <cstring>

#include "arch/control_registers.h"
#include "arch/vmx/field_table.h"
#include "core/vcpu.h"
#include "tests/fakes/ept_walk.h"
#include "tests/unit/check/example_processor.h"

extern "C" {
NADIR_CPU_ABI void nadir_first_exit(nadir::core::Vcpu* vcpu);
NADIR_CPU_ABI uint32_t nadir_handle_exit(nadir::core::Vcpu* vcpu);
[[noreturn]] NADIR_CPU_ABI void nadir_leave_from_root(nadir::core::Vcpu* vcpu);
}

namespace nadir::fake {

Machine* machine = nullptr;

using namespace arch;

namespace {

constexpr uint64_t page = 4096;
constexpr unsigned rsp_index = 4;

namespace number {
constexpr uint32_t fs_base = 0xC000'0100, gs_base = 0xC000'0101, efer = 0xC000'0080, pat = 0x277, debugctl = 0x1D9;
constexpr uint32_t sysenter_cs = 0x174, sysenter_esp = 0x175, sysenter_eip = 0x176;
} // namespace number

// A 64-bit system: selectors as Linux has them, MTRRs as firmware sets them up.
void make_running(Processor& p, unsigned index) {
    State& s = p.state;
    s.cr3 = 0x1234'5000 + index * 0x10'0000 + 5; // a PCID, for CR4.PCIDE is set
    s.dr7 = 0x400 | 0x1;
    s.dr = {0x1000, 0, 0, 0};
    s.dr6 = 0xFFFF'0FF0;
    s.rflags = 0x202;
    p.gdt.assign(16, 0);
    p.gdt[2] = SegmentDescriptor::code64().value;
    p.gdt[3] = SegmentDescriptor::data().value;
    const auto task = SystemSegmentDescriptor::make(0xFFFF'FE00'0000'3000 + index * 0x1000, 0x4087, segment_type::tss_busy);
    p.gdt[8] = task.low.value;
    p.gdt[9] = task.high;
    s.cs = 0x10;
    s.ss = 0x18;
    s.ds = 0x18;
    s.tr = 0x40;
    s.gdtr = {127, reinterpret_cast<uint64_t>(p.gdt.data())};
    s.idtr = {4095, 0xFFFF'FE00'0000'0000};
    s.msr = {{number::fs_base, 0},
             {number::gs_base, 0xFFFF'8880'0000'0000 + index * 0x4'0000},
             {0xC000'0102, 0x7FFF'0000'0000},
             {number::pat, 0x0407'0506'0007'0106},
             {number::debugctl, 0},
             {number::sysenter_cs, 0x10},
             {number::sysenter_esp, 0xFFFF'FE00'0000'2000},
             {number::sysenter_eip, 0xFFFF'FFFF'8100'1000}};
    s.msr[0x2FF] = 0xC06; // MTRRs and fixed ranges in use, write-back by default
    for (const uint32_t fixed : {0x250u, 0x258u, 0x268u, 0x269u, 0x26Au, 0x26Bu, 0x26Cu, 0x26Du, 0x26Eu, 0x26Fu}) {
        s.msr[fixed] = 0x0606'0606'0606'0606;
    }
    s.msr[0x259] = 0; // A0000H to BFFFFH: the video memory is uncacheable
    for (uint32_t i = 0; i < 8; ++i) {
        s.msr[0x200 + 2 * i] = 0;
        s.msr[0x201 + 2 * i] = 0;
    }
    s.msr[0x200] = 0x8000'0000; // 2 GiB to 4 GiB: uncacheable
    s.msr[0x201] = 0x7F'8000'0800;
    s.xcr0 = 7;
    for (unsigned i = 0; i < 16; ++i) {
        p.general[i] = uint64_t{0x0111'0000'0000'0000} * (i + 1) + index;
    }
}

void set_capabilities(Processor& p, const Capabilities& c) {
    const auto answer = [&](uint32_t leaf, uint32_t subleaf, const CpuidRegisters& r) {
        p.cpuid[{leaf, subleaf}] = {r.eax, r.ebx, r.ecx, r.edx};
    };
    p.cpuid.clear();
    answer(0, 0, c.leaf_0);
    answer(1, 0, c.leaf_1);
    answer(7, 0, c.leaf_7);
    answer(7, 1, c.leaf_7_1);
    answer(0xA, 0, c.leaf_a);
    answer(0xD, 0, c.leaf_d);
    answer(0xD, 1, c.leaf_d_1);
    answer(0x4000'0000, 0, c.leaf_40000000);
    answer(0x8000'0000, 0, c.leaf_80000000);
    answer(0x8000'0001, 0, c.leaf_80000001);
    answer(0x8000'0007, 0, c.leaf_80000007);
    answer(0x8000'0008, 0, c.leaf_80000008);
    p.state.cr0 = c.cr0;
    p.state.cr4 = c.cr4;
    for (uint32_t slot = 0; slot < capability_msr::slots; ++slot) {
        const uint32_t index = capability_msr::index_of(slot);
        if (c.msr_known(index)) {
            p.state.msr[index] = c.msr(index);
        } else {
            p.state.msr.erase(index);
        }
    }
    if (c.cet_ss() || c.cet_ibt()) {
        p.state.msr[0x6A2] = 0x0;
        p.state.msr[0x6A8] = 0xFFFF'FE00'0000'5000;
    }
    if (c.pks()) {
        p.state.msr[0x6E1] = 0xC;
    }
}

} // namespace

Machine::Machine(unsigned count) : processors(count) {
    machine = this;
    for (unsigned i = 0; i < count; ++i) {
        make_running(processors[i], i);
        set_capabilities(processors[i], test::example_processor());
    }
}

Machine::~Machine() {
    reveal();
    machine = nullptr;
}

void Machine::become(const Capabilities& capabilities) {
    for (Processor& p : processors) {
        set_capabilities(p, capabilities);
    }
}

void Machine::set_msr(uint32_t index, uint64_t value) {
    for (Processor& p : processors) {
        p.state.msr[index] = value;
    }
}

void Machine::set_cpuid(uint32_t leaf, uint32_t subleaf, cpu::CpuidResult answer) {
    for (Processor& p : processors) {
        p.cpuid[{leaf, subleaf}] = answer;
    }
}

void Machine::switch_to(unsigned processor) {
    if (processor == current) {
        return;
    }
    reveal();
    current = processor;
    if (now().guest) {
        conceal();
    }
}

Vmcs& Machine::vmcs() {
    if (now().current_vmcs == Processor::no_vmcs) {
        fault("a VMCS field without a current VMCS");
    }
    return vmcs_regions[now().current_vmcs];
}

void Machine::enter_root_mode() {
    Processor& p = now();
    p.state.vmx = true;
    p.guest = false;
    p.state.cr4 |= Cr4::vmxe_mask;
    p.current_vmcs = 0x7000;
    for (const VmcsFieldInfo& info : vmcs_fields) {
        field(info.encoding.value) = 0;
    }
}

std::optional<cpu::VmxStatus> Machine::scripted() {
    const unsigned index = vmx_instructions++;
    if (index != fail_at) {
        return std::nullopt;
    }
    if (fail_with == cpu::VmxStatus::failed_valid && now().current_vmcs != Processor::no_vmcs) {
        field(arch::vmcs::instruction_error) = 7;
        return cpu::VmxStatus::failed_valid;
    }
    return cpu::VmxStatus::failed_invalid;
}

cpu::LaunchResult Machine::launch(uint64_t rsp_field, uint64_t rip_field) {
    field(static_cast<uint32_t>(rsp_field)) = 0xFFFF'C900'0000'0F00;
    field(static_cast<uint32_t>(rip_field)) = 0xFFFF'FFFF'C000'1234;
    if (const auto status = scripted()) {
        return *status == cpu::VmxStatus::failed_valid ? cpu::LaunchResult::failed_valid : cpu::LaunchResult::failed_invalid;
    }
    if (vmcs().launched) {
        fault("VMLAUNCH of a launched VMCS");
    }
    if ((field(arch::vmcs::exit_controls) & ExitControls::host_address_space_size_mask) == 0) {
        field(arch::vmcs::instruction_error) = 7;
        return cpu::LaunchResult::failed_valid;
    }
    const bool guest_state_bad = (field(arch::vmcs::guest_rflags) & 2) == 0;
    if (guest_state_bad || entry_failure != 0) {
        field(arch::vmcs::exit_reason) = 0x8000'0000 | (entry_failure != 0 ? entry_failure : 33);
        field(arch::vmcs::exit_qualification) = 0;
        load_host_state();
        if (on_entry_failure != nullptr) {
            on_entry_failure(*reinterpret_cast<core::Vcpu*>(field(arch::vmcs::host_rsp) - sizeof(core::GuestRegisters)));
        }
        if (run_root(now().general.data())) {
            fault("root mode goes on with a guest that was never entered");
        }
        return cpu::LaunchResult::refused;
    }
    enter(true);
    return cpu::LaunchResult::entered;
}

bool Machine::exit(uint32_t reason, std::initializer_list<std::pair<uint32_t, uint64_t>> information) {
    if (!now().guest) {
        throw std::logic_error("a VM exit of a processor that is no guest");
    }
    reveal();
    now().guest = false;
    save_guest_state();
    field(arch::vmcs::exit_reason) = reason;
    field(arch::vmcs::exit_instruction_length) = 3;
    field(arch::vmcs::idt_vectoring_information) = 0;
    for (const auto& [encoding, value] : information) {
        field(encoding) = value;
    }
    load_host_state();
    return run_root(now().general.data());
}

// cpu/exit.S
bool Machine::run_root(uint64_t* registers) {
    auto* vcpu = reinterpret_cast<core::Vcpu*>(field(arch::vmcs::host_rsp) - sizeof(core::GuestRegisters));
    std::memcpy(vcpu->registers.value, registers, sizeof(core::GuestRegisters));
    const uint64_t rip = field(arch::vmcs::host_rip);
    memory.forbidden = true;
    try {
        if (rip == reinterpret_cast<uint64_t>(&cpu::nadir_cpu_first_exit_entry)) {
            nadir_first_exit(vcpu);
        } else if (rip != reinterpret_cast<uint64_t>(&cpu::nadir_cpu_exit_entry)) {
            fault("HOST_RIP points nowhere");
        }
        if (nadir_handle_exit(vcpu) == 0) {
            memory.forbidden = false;
            std::memcpy(registers, vcpu->registers.value, sizeof(core::GuestRegisters));
            enter(false);
            return true;
        }
        nadir_leave_from_root(vcpu);
    } catch (const Returned&) {
        memory.forbidden = false;
        return false;
    } catch (...) {
        memory.forbidden = false;
        throw;
    }
}

// cpu/return.S
void Machine::leave(const cpu::ReturnState& to, uint64_t* registers) {
    Processor& p = now();
    State& s = p.state;
    if (s.vmx) {
        fault("back to the system without VMXOFF");
    }
    auto* task = reinterpret_cast<uint64_t*>(s.gdtr.base) + to.tr / 8;
    const SegmentDescriptor descriptor{*task};
    if (descriptor.type() != segment_type::tss_available || !descriptor.p() || descriptor.s()) {
        fault("LTR of a descriptor that is no available TSS");
    }
    *task = SegmentDescriptor{*task}.set_type(segment_type::tss_busy).value;
    s.tr = to.tr;
    s.gdtr = to.gdtr;
    s.ldtr = to.ldtr;
    s.ds = to.ds;
    s.es = to.es;
    s.fs = to.fs;
    s.gs = to.gs;
    s.msr[number::fs_base] = to.fs_base;
    s.msr[number::gs_base] = to.gs_base;
    s.idtr = to.idtr;
    s.cs = static_cast<uint16_t>(to.cs);
    s.ss = static_cast<uint16_t>(to.ss);
    s.rflags = to.rflags;
    std::memcpy(p.general.data(), registers, sizeof(p.general));
    p.general[rsp_index] = to.rsp;
    throw Returned{to.rip};
}

void Machine::enter(bool is_launch) {
    Processor& p = now();
    if (vmcs().launched == is_launch) {
        fault("VMLAUNCH or VMRESUME with the wrong launch state");
    }
    vmcs().launched = true;
    load_guest_state();
    p.guest = true;
    const InterruptionInformation event{static_cast<uint32_t>(field(arch::vmcs::entry_interruption_information))};
    if (event.valid()) {
        p.injected.push_back({event, static_cast<uint32_t>(field(arch::vmcs::entry_exception_error_code)),
                              static_cast<uint32_t>(field(arch::vmcs::entry_instruction_length))});
    }
    conceal();
}

namespace {

// Bits of CR0 that neither VM entries nor VM exits load. [SDM3 "Loading Guest Control Registers, Debug Registers, and MSRs"]
constexpr uint64_t cr0_kept = Cr0::cd_mask | Cr0::nw_mask | Cr0::et_mask;

uint64_t with_kept_bits(uint64_t now, uint64_t loaded) { return (now & cr0_kept) | (loaded & ~cr0_kept); }

} // namespace

void Machine::save_guest_state() {
    namespace f = arch::vmcs;
    State& s = state();
    const ExitControls controls{static_cast<uint32_t>(field(f::exit_controls))};
    field(f::guest_cr0) = s.cr0;
    field(f::guest_cr3) = s.cr3;
    field(f::guest_cr4) = s.cr4;
    field(f::guest_rflags) = s.rflags;
    if (controls.save_debug_controls()) {
        field(f::guest_dr7) = s.dr7;
        field(f::guest_debugctl) = s.msr[number::debugctl];
    }
    if (controls.save_efer()) {
        field(f::guest_efer) = s.msr[number::efer];
    }
    if (controls.save_pat()) {
        field(f::guest_pat) = s.msr[number::pat];
    }
    field(f::guest_sysenter_cs) = s.msr[number::sysenter_cs];
    field(f::guest_sysenter_esp) = s.msr[number::sysenter_esp];
    field(f::guest_sysenter_eip) = s.msr[number::sysenter_eip];
    field(f::guest_gdtr_base) = s.gdtr.base;
    field(f::guest_gdtr_limit) = s.gdtr.limit;
    field(f::guest_idtr_base) = s.idtr.base;
    field(f::guest_idtr_limit) = s.idtr.limit;
    field(f::guest_fs_base) = s.msr[number::fs_base];
    field(f::guest_gs_base) = s.msr[number::gs_base];
    field(f::guest_es_selector) = s.es;
    field(f::guest_cs_selector) = s.cs;
    field(f::guest_ss_selector) = s.ss;
    field(f::guest_ds_selector) = s.ds;
    field(f::guest_fs_selector) = s.fs;
    field(f::guest_gs_selector) = s.gs;
    field(f::guest_ldtr_selector) = s.ldtr;
    field(f::guest_tr_selector) = s.tr;
    // The processor clears the valid bit when it exits.
    field(f::entry_interruption_information) &= ~uint64_t{InterruptionInformation::valid_mask};
}

void Machine::load_host_state() {
    namespace f = arch::vmcs;
    State& s = state();
    const ExitControls controls{static_cast<uint32_t>(field(f::exit_controls))};
    s.cr0 = with_kept_bits(s.cr0, field(f::host_cr0));
    s.cr3 = field(f::host_cr3);
    s.cr4 = field(f::host_cr4);
    s.dr7 = 0x400;
    s.msr[number::debugctl] = 0;
    if (controls.load_efer()) {
        s.msr[number::efer] = field(f::host_efer);
    }
    if (controls.load_pat()) {
        s.msr[number::pat] = field(f::host_pat);
    }
    s.msr[number::sysenter_cs] = field(f::host_sysenter_cs);
    s.msr[number::sysenter_esp] = field(f::host_sysenter_esp);
    s.msr[number::sysenter_eip] = field(f::host_sysenter_eip);
    s.msr[number::fs_base] = field(f::host_fs_base);
    s.msr[number::gs_base] = field(f::host_gs_base);
    s.gdtr = {0xFFFF, field(f::host_gdtr_base)};
    s.idtr = {0xFFFF, field(f::host_idtr_base)};
    s.es = static_cast<uint16_t>(field(f::host_es_selector));
    s.cs = static_cast<uint16_t>(field(f::host_cs_selector));
    s.ss = static_cast<uint16_t>(field(f::host_ss_selector));
    s.ds = static_cast<uint16_t>(field(f::host_ds_selector));
    s.fs = static_cast<uint16_t>(field(f::host_fs_selector));
    s.gs = static_cast<uint16_t>(field(f::host_gs_selector));
    s.tr = static_cast<uint16_t>(field(f::host_tr_selector));
    s.ldtr = 0;
    s.rflags = 2;
}

void Machine::load_guest_state() {
    namespace f = arch::vmcs;
    State& s = state();
    const EntryControls controls{static_cast<uint32_t>(field(f::entry_controls))};
    s.cr0 = with_kept_bits(s.cr0, field(f::guest_cr0));
    s.cr3 = field(f::guest_cr3);
    s.cr4 = field(f::guest_cr4);
    s.rflags = field(f::guest_rflags);
    if (controls.load_debug_controls()) {
        s.dr7 = field(f::guest_dr7);
        s.msr[number::debugctl] = field(f::guest_debugctl);
    }
    if (controls.load_efer()) {
        s.msr[number::efer] = field(f::guest_efer);
    }
    if (controls.load_pat()) {
        s.msr[number::pat] = field(f::guest_pat);
    }
    s.msr[number::sysenter_cs] = field(f::guest_sysenter_cs);
    s.msr[number::sysenter_esp] = field(f::guest_sysenter_esp);
    s.msr[number::sysenter_eip] = field(f::guest_sysenter_eip);
    s.msr[number::fs_base] = field(f::guest_fs_base);
    s.msr[number::gs_base] = field(f::guest_gs_base);
    s.gdtr = {static_cast<uint16_t>(field(f::guest_gdtr_limit)), field(f::guest_gdtr_base)};
    s.idtr = {static_cast<uint16_t>(field(f::guest_idtr_limit)), field(f::guest_idtr_base)};
    s.es = static_cast<uint16_t>(field(f::guest_es_selector));
    s.cs = static_cast<uint16_t>(field(f::guest_cs_selector));
    s.ss = static_cast<uint16_t>(field(f::guest_ss_selector));
    s.ds = static_cast<uint16_t>(field(f::guest_ds_selector));
    s.fs = static_cast<uint16_t>(field(f::guest_fs_selector));
    s.gs = static_cast<uint16_t>(field(f::guest_gs_selector));
    s.ldtr = static_cast<uint16_t>(field(f::guest_ldtr_selector));
    s.tr = static_cast<uint16_t>(field(f::guest_tr_selector));
}

// The guest sees of each page of the fake host's memory what EPT says.
void Machine::conceal() {
    if (!hides) {
        return;
    }
    const uint64_t root = field(arch::vmcs::eptp) & ~(page - 1);
    const unsigned bits = now().cpuid[{0x8000'0008, 0}].eax & 0xFF;
    const auto table_at = [&](uint64_t physical) { return reinterpret_cast<uint64_t*>(memory.linear_of(physical)); };
    std::vector<std::pair<uint8_t*, uint8_t*>> pages; // page, what is seen in its place
    for (const auto& [address, block] : memory.blocks()) {
        for (uint64_t at = 0; at < block.bytes; at += page) {
            const auto seen = walk_ept(root, block.physical + at, bits, table_at);
            if (!seen) {
                exit(48, {{arch::vmcs::guest_physical_address.encoding, block.physical + at}});
                return; // VM entry came here again
            }
            if (seen->physical != block.physical + at) {
                pages.emplace_back(address + at, memory.linear_of(seen->physical));
            }
        }
    }
    for (const auto& [own, seen] : pages) {
        concealed_.emplace_back(own, std::vector<uint8_t>(own, own + page));
    }
    for (const auto& [own, seen] : pages) {
        std::memset(own, 0, page); // the hidden page is empty, and is one of them itself
    }
}

void Machine::reveal() {
    bool touched = false;
    for (auto& [address, content] : concealed_) {
        for (uint64_t i = 0; i < page; ++i) {
            touched = touched || address[i] != 0;
        }
        std::memcpy(address, content.data(), page);
    }
    concealed_.clear();
    if (touched) {
        throw std::logic_error("the guest wrote to memory that is hidden from it");
    }
}

} // namespace nadir::fake
