// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/events/register_events.h"

#include "arch/vmx/exit_qualification.h"
#include "arch/vmx/fields.h"
#include "arch/vmx/instruction_information.h"
#include "core/events/event.h"
#include "core/guest.h"
#include "core/step.h"
#include "cpu/registers.h"
#include "cpu/vmx.h"

namespace nadir::core {

using namespace arch;
using cpu::vmread;

namespace {

constexpr unsigned access_at = 8; // in the first word
constexpr uint64_t word(unsigned number, nadir_register_access access) {
    return number | static_cast<uint64_t>(access) << access_at;
}

// Outside 64-bit mode the upper half of a register isn't the guest's.
uint64_t operand(const Vcpu& vcpu, unsigned general_register) {
    const uint64_t value = guest_register(vcpu, general_register);
    return guest_in_64_bit_mode() ? value : value & 0xFFFF'FFFF;
}

void describe_control_register(const Vcpu& vcpu, nadir_event& event) {
    const CrAccessQualification access{vmread(vmcs::exit_qualification)};
    const unsigned number = access.control_register();
    switch (access.access_type()) {
    case CrAccessType::mov_to_cr:
        event.word[0] = word(number, NADIR_REGISTER_WRITTEN);
        event.word[1] = operand(vcpu, access.general_register());
        break;
    case CrAccessType::mov_from_cr:
        event.word[0] = word(number, NADIR_REGISTER_READ);
        event.word[1] = cpu::read_cr8(); // no other one exits
        break;
    case CrAccessType::clts: event.word[0] = word(0, NADIR_REGISTER_CLTS); break;
    case CrAccessType::lmsw:
        event.word[0] = word(0, NADIR_REGISTER_LMSW);
        event.word[1] = access.lmsw_source();
        break;
    }
    switch (number) {
    case 0: event.word[2] = guest_cr0_as_seen().value; break;
    case 4: event.word[2] = guest_cr4_as_seen().value; break;
    default: event.word[2] = cpu::read_cr8(); break;
    }
}

uint64_t debug_register(unsigned number) {
    // Without CR4.DE 4 and 5 are other names of 6 and 7; with it the instruction raises #UD.
    constexpr unsigned dr7 = 7;
    constexpr unsigned aliases = 4;
    const unsigned real = number == aliases || number == aliases + 1 ? number + 2 : number;
    return real == dr7 ? vmread(vmcs::guest_dr7).value : cpu::read_debug_register(real);
}

void describe_debug_register(const Vcpu& vcpu, nadir_event& event) {
    const DrAccessQualification access{vmread(vmcs::exit_qualification)};
    const unsigned number = access.debug_register();
    event.word[0] = word(number, access.from_dr() ? NADIR_REGISTER_READ : NADIR_REGISTER_WRITTEN);
    event.word[1] = access.from_dr() ? debug_register(number) : operand(vcpu, access.general_register());
}

uint64_t segment_base(SegmentRegister segment) {
    const bool flat = guest_in_64_bit_mode();
    switch (segment) {
    case SegmentRegister::es: return flat ? 0 : vmread(vmcs::guest_es_base);
    case SegmentRegister::cs: return flat ? 0 : vmread(vmcs::guest_cs_base);
    case SegmentRegister::ss: return flat ? 0 : vmread(vmcs::guest_ss_base);
    case SegmentRegister::ds: return flat ? 0 : vmread(vmcs::guest_ds_base);
    case SegmentRegister::fs: return vmread(vmcs::guest_fs_base);
    case SegmentRegister::gs: return vmread(vmcs::guest_gs_base);
    }
    return 0;
}

// Both kinds of information have these fields at the same places. The qualification is the displacement.
template <typename Information>
uint64_t operand_address(const Vcpu& vcpu, Information i) {
    uint64_t offset = vmread(vmcs::exit_qualification);
    offset += i.base_invalid() ? 0 : guest_register(vcpu, i.base_register());
    offset += i.index_invalid() ? 0 : guest_register(vcpu, i.index_register()) << i.scaling();
    constexpr uint64_t masks[] = {0xFFFF, 0xFFFF'FFFF, ~uint64_t{0}, ~uint64_t{0}};
    offset &= masks[static_cast<unsigned>(i.address_size()) & 3];
    const uint64_t linear = segment_base(i.segment()) + offset;
    return guest_in_64_bit_mode() ? linear : linear & 0xFFFF'FFFF;
}

void describe_descriptor_table(const Vcpu& vcpu, nadir_event& event) {
    const DescriptorTableInformation information{vmread(vmcs::exit_instruction_information)};
    event.word[0] = static_cast<uint64_t>(information.instruction());
    event.word[1] = operand_address(vcpu, information);
}

void describe_system_segment(const Vcpu& vcpu, nadir_event& event) {
    const SystemSegmentInformation information{vmread(vmcs::exit_instruction_information)};
    event.word[0] = NADIR_SLDT + static_cast<uint64_t>(information.instruction());
    event.word[2] = information.is_register() ? 1 : 0;
    if (!information.is_register()) {
        event.word[1] = operand_address(vcpu, information);
        return;
    }
    switch (information.instruction()) {
    case SystemSegmentInstruction::sldt: event.word[1] = vmread(vmcs::guest_ldtr_selector).value; break;
    case SystemSegmentInstruction::str: event.word[1] = vmread(vmcs::guest_tr_selector).value; break;
    default: event.word[1] = operand(vcpu, information.register1()) & 0xFFFF; break;
    }
}

static_assert(NADIR_SGDT == static_cast<int>(DescriptorTableInstruction::sgdt) &&
              NADIR_LIDT == static_cast<int>(DescriptorTableInstruction::lidt));
static_assert(NADIR_SLDT + static_cast<int>(SystemSegmentInstruction::ltr) == NADIR_LTR);

} // namespace

uint32_t accessed_control_register() {
    return CrAccessQualification{vmread(vmcs::exit_qualification)}.control_register();
}

nadir_event_kind register_event_kind(const Vcpu& vcpu, BasicExitReason reason) {
    constexpr uint32_t cr3 = 3;
    switch (reason) {
    case BasicExitReason::control_register_access:
        if (is_stepping(vcpu)) {
            return no_kind; // a bit that VMX fixes: core/exits/control_register.cpp
        }
        return accessed_control_register() == cr3 ? NADIR_EVENT_ADDRESS_SPACE : NADIR_EVENT_CONTROL_REGISTER;
    case BasicExitReason::mov_dr: return NADIR_EVENT_DEBUG_REGISTER;
    case BasicExitReason::gdtr_idtr_access:
    case BasicExitReason::ldtr_tr_access: return NADIR_EVENT_DESCRIPTOR_TABLE;
    case BasicExitReason::rdtsc:
    case BasicExitReason::rdtscp: return NADIR_EVENT_RDTSC;
    case BasicExitReason::rdpmc: return NADIR_EVENT_RDPMC;
    default: return no_kind;
    }
}

void begin_register_event(const Vcpu& vcpu, BasicExitReason reason, nadir_event& event) {
    switch (reason) {
    case BasicExitReason::control_register_access:
        if (event.kind == NADIR_EVENT_ADDRESS_SPACE) {
            event.word[0] = operand(vcpu, CrAccessQualification{vmread(vmcs::exit_qualification)}.general_register());
            event.word[1] = event.cr3;
        } else {
            describe_control_register(vcpu, event);
        }
        break;
    case BasicExitReason::mov_dr: describe_debug_register(vcpu, event); break;
    case BasicExitReason::gdtr_idtr_access: describe_descriptor_table(vcpu, event); break;
    case BasicExitReason::ldtr_tr_access: describe_system_segment(vcpu, event); break;
    case BasicExitReason::rdtscp: event.word[0] = 1; break;
    case BasicExitReason::rdpmc: event.word[0] = static_cast<uint32_t>(vcpu.registers.value[1]); break;
    default: break;
    }
}

void finish_register_event(Vcpu& vcpu, nadir_event& event, Outcome outcome) {
    GuestRegisters& r = vcpu.registers;
    if (outcome != Outcome::advance || (event.kind != NADIR_EVENT_RDTSC && event.kind != NADIR_EVENT_RDPMC)) {
        return;
    }
    event.word[1] = r.edx_eax();
    if (event.kind == NADIR_EVENT_RDTSC && event.word[0] != 0) {
        event.word[2] = r.rcx();
    }
}

} // namespace nadir::core
