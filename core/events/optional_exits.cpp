// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/events/optional_exits.h"

#include "arch/control_registers.h"
#include "arch/exceptions.h"
#include "arch/vmx/controls.h"
#include "arch/vmx/fields.h"
#include "arch/vmx/io_bitmap.h"
#include "core/events/interrupts.h"
#include "core/events/system_calls.h"
#include "core/extensions/dispatch.h"
#include "core/guest.h"
#include "core/plan/plan.h"
#include "core/rules/pins.h"
#include "core/vmcs_setup.h"
#include "core/views/breakpoint.h"
#include "core/vmm.h"
#include "cpu/vmx.h"

namespace nadir::core {

using namespace arch;
using cpu::vmwrite;

namespace {

constexpr uint32_t optional_primary = PrimaryControls::cr3_load_exiting_mask | PrimaryControls::cr8_load_exiting_mask |
                                      PrimaryControls::cr8_store_exiting_mask | PrimaryControls::mov_dr_exiting_mask |
                                      PrimaryControls::rdtsc_exiting_mask | PrimaryControls::rdpmc_exiting_mask |
                                      PrimaryControls::use_io_bitmaps_mask;

uint32_t address_space_exits(uint32_t kinds) {
    return has_kind(kinds, NADIR_EVENT_ADDRESS_SPACE) ? PrimaryControls::cr3_load_exiting_mask : 0;
}
constexpr uint32_t cr8_exits_mask = PrimaryControls::cr8_load_exiting_mask | PrimaryControls::cr8_store_exiting_mask;
uint32_t cr8_exits(const EventWatch& watch) { return watches_control_register(watch, 8) ? cr8_exits_mask : 0; }
uint32_t debug_register_exits(uint32_t kinds) {
    return has_kind(kinds, NADIR_EVENT_DEBUG_REGISTER) ? PrimaryControls::mov_dr_exiting_mask : 0;
}
uint32_t time_exits(uint32_t kinds) {
    return (has_kind(kinds, NADIR_EVENT_RDTSC) ? PrimaryControls::rdtsc_exiting_mask : 0) |
           (has_kind(kinds, NADIR_EVENT_RDPMC) ? PrimaryControls::rdpmc_exiting_mask : 0);
}

uint32_t io_exits(uint32_t kinds) { return has_kind(kinds, NADIR_EVENT_IO) ? PrimaryControls::use_io_bitmaps_mask : 0; }

void write_primary(const Vcpu& vcpu, uint32_t exits) {
    change_primary_controls(
        vcpu, [exits](PrimaryControls& controls) { controls.value = (controls.value & ~optional_primary) | exits; });
}

void write_secondary(const Vcpu& vcpu, bool descriptor_tables) {
    SecondaryControls controls = vcpu.place.vmm->controls.secondary;
    vmwrite(vmcs::secondary_controls, controls.set_descriptor_table_exiting(descriptor_tables));
}

// A MOV to CR0 or CR4 exits when it would change what the guest sees of a bit that is root mode's: of watched ones all are, in
// the way in which those are that a rule pins.
Pins root_mode_bits(const Plan& plan, bool watched) {
    const auto all = [&](uint32_t number) {
        return watched && watches_control_register(plan.watch, number) ? ~uint64_t{0} : 0;
    };
    const Pins pinned = pins_of(plan.rules);
    return {pinned.cr0 | all(0), pinned.cr4 | all(4)};
}

// SYSCALL and SYSRET raise #UD while they are hidden.
uint32_t exceptions_of(const EventWatch& watch) {
    const bool invalid_opcode = hides_system_calls(watch);
    return watch.exceptions | uint32_t{invalid_opcode} << static_cast<unsigned>(Vector::invalid_opcode);
}

} // namespace

bool hides_system_calls(const EventWatch& watch) {
    if constexpr (has_extensions) {
        if (extensions_want_system_calls()) {
            return true;
        }
    }
    return has_kind(watch.kinds, NADIR_EVENT_SYSTEM_CALL);
}

bool offers_optional_exits(const Vmm& vmm, uint32_t kinds) {
    const bool registers = has_kind(kinds, NADIR_EVENT_CONTROL_REGISTER);
    const bool interrupts = has_kind(kinds, NADIR_EVENT_INTERRUPT);
    const uint32_t primary = address_space_exits(kinds) | (registers ? cr8_exits_mask : 0) |
                             debug_register_exits(kinds) | time_exits(kinds) | io_exits(kinds) |
                             (interrupts ? PrimaryControls::interrupt_window_exiting_mask : 0);
    const uint32_t secondary =
        has_kind(kinds, NADIR_EVENT_DESCRIPTOR_TABLE) ? SecondaryControls::descriptor_table_exiting_mask : 0;
    const Capabilities& offered = vmm.capabilities;
    return offered.primary().allows(primary) && offered.secondary().allows(secondary) &&
           offered.pin().allows(interrupts ? PinControls::external_interrupt_exiting_mask : 0) &&
           offered.exit().allows(interrupts ? ExitControls::acknowledge_interrupt_mask : 0);
}

void apply_optional_exits(Vcpu& vcpu, const Plan& plan) {
    const Vmm& vmm = *vcpu.place.vmm;
    const EventWatch& watch = plan.watch;
    const uint32_t kinds = watch.kinds;
    vmwrite(vmcs::msr_bitmap, msr_bitmap_physical_of(vmm, plan));
    vmwrite(vmcs::io_bitmap_a, io_bitmaps_physical_of(vmm, plan) + IoBitmaps::offset_a);
    vmwrite(vmcs::io_bitmap_b, io_bitmaps_physical_of(vmm, plan) + IoBitmaps::offset_b);
    write_primary(vcpu, address_space_exits(kinds) | cr8_exits(watch) | debug_register_exits(kinds) |
                            time_exits(kinds) | io_exits(kinds));
    write_secondary(vcpu, has_kind(kinds, NADIR_EVENT_DESCRIPTOR_TABLE));
    follow_pins(vcpu, root_mode_bits(plan, true));
    vmwrite(vmcs::exception_bitmap, exceptions_of(watch) | view_exceptions(vcpu));
    hide_system_calls(vcpu, hides_system_calls(watch));
    watch_interrupts(vcpu, has_kind(kinds, NADIR_EVENT_INTERRUPT));
}

uint32_t optional_exceptions(const Vcpu& vcpu) {
    return (vcpu.plan != nullptr ? exceptions_of(vcpu.plan->watch) : 0) | view_exceptions(vcpu);
}

void let_instructions_through(Vcpu& vcpu) {
    write_primary(vcpu, 0);
    write_secondary(vcpu, false);
    follow_pins(vcpu, root_mode_bits(*vcpu.plan, false));
    let_interrupts_through(vcpu);
}

void remove_optional_exits(Vcpu& vcpu) {
    write_primary(vcpu, 0);
    write_secondary(vcpu, false);
    follow_pins(vcpu, {0, 0});
    vmwrite(vmcs::exception_bitmap, view_exceptions(vcpu));
    hide_system_calls(vcpu, false);
    watch_interrupts(vcpu, false);
    vmwrite(vmcs::msr_bitmap, vcpu.place.vmm->msr_bitmap_physical);
}

} // namespace nadir::core
