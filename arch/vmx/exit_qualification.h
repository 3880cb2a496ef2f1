// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// What the exit-qualification field says, one type per exit reason.
// [SDM3 "Exit Qualification" in "Basic VM-Exit Information"]
// Where it is one plain number there is no type: an address (INVLPG, #PF), a displacement (VMX instructions and
// descriptor-table instructions), a vector (start-up IPI, virtualised EOI), an offset (APIC write), an entry's number
// (failed MSR loading). Those of memory accesses are in arch/vmx/exit_qualification_memory.h, included here.
#pragma once

#include "arch/register.h"
#include "arch/vmx/exit_qualification_memory.h"

namespace nadir::arch {

// Exception #DB.
struct DebugQualification : Register<DebugQualification, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_BIT(b0, 0, "breakpoint 0 was met")
    NADIR_BIT(b1, 1, "breakpoint 1 was met")
    NADIR_BIT(b2, 2, "breakpoint 2 was met")
    NADIR_BIT(b3, 3, "breakpoint 3 was met")
    NADIR_BIT(bus_lock, 11, "a bus lock was held")
    NADIR_BIT(bd, 13, "debug register access (DR7.GD)")
    NADIR_BIT(bs, 14, "single step")
    NADIR_BIT(rtm, 16, "it came in an RTM region with advanced debugging")
};

enum class TaskSwitchSource : std::uint8_t { call = 0, iret = 1, jmp = 2, task_gate = 3 };

constexpr std::string_view name_of(TaskSwitchSource source) {
    switch (source) {
    case TaskSwitchSource::call: return "CALL";
    case TaskSwitchSource::iret: return "IRET";
    case TaskSwitchSource::jmp: return "JMP";
    case TaskSwitchSource::task_gate: return "task gate in the IDT";
    }
    return {};
}

struct TaskSwitchQualification : Register<TaskSwitchQualification, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint16_t, selector, 15, 0, "selector of the new task's TSS")
    NADIR_FIELD(TaskSwitchSource, source, 31, 30, "what switched")
};

enum class CrAccessType : std::uint8_t { mov_to_cr = 0, mov_from_cr = 1, clts = 2, lmsw = 3 };

constexpr std::string_view name_of(CrAccessType type) {
    switch (type) {
    case CrAccessType::mov_to_cr: return "MOV to CR";
    case CrAccessType::mov_from_cr: return "MOV from CR";
    case CrAccessType::clts: return "CLTS";
    case CrAccessType::lmsw: return "LMSW";
    }
    return {};
}

// General registers are numbered as instructions encode them: 0 RAX, 1 RCX, 2 RDX, 3 RBX, 4 RSP, 5 RBP, 6 RSI, 7 RDI.
struct CrAccessQualification : Register<CrAccessQualification, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint8_t, control_register, 3, 0, "number of the control register (0 for CLTS and LMSW)")
    NADIR_FIELD(CrAccessType, access_type, 5, 4, "kind of access")
    NADIR_BIT(lmsw_memory, 6, "LMSW's operand is in memory")
    NADIR_FIELD(std::uint8_t, general_register, 11, 8, "number of the general register (MOV CR)")
    NADIR_FIELD(std::uint16_t, lmsw_source, 31, 16, "LMSW's operand")
};

struct DrAccessQualification : Register<DrAccessQualification, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint8_t, debug_register, 2, 0, "number of the debug register")
    NADIR_BIT(from_dr, 4, "0: MOV to DR; 1: MOV from DR")
    NADIR_FIELD(std::uint8_t, general_register, 11, 8, "number of the general register")
};

struct IoQualification : Register<IoQualification, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint8_t, size_minus_one, 2, 0, "bytes minus 1: 0, 1 or 3")
    NADIR_BIT(in, 3, "0: OUT; 1: IN")
    NADIR_BIT(string, 4, "INS or OUTS")
    NADIR_BIT(rep, 5, "REP prefix")
    NADIR_BIT(immediate, 6, "0: port in DX; 1: immediate port")
    NADIR_FIELD(std::uint16_t, port, 31, 16, "port")

    [[nodiscard]] constexpr unsigned size() const { return size_minus_one() + 1u; }
};

struct MwaitQualification : Register<MwaitQualification, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_BIT(armed, 0, "address monitoring was armed")
};

// Start-up IPI: CS selector = vector << 8, base = vector << 12.
struct StartupQualification : Register<StartupQualification, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint8_t, vector, 7, 0, "page at which the processor starts")
};

struct InstructionTimeoutQualification : Register<InstructionTimeoutQualification, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_BIT(context_invalid, 0, "the guest's state in the VMCS is not valid: it cannot be resumed")
    NADIR_BIT(nmi_unblocking, 12, "IRET had removed NMI blocking")
};

// VM-entry failure: invalid guest state.
enum class EntryFailureQualification : std::uint64_t {
    none = 0,          // anything else
    pdpte = 2,         // loading the PDPTEs
    nmi_injection = 3, // an NMI was to be injected while blocked by MOV SS or POP SS, STI
    link_pointer = 4,  // the VMCS link pointer
};

constexpr std::string_view name_of(EntryFailureQualification qualification) {
    switch (qualification) {
    case EntryFailureQualification::none: return "no further information";
    case EntryFailureQualification::pdpte: return "the page-directory-pointer-table entries";
    case EntryFailureQualification::nmi_injection: return "an NMI to be injected while events are blocked";
    case EntryFailureQualification::link_pointer: return "the VMCS link pointer";
    }
    return {};
}

} // namespace nadir::arch
