// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tests/fakes/machine.h"

#include <cstring>

#include "arch/control_registers.h"
#include "arch/vmx/field_table.h"
#include "core/vcpu.h"
#include "tests/fakes/ept_walk.h"
#include "tests/fakes/exit_stub.h"
#include "tests/fakes/processor_setup.h"
#include "tests/unit/check/example_processor.h"

extern "C" {
NADIR_CPU_ABI void nadir_first_exit(nadir::core::Vcpu* vcpu);
[[noreturn]] NADIR_CPU_ABI void nadir_leave_from_root(nadir::core::Vcpu* vcpu);
}

namespace nadir::fake {

Machine* machine = nullptr;

using namespace arch;

namespace {

constexpr uint64_t page = 4096;
constexpr unsigned rsp_index = 4;

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
        return *status == cpu::VmxStatus::failed_valid ? cpu::LaunchResult::failed_valid
                                                       : cpu::LaunchResult::failed_invalid;
    }
    if (now().may_cache_old_ept) {
        fault("VMLAUNCH while tables of an earlier run may be in the processor's caches");
    }
    if (vmcs().launched) {
        fault("VMLAUNCH of a launched VMCS");
    }
    written.clear();
    for (const auto& [encoding, value] : vmcs().fields) {
        written.insert(encoding);
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
            on_entry_failure(*reinterpret_cast<core::Vcpu*>(field(arch::vmcs::host_rsp)));
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
    auto* vcpu = reinterpret_cast<core::Vcpu*>(field(arch::vmcs::host_rsp));
    std::memcpy(vcpu->registers.value, registers, sizeof(core::GuestRegisters));
    const uint64_t rip = field(arch::vmcs::host_rip);
    memory.forbidden = true;
    try {
        if (rip == reinterpret_cast<uint64_t>(&cpu::nadir_cpu_first_exit_entry)) {
            nadir_first_exit(vcpu);
        }
        const bool watched = rip == reinterpret_cast<uint64_t>(&cpu::nadir_cpu_planned_exit_entry) ||
                             rip == reinterpret_cast<uint64_t>(&cpu::nadir_cpu_watched_exit_entry);
        if (!watched && rip != reinterpret_cast<uint64_t>(&cpu::nadir_cpu_first_exit_entry) &&
            rip != reinterpret_cast<uint64_t>(&cpu::nadir_cpu_exit_entry) &&
            rip != reinterpret_cast<uint64_t>(&cpu::nadir_cpu_general_exit_entry)) {
            fault("HOST_RIP points nowhere");
        }
        if ((watched ? watched_exit_stub(*vcpu) : exit_stub(*vcpu)) == 0) {
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
    if (on_return != nullptr) {
        on_return(*reinterpret_cast<core::Vcpu*>(registers));
    }
    registers[1] = *to.owed_nmi;
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
    s.rflags = to.rflags | 2; // IRETQ: bit 1 is 1 whatever is loaded
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
