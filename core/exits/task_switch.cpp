// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A task switch, which always exits. The processor has checked the task gate and the new TSS's descriptor already; the rest is
// done here in the processor's order: everything up to the commit point raises its exceptions in the old task and leaves it
// as it was, what follows raises them in the new one. [SDM3 "Task Switching"], [SDM3 "Treatment of Task Switches"]
#include "arch/vmx/exit_qualification.h"
#include "arch/vmx/fields.h"
#include "core/exits/handlers.h"
#include "core/memory/second_level.h"
#include "core/nested_fault.h"
#include "core/task/load_segments.h"
#include "core/task/task_state.h"
#include "cpu/registers.h"
#include "cpu/vmx.h"

namespace nadir::core::exits {

using namespace arch;
using cpu::vmread;
using cpu::vmwrite;

namespace {

struct Switch {
    TaskSwitchSource source;
    InterruptionInformation event; // what was being delivered through a task gate in the IDT; valid only then
    TaskSegment from, to;

    // The old task is to be returned to: it stays busy, and the new one knows it.
    bool nests() const { return source == TaskSwitchSource::call || source == TaskSwitchSource::task_gate; }
    bool returns() const { return source == TaskSwitchSource::iret; }
    // RIP is still that of the instruction that asked for it.
    bool by_instruction() const { return source != TaskSwitchSource::task_gate || is_software(event.type()); }
};

constexpr unsigned esp = 4;
constexpr uint32_t link_bytes = sizeof(uint16_t);
constexpr uint32_t type_byte = 5; // of a descriptor
constexpr uint8_t busy_bit = segment_type::tss_busy ^ segment_type::tss_available;

uint32_t descriptor_address(Selector selector) {
    return static_cast<uint32_t>(vmread(vmcs::guest_gdtr_base)) + selector.offset();
}

TaskSegment current_task() {
    return {vmread(vmcs::guest_tr_selector), static_cast<uint32_t>(vmread(vmcs::guest_tr_base)),
            vmread(vmcs::guest_tr_limit), vmread(vmcs::guest_tr_access_rights)};
}

MaybeFault read_task_segment(const GuestLinear& guest, Selector selector, TaskSegment& tss) {
    SegmentDescriptor descriptor;
    const MaybeFault fault = guest.read(descriptor_address(selector), &descriptor.value, sizeof descriptor.value);
    tss = {selector, descriptor.base(), descriptor.limit(), descriptor.access_rights()};
    return fault;
}

// Nothing may fault any more once the old task's state has begun to be overwritten.
MaybeFault check_reach(const GuestLinear& guest, const Switch& s) {
    constexpr GuestAccess read = GuestLinear::system_read;
    constexpr GuestAccess write = GuestLinear::system_write;
    if (s.from.limit < least_limit(s.from)) {
        return GuestFault{Vector::invalid_tss, SelectorErrorCode{s.from.selector.offset()}.value, 0};
    }
    MaybeFault fault = guest.reachable(s.to.base, bytes_read(s.to), read);
    if (!fault && s.nests()) {
        fault = guest.reachable(s.to.base, link_bytes, write);
    }
    if (!fault && !s.nests()) {
        fault = guest.reachable(descriptor_address(s.from.selector) + type_byte, 1, write);
    }
    if (!fault) {
        fault = guest.reachable(s.from.base + first_byte_saved(s.from), bytes_saved(s.from), write);
    }
    if (!fault && !s.returns()) {
        fault = guest.reachable(descriptor_address(s.to.selector) + type_byte, 1, write);
    }
    return fault;
}

TaskState state_of_guest(const Vcpu& vcpu, const Switch& s) {
    TaskState state{};
    const uint64_t behind = s.by_instruction() ? vmread(vmcs::exit_instruction_length) : 0;
    state.eip = static_cast<uint32_t>(vmread(vmcs::guest_rip) + behind);
    state.flags = vmread(vmcs::guest_rflags);
    if (s.returns()) {
        state.flags.set_nt(false);
    }
    for (unsigned i = 0; i < 8; ++i) {
        state.general[i] = static_cast<uint32_t>(vcpu.registers.value[i]);
    }
    state.general[esp] = static_cast<uint32_t>(vmread(vmcs::guest_rsp));
    state.es = vmread(vmcs::guest_es_selector);
    state.cs = vmread(vmcs::guest_cs_selector);
    state.ss = vmread(vmcs::guest_ss_selector);
    state.ds = vmread(vmcs::guest_ds_selector);
    state.fs = vmread(vmcs::guest_fs_selector);
    state.gs = vmread(vmcs::guest_gs_selector);
    return state;
}

// Saves the old task, marks both tasks, and reads the new one.
MaybeFault exchange_tasks(const GuestLinear& guest, const Vcpu& vcpu, const Switch& s, TaskState& next) {
    if (!s.nests()) {
        if (const MaybeFault fault = guest.clear_bits(descriptor_address(s.from.selector) + type_byte, busy_bit)) {
            return fault;
        }
    }
    if (const MaybeFault fault = save_task_state(guest, s.from, state_of_guest(vcpu, s))) {
        return fault;
    }
    if (s.nests()) {
        if (const MaybeFault fault = guest.write(s.to.base, &s.from.selector.value, link_bytes)) {
            return fault;
        }
    }
    if (const MaybeFault fault = load_task_state(guest, s.to, next)) {
        return fault;
    }
    return s.returns() ? std::nullopt : guest.set_bits(descriptor_address(s.to.selector) + type_byte, busy_bit);
}

void load_registers(Vcpu& vcpu, const Switch& s, const TaskState& next) {
    vmwrite(vmcs::guest_tr_selector, s.to.selector);
    vmwrite(vmcs::guest_tr_base, s.to.base);
    vmwrite(vmcs::guest_tr_limit, s.to.limit);
    AccessRights rights = s.to.rights;
    vmwrite(vmcs::guest_tr_access_rights, rights.set_type(rights.type() | busy_bit));
    vmwrite(vmcs::guest_cr0, vmread(vmcs::guest_cr0).set_ts(true));
    vmwrite(vmcs::cr0_read_shadow, vmread(vmcs::cr0_read_shadow).set_ts(true)); // read only where CR0 is watched
    vmwrite(vmcs::guest_dr7,
            vmread(vmcs::guest_dr7).set_l0(false).set_l1(false).set_l2(false).set_l3(false).set_le(false));
    vmwrite(vmcs::guest_rip, next.eip);
    Rflags flags{(next.flags.value & Rflags::fields_mask) | Rflags::reserved_ones};
    vmwrite(vmcs::guest_rflags, s.nests() ? flags.set_nt(true) : flags);
    for (unsigned i = 0; i < 8; ++i) {
        if (i != esp) {
            vcpu.registers.value[i] = next.general[i];
        }
    }
    vmwrite(vmcs::guest_rsp, next.general[esp]);
}

// CR3 belongs to the task where paging is on. An unchanged one is not loaded again.
MaybeFault load_cr3(const Vcpu& vcpu, const Switch& s, const TaskState& next) {
    const Cr3 cr3{next.cr3};
    if (s.to.is_16_bit() || !vmread(vmcs::guest_cr0).pg() || cr3 == vmread(vmcs::guest_cr3)) {
        return std::nullopt;
    }
    vmwrite(vmcs::guest_cr3, cr3);
    forget_guest_linear_translations(vcpu);
    if (!vmread(vmcs::guest_cr4).pae()) {
        return std::nullopt;
    }
    PaePdpte entries[4];
    const bool good = read_pdptes(vcpu, cr3, entries);
    vmwrite(vmcs::guest_pdpte0, good ? entries[0] : PaePdpte{});
    vmwrite(vmcs::guest_pdpte1, good ? entries[1] : PaePdpte{});
    vmwrite(vmcs::guest_pdpte2, good ? entries[2] : PaePdpte{});
    vmwrite(vmcs::guest_pdpte3, good ? entries[3] : PaePdpte{});
    return good ? std::nullopt : MaybeFault{GuestFault{Vector::invalid_tss, 0, 0}};
}

// The error code of an exception that came through a task gate goes onto the new task's stack.
MaybeFault push_error_code(const GuestLinear& guest, const Switch& s) {
    const uint32_t code = vmread(vmcs::idt_vectoring_error_code);
    const uint32_t bytes = s.to.is_16_bit() ? sizeof(uint16_t) : sizeof(uint32_t);
    const AccessRights rights = vmread(vmcs::guest_ss_access_rights);
    constexpr uint32_t small_stack = 0xFFFF;
    const uint32_t mask = rights.db() ? ~uint32_t{0} : small_stack;
    const uint32_t before = static_cast<uint32_t>(vmread(vmcs::guest_rsp));
    const uint32_t offset = (before - bytes) & mask;
    const uint32_t limit = vmread(vmcs::guest_ss_limit);
    const bool expand_down = (rights.type() & segment_type::expand_down) != 0;
    const uint32_t last = offset + bytes - 1;
    const bool outside = expand_down ? offset <= limit || last > mask || last < offset : last > limit || last < offset;
    if (outside || rights.unusable()) {
        return GuestFault{Vector::stack_fault, 0, 0};
    }
    const bool user = rights.dpl() == 3;
    const GuestAccess access{true, user, vmread(vmcs::guest_rflags).ac()};
    const uint32_t linear = static_cast<uint32_t>(vmread(vmcs::guest_ss_base)) + offset;
    const MaybeFault fault = guest.write(linear, &code, bytes, access);
    if (!fault) {
        vmwrite(vmcs::guest_rsp, (before & ~mask) | offset);
    }
    return fault;
}

MaybeFault complete_in_new_task(Vcpu& vcpu, const Switch& s, const TaskState& next) {
    load_registers(vcpu, s, next);
    const MaybeFault bad_cr3 = load_cr3(vcpu, s, next);
    const GuestLinear guest{vcpu}; // with the new task's page tables
    MaybeFault fault = load_task_segments(guest, next);
    if (bad_cr3) {
        return bad_cr3;
    }
    if (!fault && s.event.valid() && s.event.deliver_error_code()) {
        fault = push_error_code(guest, s);
    }
    if (!fault && next.eip > vmread(vmcs::guest_cs_limit)) {
        fault = GuestFault{Vector::general_protection, 0, 0};
    }
    return fault;
}

// The instruction or the event is over, whichever it was.
void end_what_caused_it(const Switch& s) {
    Interruptibility state = vmread(vmcs::guest_interruptibility).clear_instruction_shadow();
    if (s.returns()) {
        state.set_blocking_by_nmi(false);
    }
    vmwrite(vmcs::guest_interruptibility, state);
    vmwrite(vmcs::guest_pending_debug, PendingDebugExceptions{});
    vmwrite(vmcs::guest_activity_state, static_cast<uint32_t>(ActivityState::active));
}

void raise_debug_trap() {
    cpu::write_dr6(cpu::read_dr6().set_bt(true).value);
    vmwrite(vmcs::entry_interruption_information, InterruptionInformation::exception(Vector::debug));
}

Outcome raise(Vcpu& vcpu, const Switch& s, const GuestFault& fault) {
    return inject_nested(s.event, fault) ? Outcome::retry : triple_fault(vcpu);
}

} // namespace

Outcome task_switch(Vcpu& vcpu) {
    const TaskSwitchQualification qualification{vmread(vmcs::exit_qualification)};
    Switch s{};
    s.source = qualification.source();
    if (s.source == TaskSwitchSource::task_gate) {
        s.event = vmread(vmcs::idt_vectoring_information);
        if (s.event.type() == InterruptionType::nmi) {
            vmwrite(vmcs::guest_interruptibility, vmread(vmcs::guest_interruptibility).set_blocking_by_nmi(true));
        }
    }
    s.from = current_task();
    const GuestLinear guest{vcpu};
    TaskState next{};
    MaybeFault fault = read_task_segment(guest, Selector{qualification.selector()}, s.to);
    if (!fault) {
        fault = check_reach(guest, s);
    }
    if (!fault) {
        fault = exchange_tasks(guest, vcpu, s, next);
    }
    if (fault) {
        return raise(vcpu, s, *fault);
    }
    // Here the processor commits to the new task.
    end_what_caused_it(s);
    fault = complete_in_new_task(vcpu, s, next);
    if (fault) {
        return raise(vcpu, s, *fault);
    }
    if (next.debug_trap) {
        raise_debug_trap();
    }
    return Outcome::retry;
}

} // namespace nadir::core::exits
