// SPDX-License-Identifier: MIT OR GPL-2.0-only
// One processor in VMX root operation with a VMM and a vcpu context of its own: for tests of what root mode does at a VM
// exit, without a start before.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "arch/vmx/fields.h"
#include "control/messages.h"
#include "core/exits/outcome.h"
#include "core/guest.h"
#include "core/recorder.h"
#include "core/vmm.h"
#include "tests/fakes/machine.h"
#include "tests/unit/check/example_processor.h"

namespace nadir::test {

namespace vmcs = arch::vmcs;
using control::Message;
using core::Outcome;

class RootTest : public ::testing::Test {
protected:
    RootTest() {
        machine.enter_root_mode();
        vmm.capabilities = example_processor();
        vmm.options.log_level = NADIR_LEVEL_DEBUG;
        vmm.signature = core::vmm_signature();
        vmm.key = 0xABCD'1234'5678'9999;
        vmm.controls.pin = arch::PinControls{0x16};
        vmm.controls.primary = arch::PrimaryControls{0x9400'6172};
        vmm.controls.entry = arch::EntryControls{0xD3FF};
        field(vmcs::pin_controls) = vmm.controls.pin.value;
        field(vmcs::primary_controls) = vmm.controls.primary.value;
        vmm.processor_count = 1;
        vmm.vcpus = &list;
        vcpu.place.vmm = &vmm;
        vcpu.place.log = log.data();
        vcpu.place.block = reinterpret_cast<uint64_t>(block.get());
        core::reset_exit_ring(vcpu);
        vcpu.place.vmcs_physical = 0x7000;
        vcpu.vmx_on = 1;
        vcpu.launched = 1;
        be_64_bit_kernel();
    }

    void be_64_bit_kernel() {
        field(vmcs::guest_cs_access_rights) = arch::AccessRights{0xA09B}.value;
        field(vmcs::guest_ss_access_rights) = arch::AccessRights{0xC093}.value;
        field(vmcs::guest_efer) = arch::Efer{0xD01}.value;
        field(vmcs::guest_cr0) = 0x8005'0033;
        field(vmcs::guest_cr4) = 0x0036'26E0;
        field(vmcs::cr4_read_shadow) = 0x0036'06E0;
        field(vmcs::guest_rflags) = 0x202;
        field(vmcs::guest_rip) = 0xFFFF'FFFF'8100'0000;
        field(vmcs::exit_instruction_length) = 3;
    }
    void set_64_bit(bool l, bool lma) {
        field(vmcs::guest_cs_access_rights) = arch::AccessRights{0x809B}.set_l(l).value;
        field(vmcs::guest_efer) = arch::Efer{0x901}.set_lma(lma).value;
    }
    void set_privilege_level(unsigned cpl) {
        field(vmcs::guest_ss_access_rights) = arch::AccessRights{0xC093}.set_dpl(static_cast<uint8_t>(cpl)).value;
    }

    template <typename Field>
    uint64_t& field(Field f) {
        return machine.field(f);
    }
    arch::InterruptionInformation injected() {
        return arch::InterruptionInformation{static_cast<uint32_t>(field(vmcs::entry_interruption_information))};
    }
    // The messages in the log, oldest first.
    std::vector<Message> messages() const {
        std::vector<Message> all;
        for (uint32_t i = 0; i < vcpu.log_next; ++i) {
            all.push_back(static_cast<Message>(log[i % core::log_records].message));
        }
        return all;
    }
    // The finished and the present VM exits in the flight recorder, oldest first.
    std::vector<nadir_exit_record> exits() const { return exits_of(vcpu); }
    static std::vector<nadir_exit_record> exits_of(const core::Vcpu& subject) {
        const nadir_exit_ring& ring = core::exit_ring(subject);
        std::vector<nadir_exit_record> all;
        for (uint64_t number = control::oldest_exit(ring.begun); number < ring.begun; ++number) {
            nadir_exit_record record;
            if (control::read_exit(ring, number, record)) {
                all.push_back(record);
            }
        }
        return all;
    }
    const nadir_log_record& last_record() const { return log[(vcpu.log_next - 1) % core::log_records]; }

    struct Free {
        void operator()(uint8_t* p) const { std::free(p); }
    };
    using Block = std::unique_ptr<uint8_t, Free>;
    static Block make_block() {
        Block made{static_cast<uint8_t*>(std::aligned_alloc(4096, core::block::bytes))};
        std::memset(made.get(), 0, core::block::bytes);
        return made;
    }

    Block block = make_block(); // the processor's own; the vcpu context of these tests lies elsewhere
    fake::Machine machine{1};
    core::Vmm vmm{};
    core::Vcpu vcpu{};
    core::Vcpu* list = &vcpu;
    std::array<nadir_log_record, core::log_records> log{};
};

} // namespace nadir::test
