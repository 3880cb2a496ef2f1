// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A fake machine that the core runs on in a hosted test: processors with registers, MSRs and VMX operation as the manual
// describes them, as far as the core uses them. One processor is current; all instructions of tests/fakes/cpu act on it.
// What a real processor would answer with a fault throws std::logic_error, which fails the test.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <ostream>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "arch/capabilities.h"
#include "arch/segments.h"
#include "arch/vmx/interruption.h"
#include "cpu/cpuid.h"
#include "cpu/entry_points.h"
#include "cpu/vmx.h"
#include "tests/fakes/memory.h"

namespace nadir::core {
struct Vcpu;
}

namespace nadir::fake {

// All that a start must leave as it was, and a stop must bring back.
struct State {
    uint64_t cr0 = 0, cr2 = 0, cr3 = 0, cr4 = 0, cr8 = 0, dr6 = 0, dr7 = 0, rflags = 2;
    std::array<uint64_t, 4> dr{};
    uint16_t es = 0, cs = 0, ss = 0, ds = 0, fs = 0, gs = 0, ldtr = 0, tr = 0;
    arch::DescriptorTableRegister gdtr, idtr;
    std::map<uint32_t, uint64_t> msr;
    uint64_t xcr0 = 1;
    bool vmx = false; // in VMX operation

    bool operator==(const State&) const = default;
};

// For GoogleTest's messages.
inline void PrintTo(const State& s, std::ostream* out) {
    *out << std::hex << "CR0 " << s.cr0 << " CR2 " << s.cr2 << " CR3 " << s.cr3 << " CR4 " << s.cr4 << " CR8 " << s.cr8
         << " DR6 " << s.dr6 << " DR7 " << s.dr7 << " RFLAGS " << s.rflags << " ES " << s.es << " CS " << s.cs << " SS "
         << s.ss << " DS " << s.ds << " FS " << s.fs << " GS " << s.gs << " LDTR " << s.ldtr << " TR " << s.tr
         << " GDTR " << s.gdtr.base << ":" << s.gdtr.limit << " IDTR " << s.idtr.base << ":" << s.idtr.limit << " XCR0 "
         << s.xcr0 << " VMX " << s.vmx << " MSRs";
    for (const auto& [index, value] : s.msr) {
        *out << " " << index << "=" << value;
    }
    *out << "\n" << std::dec;
}

struct Injection {
    arch::InterruptionInformation event;
    uint32_t error_code;
    uint32_t instruction_length;
};

struct Processor {
    State state;
    std::array<uint64_t, 16> general{};
    std::map<std::pair<uint32_t, uint32_t>, cpu::CpuidResult> cpuid;

    bool guest = false;            // in VMX non-root operation
    bool may_cache_old_ept = true; // no INVEPT in VMX operation so far
    uint64_t vmxon_region = 0;
    uint64_t current_vmcs = no_vmcs;
    std::vector<Injection> injected;
    unsigned nmis_raised = 0, nmis_unblocked = 0, caches_written_back = 0;
    std::vector<uint64_t> gdt; // what gdtr points to

    static constexpr uint64_t no_vmcs = ~uint64_t{0};
};

struct Vmcs {
    std::map<uint32_t, uint64_t> fields;
    bool launched = false;
};

// How root mode's code ends where the real one never returns.
struct Halted {};
struct TripleFault {};
struct Returned { // nadir_cpu_return
    uint64_t rip;
};

class Machine {
public:
    // All processors alike.
    explicit Machine(unsigned processors = 1);
    ~Machine();
    Machine(const Machine&) = delete;
    Machine& operator=(const Machine&) = delete;

    // Turns every processor into what these capabilities describe.
    void become(const arch::Capabilities& capabilities);

    Processor& now() { return processors[current]; }
    State& state() { return now().state; }
    void set_msr(uint32_t index, uint64_t value);
    void set_cpuid(uint32_t leaf, uint32_t subleaf, cpu::CpuidResult answer);

    // Another processor becomes the one that executes. Its mode decides which memory is visible.
    void switch_to(unsigned processor);

    // The current VMCS of the current processor.
    Vmcs& vmcs();
    uint64_t& field(uint32_t encoding) { return vmcs().fields[encoding]; }
    template <typename Field>
    uint64_t& field(Field f) {
        return vmcs().fields[f.encoding];
    }
    // VMX root operation with an empty VMCS, without the core's help: for tests of single functions.
    void enter_root_mode();

    // A VM exit of the current processor, which is a guest; root mode handles it, and the guest goes on (true), or the
    // processor has left VMX operation (false). Exit information goes into the VMCS before.
    bool exit(uint32_t reason, std::initializer_list<std::pair<uint32_t, uint64_t>> information = {});

    // VMLAUNCH as cpu/launch.S does it.
    cpu::LaunchResult launch(uint64_t rsp_field, uint64_t rip_field);
    [[noreturn]] void leave(const cpu::ReturnState& to, uint64_t* registers);

    // Counts a VMX instruction that may be told to fail; the answer if it is to.
    std::optional<cpu::VmxStatus> scripted();

    std::vector<Processor> processors;
    unsigned current = 0;
    std::map<uint64_t, Vmcs> vmcs_regions; // by physical address
    Memory memory;
    uint64_t time = 1'000'000;

    unsigned vmx_instructions = 0;   // VMXON, VMCLEAR, VMPTRLD, VMWRITE with flags, VMLAUNCH so far
    std::optional<unsigned> fail_at; // this one fails (0 is the first)
    cpu::VmxStatus fail_with = cpu::VmxStatus::failed_invalid;
    std::set<uint32_t> written; // the fields that the last VMLAUNCH found written
    uint32_t entry_failure = 0; // the next VM entry fails with this exit reason (bit 31 is added)
    void (*on_entry_failure)(core::Vcpu& vcpu) = nullptr; // between a failed entry and root mode's handling of it
    // When the last part of leaving begins: an NMI that comes in now is still root mode's.
    void (*on_return)(core::Vcpu& vcpu) = nullptr;
    // After each VMWRITE without flags: where an NMI of root mode may come in between.
    std::function<void(uint32_t encoding)> after_vmwrite;
    std::function<void(uint64_t linear)> on_invalidate_page; // INVLPG
    bool hides = true;                                       // false: as if EPT mapped everything to itself
    std::vector<std::string> journal;                        // INVEPT and INVVPID, in words
    std::string com1;
    std::map<uint16_t, uint32_t> ports;

private:
    void enter(bool launch);
    void load_host_state();
    void save_guest_state();
    void load_guest_state();
    void conceal();
    void reveal();
    bool run_root(uint64_t* registers);

    // Pages that the guest sees something else of, with their true content.
    std::vector<std::pair<uint8_t*, std::vector<uint8_t>>> concealed_;
};

// The machine of the running test.
extern Machine* machine;

[[noreturn]] inline void fault(const std::string& what) {
    throw std::logic_error("the processor would fault: " + what);
}

} // namespace nadir::fake
