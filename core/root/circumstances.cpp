// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/root/circumstances.h"

#include "arch/vmx/fields.h"
#include "core/root/fault_report.h"
#include "core/vmm.h"
#include "cpu/instructions.h"
#include "cpu/registers.h"
#include "cpu/vmx.h"

namespace nadir::core {

using cpu::vmread;
namespace vmcs = arch::vmcs;

namespace {

constexpr unsigned callers_shown = 8;
constexpr uint64_t exits_shown = 8;

struct Range {
    uint64_t begin, end;
    bool contains(uint64_t address) const { return address >= begin && address < end; }
};

// The mapped part of the stack that `rsp` belongs to. One that has run into the guard page below its stack belongs to that.
Range stack_of(const Vcpu& vcpu, uint64_t rsp) {
    const uint64_t block = vcpu.place.block;
    const Range stacks[] = {
        {block + block::stack * 4096, reinterpret_cast<uint64_t>(&vcpu)},
        {block + block::nmi_stack * 4096, block + (block::nmi_stack + 1) * 4096},
        {block + block::fault_stack * 4096, block + (block::fault_stack + 1) * 4096},
    };
    constexpr uint64_t page = 4096;
    for (const Range& stack : stacks) {
        if (Range{stack.begin - page, stack.end}.contains(rsp) || rsp == stack.end) {
            return {rsp < stack.begin ? stack.begin : (rsp + 7) & ~uint64_t{7}, stack.end};
        }
        // Only the guard pages are nobody else's.
        if (stack.contains(rsp)) {
            break;
        }
    }
    return {0, 0};
}

// All calls of the core are of this form (a test sees to it that none is indirect).
bool follows_a_call(const Vmm& vmm, uint64_t address) {
    constexpr uint64_t length = 5;
    constexpr uint8_t call_relative = 0xE8;
    const Range code{vmm.code_base + length, vmm.code_base + vmm.code_bytes};
    return code.contains(address) && *reinterpret_cast<const uint8_t*>(address - length) == call_relative;
}

} // namespace

void report_registers(Vcpu& vcpu, const cpu::TrapFrame& f) {
    report(vcpu, Message::root_registers_1, {f.rax, f.rbx, f.rcx, f.rdx, f.rsi, f.rdi});
    report(vcpu, Message::root_registers_2, {f.rbp, f.r8, f.r9, f.r10, f.r11, f.r12});
    report(vcpu, Message::root_registers_3, {f.r13, f.r14, f.r15, f.rflags, cpu::read_cr3().value});
}

void report_callers(Vcpu& vcpu, uint64_t rsp) {
    const Vmm& vmm = *vcpu.place.vmm;
    const Range stack = stack_of(vcpu, rsp);
    unsigned shown = 0;
    for (uint64_t at = stack.begin; at + sizeof(uint64_t) <= stack.end && shown < callers_shown;
         at += sizeof(uint64_t)) {
        const uint64_t word = *reinterpret_cast<const uint64_t*>(at);
        if (follows_a_call(vmm, word)) {
            report(vcpu, Message::root_caller, {word - vmm.image_base, at});
            ++shown;
        }
    }
}

void report_guest(Vcpu& vcpu) {
    report(vcpu, Message::guest_state,
           {vmread(vmcs::guest_rsp), vmread(vmcs::guest_rflags).value, vmread(vmcs::guest_cr0).value,
            vmread(vmcs::guest_cr3).value, vmread(vmcs::guest_cr4).value, vmread(vmcs::guest_efer).value});
    report(vcpu, Message::guest_instruction,
           {vmread(vmcs::guest_cs_selector).value, vmread(vmcs::guest_activity_state),
            vmread(vmcs::guest_interruptibility).value, vmread(vmcs::exit_instruction_length)});
}

void report_last_exits(Vcpu& reporter, const Vcpu& subject) {
    const nadir_exit_ring& ring = exit_ring(subject);
    const uint64_t begun = __atomic_load_n(&ring.begun, __ATOMIC_ACQUIRE);
    const uint64_t now = cpu::read_tsc();
    for (uint64_t number = begun > exits_shown ? begun - exits_shown : 0; number < begun; ++number) {
        nadir_exit_record exit;
        if (control::read_exit(ring, number, exit)) {
            report(reporter, Message::recorded_exit,
                   {number, exit.reason, exit.rip, exit.qualification, exit.detail, now - exit.time});
        }
    }
}

} // namespace nadir::core
