// SPDX-License-Identifier: MIT OR GPL-2.0-only
// NMIs and machine checks that are owed, INIT and start-up IPI, EPT violations, triple fault.
#include <atomic>
#include <thread>

#include "arch/msr/apic_base.h"
#include "core/exits/handlers.h"
#include "core/memory/second_level.h"
#include "core/owed_events.h"
#include "tests/fakes/ept_walk.h"
#include "tests/unit/core/root_fixture.h"

namespace nadir::test {
namespace {

class Nmi : public RootTest {
protected:
    bool armed() {
        const bool pin = (field(vmcs::pin_controls) & (1u << 3 | 1u << 5)) == (1u << 3 | 1u << 5);
        const bool window = (field(vmcs::primary_controls) & 1u << 22) != 0;
        EXPECT_EQ(pin, window) << "NMI-window exiting needs virtual NMIs and NMI exiting, and goes with them";
        return window;
    }
    static constexpr uint32_t nmi_event = 0x8000'0202;
    static constexpr uint32_t blocked = 8;
};

TEST_F(Nmi, AsManyAreOwedAsAProcessorHolds) {
    for (const uint32_t expected : {1u, 2u, 2u, 2u}) {
        core::owe_nmi(vcpu);
        EXPECT_EQ(vcpu.owed.nmi, expected);
        EXPECT_TRUE(armed());
    }
    vcpu.owed.nmi = 0;
    field(vmcs::guest_interruptibility) = blocked;
    for (unsigned i = 0; i < 3; ++i) {
        core::owe_nmi(vcpu);
        EXPECT_EQ(vcpu.owed.nmi, 1u) << "while NMIs are blocked one is latched";
    }
}

TEST_F(Nmi, OneThatExitsIsOwed) {
    field(vmcs::exit_interruption_information) = nmi_event;
    EXPECT_EQ(core::exits::nmi(vcpu), Outcome::retry);
    EXPECT_EQ(vcpu.owed.nmi, 1u);
    EXPECT_TRUE(armed());
    EXPECT_EQ(machine.now().nmis_unblocked, 1u);
    EXPECT_FALSE(injected().valid()) << "only when the window opens";
}

TEST_F(Nmi, ExceptionsAreNotAskedFor) {
    for (const uint32_t event : {0x8000'030Eu, 0x8000'0B0Eu, 0x0000'0202u, 0x8000'0603u}) {
        field(vmcs::exit_interruption_information) = event;
        EXPECT_EQ(core::exits::nmi(vcpu), Outcome::unexpected);
    }
    EXPECT_EQ(vcpu.owed.nmi, 0u);
}

TEST_F(Nmi, EachWindowGivesOne) {
    core::owe_nmi(vcpu);
    core::owe_nmi(vcpu);
    EXPECT_EQ(core::exits::nmi_window(vcpu), Outcome::retry);
    EXPECT_EQ(injected().value, nmi_event);
    EXPECT_EQ(vcpu.owed.nmi, 1u);
    EXPECT_TRUE(armed());
    field(vmcs::entry_interruption_information) = 0;
    EXPECT_EQ(core::exits::nmi_window(vcpu), Outcome::retry);
    EXPECT_EQ(injected().value, nmi_event);
    EXPECT_EQ(vcpu.owed.nmi, 0u);
    EXPECT_FALSE(armed());
    EXPECT_EQ(field(vmcs::pin_controls), vmm.controls.pin.value);
}

TEST_F(Nmi, AnIdleWindowIsClosed) {
    core::arm_nmi_window(vcpu);
    EXPECT_EQ(core::exits::nmi_window(vcpu), Outcome::retry);
    EXPECT_FALSE(injected().valid());
    EXPECT_FALSE(armed());
}

TEST_F(Nmi, AMachineCheckGoesFirst) {
    core::owe_nmi(vcpu);
    core::owe_machine_check(vcpu);
    core::exits::nmi_window(vcpu);
    EXPECT_EQ(injected().value, 0x8000'0312u);
    EXPECT_EQ(vcpu.owed.machine_check, 0u);
    EXPECT_EQ(vcpu.owed.nmi, 1u);
    EXPECT_TRUE(armed());
    core::exits::nmi_window(vcpu);
    EXPECT_EQ(injected().value, nmi_event);
    EXPECT_FALSE(armed());
}

TEST_F(Nmi, AMachineCheckAloneClosesTheWindow) {
    core::owe_machine_check(vcpu);
    EXPECT_TRUE(armed());
    core::exits::nmi_window(vcpu);
    EXPECT_FALSE(armed());
}

TEST_F(Nmi, WakesAHaltedGuestOnly) {
    core::owe_nmi(vcpu);
    field(vmcs::guest_activity_state) = 1;
    core::exits::nmi_window(vcpu);
    EXPECT_EQ(field(vmcs::guest_activity_state), 0u);
    core::owe_nmi(vcpu);
    field(vmcs::guest_activity_state) = 2;
    core::exits::nmi_window(vcpu);
    EXPECT_EQ(field(vmcs::guest_activity_state), 2u);
}

// Root mode's own NMI handler may come in at any instruction, also while the window is being closed.
TEST_F(Nmi, OneThatComesWhileTheWindowIsClosedIsNotLost) {
    for (const bool machine_check : {false, true}) {
        vcpu.owed.nmi = 1;
        core::arm_nmi_window(vcpu);
        machine.after_vmwrite = [&](uint32_t encoding) {
            if (encoding == vmcs::pin_controls.encoding) {
                machine.after_vmwrite = nullptr;
                machine_check ? core::owe_machine_check(vcpu) : core::owe_nmi(vcpu);
            }
        };
        EXPECT_EQ(core::exits::nmi_window(vcpu), Outcome::retry);
        EXPECT_EQ(injected().value, nmi_event);
        EXPECT_TRUE(armed()) << machine_check;
        field(vmcs::entry_interruption_information) = 0;
        EXPECT_EQ(core::exits::nmi_window(vcpu), Outcome::retry);
        EXPECT_TRUE(injected().valid());
        EXPECT_FALSE(armed());
    }
}

// A machine check that comes in after the NMI was chosen keeps the window open.
TEST_F(Nmi, AMachineCheckThatComesAtTheInjectionIsOwed) {
    vcpu.owed.nmi = 1;
    core::arm_nmi_window(vcpu);
    machine.after_vmwrite = [&](uint32_t encoding) {
        if (encoding == vmcs::entry_interruption_information.encoding) {
            machine.after_vmwrite = nullptr;
            core::owe_machine_check(vcpu);
        }
    };
    core::exits::nmi_window(vcpu);
    EXPECT_EQ(injected().value, nmi_event);
    EXPECT_TRUE(armed());
    EXPECT_EQ(vcpu.owed.machine_check, 1u);
}

class Startup : public RootTest {};

TEST_F(Startup, InitPutsTheGuestIntoWaitForSipi) {
    EXPECT_EQ(core::exits::init_signal(vcpu), Outcome::retry);
    EXPECT_EQ(field(vmcs::guest_activity_state), 3u);
    EXPECT_EQ(messages(), std::vector{Message::init_received});
}

TEST_F(Startup, InitTakesTheBootstrapProcessorToTheResetVector) {
    machine.set_msr(0x1B, arch::ApicBase{}.set_bsp(true).set_enable(true).value);
    EXPECT_EQ(core::exits::init_signal(vcpu), Outcome::retry);
    EXPECT_EQ(field(vmcs::guest_activity_state), 0u);
    EXPECT_EQ(field(vmcs::guest_cs_base), 0xFFFF'0000u);
    EXPECT_EQ(field(vmcs::guest_rip), 0xFFF0u);
}

TEST_F(Startup, TheStartUpIpiSaysWhereToBegin) {
    core::exits::init_signal(vcpu);
    field(vmcs::exit_qualification) = 0x9A;
    field(vmcs::guest_interruptibility) = 4;
    EXPECT_EQ(core::exits::startup_ipi(vcpu), Outcome::retry);
    EXPECT_EQ(field(vmcs::guest_cs_selector), 0x9A00u);
    EXPECT_EQ(field(vmcs::guest_cs_base), 0x9'A000u);
    EXPECT_EQ(field(vmcs::guest_rip), 0u);
    EXPECT_EQ(field(vmcs::guest_activity_state), 0u);
    EXPECT_EQ(field(vmcs::guest_interruptibility), 0u);
    EXPECT_EQ(last_record().argument[0], 0x9Au);
}

class EptViolation : public RootTest {
protected:
    EptViolation() {
        pool = machine.memory.allocate(16 * 4096);
        vmm.ept.physical_bits = 46;
        vmm.ept.large_1g = true;
        vmm.ept.pool.start({pool, machine.memory.physical_of(pool), 16, 0});
        EXPECT_TRUE(core::ept_build(vmm.ept));
    }
    Outcome violate(uint64_t address, uint64_t qualification = 0x181) {
        field(vmcs::guest_physical_address) = address;
        field(vmcs::exit_qualification) = qualification;
        return core::exits::ept_violation(vcpu);
    }
    static constexpr uint64_t far = uint64_t{5} << 39;
    uint8_t* pool;
};

TEST_F(EptViolation, MapsAndRetries) {
    const uint64_t rip = field(vmcs::guest_rip);
    EXPECT_EQ(violate(far), Outcome::retry);
    EXPECT_EQ(field(vmcs::guest_rip), rip);
    EXPECT_EQ(messages(), std::vector{Message::ept_mapped});
    EXPECT_EQ(last_record().argument[0], far);
    EXPECT_EQ(last_record().argument[1], 12u); // KiB of tables
    EXPECT_EQ(violate(far + 5), Outcome::retry) << "another processor was faster";
    EXPECT_EQ(vcpu.log_next, 1u);
    EXPECT_EQ(vmm.ept_lock, 0u);
}

TEST_F(EptViolation, WhatCanNotBeMappedIsReported) {
    EXPECT_EQ(violate(uint64_t{1} << 46), Outcome::unexpected);
    vmm.ept.pool.pages = vmm.ept.pool.used;
    EXPECT_EQ(violate(far), Outcome::unexpected);
    EXPECT_EQ(vmm.ept_lock, 0u);
}

// The pool of all is empty: this processor goes on with tables of its own.
TEST_F(EptViolation, WithAnEmptyPoolTheProcessorHelpsItself) {
    uint8_t* own = machine.memory.allocate(core::EptOwnTables::pages * 4096);
    vcpu.own_tables.pool = {own, machine.memory.physical_of(own), core::EptOwnTables::pages, 0};
    vmm.eptp = arch::Eptp{vmm.ept.root | 0x1E};
    vmm.ept.pool.pages = vmm.ept.pool.used;
    const auto seen = [&](uint64_t address) {
        return fake::walk_ept(field(vmcs::eptp) & ~uint64_t{0xFFF}, address, 46, [this](uint64_t physical) {
            return reinterpret_cast<const uint64_t*>(machine.memory.linear_of(physical));
        });
    };
    for (uint64_t region = 1; region < 128; ++region) {
        machine.journal.clear();
        EXPECT_EQ(violate(region << 39), Outcome::retry);
        ASSERT_TRUE(seen(region << 39).has_value()) << region;
        EXPECT_EQ(seen(region << 39)->physical, region << 39);
        EXPECT_EQ(seen(0)->physical, 0u);
        EXPECT_EQ(field(vmcs::eptp), vcpu.own_tables.root | 0x1E);
        EXPECT_NE(vcpu.own_tables.root, vmm.ept.root);
        ASSERT_FALSE(machine.journal.empty());
        EXPECT_EQ(machine.journal.front(), "INVEPT 1 " + std::to_string(field(vmcs::eptp)))
            << "its pages are used again";
    }
    EXPECT_EQ(vmm.ept_lock, 0u);
    // When there is room for all again, this processor takes it over.
    vmm.ept.pool.pages += 1;
    EXPECT_EQ(violate(5ull << 39), Outcome::retry);
    EXPECT_EQ(seen(5ull << 39)->physical, 5ull << 39);
    EXPECT_EQ(core::ept_lookup(vmm.ept, 5ull << 39).address(), 5ull << 39);
}

TEST_F(EptViolation, AnEventInDeliveryIsDeliveredAgain) {
    field(vmcs::idt_vectoring_information) = 0x8000'0030;
    violate(far, 0x1181);
    EXPECT_EQ(injected().value, 0x8000'0030u);
    EXPECT_EQ(field(vmcs::guest_interruptibility), 0u) << "bit 12 means nothing then";
}

TEST_F(EptViolation, AnIretThatHadUnblockedNmisRunsAgain) {
    violate(far, 0x181);
    EXPECT_EQ(field(vmcs::guest_interruptibility), 0u);
    violate(2 * far, 0x1181);
    EXPECT_EQ(field(vmcs::guest_interruptibility), 8u);
    EXPECT_FALSE(injected().valid());
}

// Processors that touch the same place at the same time take the pages for it once.
TEST_F(EptViolation, TheSamePlaceFromManyProcessors) {
    vmm.ept.pool.pages = vmm.ept.pool.used + 10;
    std::array<bool, 4> failed{};
    std::array<core::Vcpu, 4> processors{};
    std::array<core::Vcpu*, 4> table{};
    for (unsigned t = 0; t < table.size(); ++t) {
        processors[t].place = vcpu.place;
        processors[t].place.processor = t;
        table[t] = &processors[t];
    }
    vmm.vcpus = table.data();
    vmm.processor_count = table.size();
    std::vector<std::thread> threads;
    std::atomic<unsigned> ready{0};
    for (unsigned t = 0; t < failed.size(); ++t) {
        threads.emplace_back([&, t] {
            ++ready;
            while (ready < failed.size()) {
            }
            for (uint64_t region = 1; region <= 10; ++region) {
                failed[t] |= core::map_on_demand(processors[t], region << 39) == core::EptResult::no_memory;
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    EXPECT_EQ(failed, (std::array<bool, 4>{}));
    EXPECT_EQ(vmm.ept.pool.used, vmm.ept.pool.pages);
}

class TripleFault : public RootTest {};

TEST_F(TripleFault, IsReportedAndReallyHappens) {
    vmm.options.com1 = 0x3F8;
    machine.state().cr2 = 0xBEEF;
    EXPECT_THROW(core::exits::triple_fault(vcpu), fake::TripleFault);
    EXPECT_FALSE(machine.state().vmx);
    EXPECT_EQ(vcpu.vmx_on, 0u);
    EXPECT_EQ(messages(), std::vector{Message::triple_fault});
    EXPECT_EQ(last_record().argument[1], 0xBEEFu);
    EXPECT_NE(machine.com1.find("triple fault"), std::string::npos);
    EXPECT_EQ(machine.com1.substr(0, 11), "nadir[000] ");
}

} // namespace
} // namespace nadir::test
