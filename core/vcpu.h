// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The vcpu context: all that belongs to one logical processor, and the block of memory that it lies in.
#pragma once

#include <cstddef>
#include <cstdint>

#include "arch/segments.h"
#include "arch/tss.h"
#include "control/control.h"
#include "control/exit_ring_reader.h"
#include "core/memory/ept_own_tables.h"
#include "core/vmcs_snapshot.h"

namespace nadir::core {

struct Vmm;
struct Plan;
struct ViewUser;

// The guest's general registers by their encoding (rsp's place is unused: the guest's RSP is in the VMCS).
struct GuestRegisters {
    uint64_t value[16];

    uint64_t& rax() { return value[0]; }
    uint64_t& rcx() { return value[1]; }
    uint64_t& rdx() { return value[2]; }
    uint64_t& rbx() { return value[3]; }
    uint64_t& rsi() { return value[6]; }
    uint64_t& rdi() { return value[7]; }
    uint64_t& r8() { return value[8]; }
    uint64_t& r9() { return value[9]; }
    uint64_t& r10() { return value[10]; }
    uint64_t& r11() { return value[11]; }

    // EDX:EAX, as RDMSR, WRMSR, XGETBV and XSETBV use them.
    uint64_t edx_eax() { return (value[2] << 32) | (value[0] & 0xFFFF'FFFF); }
};

// Root mode's GDT uses the system's own selectors for code and TSS, so that an NMI at the last moment of leaving returns to
// a selector that is right under both tables. 16 entries reach selector 78H; Linux and Windows use 10H and 40H.
inline constexpr unsigned root_gdt_entries = 16;

// Events that root mode owes the guest. Written by root mode's NMI and #MC handlers, which may interrupt everything else.
struct OwedEvents {
    volatile uint32_t nmi;           // 0 to 2, as many as a processor can have in service and latched
    volatile uint32_t machine_check; // 0 or 1
};

// What the watchdog knows of this processor (core/watchdog.h); exits are counted from 1. Written by whoever looks, but for
// `waits`.
struct WatchMarks {
    uint64_t seen;    // the exit that was in work at the last look
    uint64_t overdue; // the exit that was still in work a period later
    uint32_t deaf;    // 1: it didn't take the NMI either
    uint32_t waits;   // 1: this processor waits for another one's work, and must not be blamed
};

// The events of this processor (core/events/watch.h).
struct EventWriter {
    uint64_t next;  // number of the next one
    uint32_t on;    // 1: it has a ring
    uint32_t ahead; // records that are behind the next one already: its registers
};

// A step in work (core/step.h), and how this processor makes one.
struct Step {
    uint8_t ends;           // enum StepEnd, as bits: what is put back behind it; 0: none is in work
    uint8_t monitor_trap;   // enum MonitorTrap
    uint8_t by_trap_flag;   // 1: this one is made by the trap flag
    uint8_t has_interrupts; // 1: by the monitor trap flag, and blocking by STI is ours
    // What the trap flag hides (core/trap_flag_step.h), as the guest has it.
    uint32_t interruptibility;
    uint64_t flags;
    uint64_t pending_debug;
    uint64_t debugctl;
    uint64_t trial_rip; // where the trial of the monitor trap flag began
};

// How system calls are watched (core/events/system_calls.h).
struct SystemCallWatch {
    bool hidden;  // IA32_EFER.SCE is 0 for the processor, and for the guest it is
    bool enabled; // this
};

// How external interrupts are watched (core/exits/external_interrupt.cpp).
struct InterruptWatch {
    enum class State : uint8_t { off, watching, acknowledging, waiting };

    State state;
    bool holds;   // an interrupt is acknowledged that the guest couldn't take
    uint8_t held; // its vector
};

// Which rules answered to the exit in work (core/rules/answer.h).
struct RuleAnswers {
    uint64_t rules; // a bit for each of Rules::of; 0: none did
    uint64_t asked[2];
};

// What stays the same from start to start.
struct VcpuPlace {
    Vmm* vmm;
    nadir_log_record* log; // this processor's ring
    uint64_t block;        // linear address of its block
    uint64_t vmxon_physical;
    uint64_t vmcs_physical;
    uint32_t processor;      // the host's number
    uint32_t planned_leaves; // CPUIDs that nadir_cpu_planned_exit_entry hands over, as NADIR_CPUID_GENERAL_LEAVES
};

struct Vcpu {
    GuestRegisters registers; // first: HOST_RSP points here, and the exit stub (cpu/exit.S) fills it

    VcpuPlace place;
    uint64_t exits[NADIR_EXIT_REASONS]; // by basic exit reason; the last one: all that are newer
    nadir_exit_record* next_record;     // of this processor's flight recorder

    uint32_t state;    // enum nadir_processor_state, as root mode knows it
    uint32_t launched; // 1 once a VM entry has succeeded
    uint32_t vmx_on;   // 1 while VMREAD and VMWRITE may be used
    uint32_t fresh;    // 1: reset for a new run, which has not begun

    uint64_t entry_failure[2]; // exit reason and qualification of a failed first entry
    uint64_t spoilt;           // what nadir_options.fail_field held before

    OwedEvents owed;

    // The second-level translation as this processor has it: up to which page that the tables gave back it has invalidated
    // (TablePool::epoch; others read it), and what it maps for itself alone.
    uint64_t tables_seen;
    EptOwnTables own_tables;
    ViewUser* view; // what it has in a view of memory (core/views/views.h); null: it is in none

    // Numbers that `nadir stats` shows.
    uint64_t nmi_in_root;
    uint64_t events_reinjected;
    WatchMarks watch;
    EventWriter events;
    Step step;
    SystemCallWatch system_calls;
    InterruptWatch interrupts;
    const Plan* plan; // the one that this processor has taken (core/plan/plan.h); null: none
    RuleAnswers answered;
    uint32_t log_next;   // sequence number of the next record
    uint32_t trap_depth; // faults being handled in root mode; more than one is a fault in the fault handler
    uint32_t saw_vmxe;   // 1: the log says that the guest has set CR4.VMXE

    // Root mode's own descriptors.
    alignas(16) uint64_t gdt[root_gdt_entries];
    arch::TaskStateSegment64 tss;
};

static_assert(offsetof(Vcpu, registers) == 0 && sizeof(GuestRegisters) == 128,
              "cpu/exit.S has a place for each of sixteen registers");

inline uint64_t exits_total(const Vcpu& vcpu) {
    uint64_t sum = 0;
    for (const uint64_t count : vcpu.exits) {
        sum += count;
    }
    return sum;
}

// The block of one processor, in pages. Two of its pages are used by the processor alone and by physical address: they
// are not mapped in root mode, and so guard the stacks above them for nothing.
namespace block {
inline constexpr uint64_t vmxon = 0;       // not mapped: guards the fault stack
inline constexpr uint64_t fault_stack = 1; // double fault and all other faults (IST 2); at its bottom the snapshot
inline constexpr uint64_t nmi_stack = 2;   // NMI and machine check (IST 1)
inline constexpr uint64_t vmcs = 3;        // not mapped: guards the stack
inline constexpr uint64_t stack = 4;       // the vcpu context at its top
inline constexpr uint64_t log = 5;
inline constexpr uint64_t exit_ring = 6;
inline constexpr uint64_t pages = 7;
inline constexpr uint64_t bytes = pages * 4096; // and behind them, where it may be needed, its EptOwnTables
} // namespace block

inline constexpr uint64_t vcpu_offset = (block::stack + 1) * 4096 - ((sizeof(Vcpu) + 63) & ~uint64_t{63});
inline constexpr uint32_t log_records = 4096 / sizeof(nadir_log_record);

inline nadir_exit_ring& exit_ring(const Vcpu& vcpu) {
    return *reinterpret_cast<nadir_exit_ring*>(vcpu.place.block + block::exit_ring * 4096);
}

// What stays of this processor's VMCS when it is stopped, or its first entry fails; source NADIR_VMCS_NONE until then. It lies
// at the bottom of the fault stack, whose page is larger than the deepest report: tests/structure counts.
inline VmcsSnapshot& vmcs_snapshot(const Vcpu& vcpu) {
    return *reinterpret_cast<VmcsSnapshot*>(vcpu.place.block + block::fault_stack * 4096);
}

// Of a ring, as many stay in the session after the run: of 512 processors they must fit into one allocation.
inline constexpr uint32_t exits_kept = 64;

// The state, for other processors, and for who finds the ring in an image of memory.
inline void set_state(Vcpu& vcpu, nadir_processor_state state) {
    exit_ring(vcpu).state = state;
    __atomic_store_n(&vcpu.state, static_cast<uint32_t>(state), __ATOMIC_RELEASE);
}

// It answers no more.
constexpr bool is_lost(uint32_t state) { return state == NADIR_PROCESSOR_DEAD || state == NADIR_PROCESSOR_STUCK; }

static_assert(sizeof(nadir_log_record) == 64);
static_assert(sizeof(Vcpu) <= 4096 - 2560, "what exits may need of the stack: tests/structure counts");
static_assert(sizeof(VmcsSnapshot) <= 4096 - 2048, "what reports may need of the fault stack");

} // namespace nadir::core
