// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The hypercall: whom it answers, and what.
#include <cstring>

#include "core/exits/handlers.h"
#include "core/hypercall.h"
#include "core/log.h"
#include "tests/unit/core/root_fixture.h"

namespace nadir::test {
namespace {

using core::Hypercall;

class Vmcall : public RootTest {
protected:
    Outcome call(Hypercall function, uint64_t first = 0, uint64_t second = 0) {
        return call_number(static_cast<uint64_t>(function), first, second);
    }
    Outcome call_number(uint64_t function, uint64_t first = 0, uint64_t second = 0) {
        for (uint64_t& r : vcpu.registers.value) {
            r = 0x5A5A'5A5A;
        }
        vcpu.registers.rax() = key;
        vcpu.registers.rcx() = function;
        vcpu.registers.rdx() = first;
        vcpu.registers.rsi() = second;
        return core::exits::vmcall(vcpu);
    }
    uint64_t word(unsigned i) {
        const uint64_t words[] = {vcpu.registers.rcx(), vcpu.registers.rdx(), vcpu.registers.rsi(),
                                  vcpu.registers.rdi(), vcpu.registers.r8(),  vcpu.registers.r9(),
                                  vcpu.registers.r10(), vcpu.registers.r11()};
        return words[i];
    }
    uint64_t key = vmm.key;
};

TEST_F(Vmcall, WithoutTheKeyItDoesNotExist) {
    for (const uint64_t wrong : {uint64_t{0}, vmm.key ^ 1, vmm.key ^ uint64_t{1} << 63, vmm.key & 0xFFFF'FFFF}) {
        key = wrong;
        EXPECT_EQ(call(Hypercall::confirm), Outcome::invalid_opcode);
        EXPECT_EQ(word(0), 1u) << "no register is touched";
        EXPECT_EQ(vcpu.registers.rax(), wrong);
    }
}

TEST_F(Vmcall, OutsideCpl0ItDoesNotExist) {
    for (const unsigned cpl : {1u, 2u, 3u}) {
        set_privilege_level(cpl);
        EXPECT_EQ(call(Hypercall::leave), Outcome::invalid_opcode);
    }
}

TEST_F(Vmcall, Outside64BitModeItDoesNotExist) {
    set_64_bit(false, true);
    EXPECT_EQ(call(Hypercall::confirm), Outcome::invalid_opcode);
    set_64_bit(false, false);
    EXPECT_EQ(call(Hypercall::confirm), Outcome::invalid_opcode);
    set_64_bit(true, false);
    EXPECT_EQ(call(Hypercall::confirm), Outcome::invalid_opcode);
}

TEST_F(Vmcall, ConfirmAnswersAndForgetsTranslations) {
    vmm.controls.secondary.set_enable_vpid(true);
    vmm.eptp = arch::Eptp{0x1234'501E};
    vcpu.place.processor = 0;
    EXPECT_EQ(call(Hypercall::confirm), Outcome::advance);
    EXPECT_EQ(vcpu.registers.rax(), NADIR_OK);
    EXPECT_EQ(word(0), 0u);
    for (unsigned i = 1; i < 8; ++i) {
        EXPECT_EQ(word(i), 0u) << i;
    }
    EXPECT_EQ(machine.journal,
              (std::vector<std::string>{"INVEPT 1 " + std::to_string(0x1234'501E), "INVVPID 1 1", "PGE", "PGE"}));
}

TEST_F(Vmcall, FlushesWithWhatTheProcessorHas) {
    vmm.capabilities.set_msr(arch::capability_msr::vmx_ept_vpid, 0x0000'0401'0411'4141); // all-context only
    vmm.controls.secondary.set_enable_vpid(true);
    call(Hypercall::confirm);
    EXPECT_EQ(machine.journal, (std::vector<std::string>{"INVEPT 2 0", "INVVPID 2 1", "PGE", "PGE"}));
    machine.journal.clear();
    vmm.controls.secondary.set_enable_vpid(false);
    call(Hypercall::confirm);
    EXPECT_EQ(machine.journal, (std::vector<std::string>{"INVEPT 2 0", "PGE", "PGE"}));
}

TEST_F(Vmcall, Leave) {
    EXPECT_EQ(call(Hypercall::leave), Outcome::leave);
    EXPECT_EQ(vcpu.registers.rax(), NADIR_OK);
}

TEST_F(Vmcall, StatisticsByWords) {
    vcpu.state = NADIR_PROCESSOR_DEAD;
    vcpu.nmi_in_root = 7;
    vcpu.events_reinjected = 8;
    vcpu.log_next = core::log_records + 9;
    for (unsigned i = 0; i < NADIR_EXIT_REASONS; ++i) {
        vcpu.exits[i] = 100 + i;
    }
    nadir_statistics got{};
    uint64_t words[sizeof(got) / 8];
    for (unsigned first = 0; first < sizeof(got) / 8; first += 8) {
        ASSERT_EQ(call(Hypercall::read_statistics, 0, first), Outcome::advance);
        EXPECT_EQ(vcpu.registers.rax(), NADIR_OK);
        for (unsigned i = 0; i < 8; ++i) {
            words[first + i] = word(i);
        }
    }
    memcpy(&got, words, sizeof(got));
    EXPECT_EQ(got.processor, 0u);
    EXPECT_EQ(got.state, static_cast<uint32_t>(NADIR_PROCESSOR_DEAD));
    EXPECT_EQ(got.exits_total, core::exits_total(vcpu));
    EXPECT_EQ(got.nmi_in_root, 7u);
    EXPECT_EQ(got.events_reinjected, 8u);
    EXPECT_EQ(got.log_lost, 9u);
    for (unsigned i = 0; i < NADIR_EXIT_REASONS; ++i) {
        EXPECT_EQ(got.exits[i], 100 + i);
    }
    // Beyond the end there is nothing, whatever is asked for.
    for (const uint64_t first : {uint64_t{sizeof(nadir_statistics) / 8}, uint64_t{1} << 40, ~uint64_t{0} - 7}) {
        call(Hypercall::read_statistics, 0, first);
        EXPECT_EQ(word(0), 0u) << first;
        EXPECT_EQ(word(7), 0u) << first;
    }
}

TEST_F(Vmcall, ProcessorsThatDoNotExist) {
    for (const Hypercall function : {Hypercall::read_statistics, Hypercall::log_position, Hypercall::read_log}) {
        for (const uint64_t number : {uint64_t{1}, uint64_t{0xFFFF'FFFF}, uint64_t{1} << 32}) {
            EXPECT_EQ(call(function, number), Outcome::advance);
            EXPECT_EQ(vcpu.registers.rax(), NADIR_BAD_ARGUMENT);
        }
    }
    // For other functions RDX means nothing.
    EXPECT_EQ(call(Hypercall::confirm, 99), Outcome::advance);
    EXPECT_EQ(vcpu.registers.rax(), NADIR_OK);
}

TEST_F(Vmcall, AnswersAboutAnotherProcessor) {
    core::Vcpu other{};
    std::array<nadir_log_record, core::log_records> other_log{};
    other.place = vcpu.place;
    other.place.processor = 1;
    other.place.log = other_log.data();
    other.exits[10] = 55;
    core::Vcpu* both[] = {&vcpu, &other};
    vmm.vcpus = both;
    vmm.processor_count = 2;
    core::log(other, Message::sipi_received, {0x9A});
    call(Hypercall::read_statistics, 1, 0);
    EXPECT_EQ(word(0), 1u);
    EXPECT_EQ(word(3), 55u);
    call(Hypercall::log_position, 1);
    EXPECT_EQ(word(0), 1u);
    call(Hypercall::read_log, 1, 0);
    ASSERT_EQ(vcpu.registers.rax(), NADIR_OK);
    nadir_log_record record;
    uint64_t words[8];
    for (unsigned i = 0; i < 8; ++i) {
        words[i] = word(i);
    }
    std::memcpy(&record, words, sizeof(record));
    EXPECT_EQ(record.message, static_cast<uint8_t>(Message::sipi_received));
    EXPECT_EQ(record.processor, 1u);
    EXPECT_EQ(record.argument[0], 0x9Au);
    call(Hypercall::read_log, 1, 1);
    EXPECT_EQ(vcpu.registers.rax(), NADIR_BAD_ARGUMENT) << "not yet written";
}

TEST_F(Vmcall, TheVmcsOfAnotherProcessorOnlyWhenThatIsDead) {
    core::Vcpu other{};
    const Block other_block = make_block();
    other.place.block = reinterpret_cast<uint64_t>(other_block.get());
    core::Vcpu* both[] = {&vcpu, &other};
    vmm.vcpus = both;
    vmm.processor_count = 2;
    core::VmcsSnapshot& snapshot = core::vmcs_snapshot(other);
    snapshot.source = NADIR_VMCS_FAILED_ENTRY;
    snapshot.values[2] = 0x77;
    snapshot.known[0] = 1u << 2;
    call(Hypercall::read_vmcs, 1, 0);
    EXPECT_EQ(vcpu.registers.rax(), NADIR_BAD_ARGUMENT);
    other.state = NADIR_PROCESSOR_DEAD;
    call(Hypercall::read_vmcs, 1, 0);
    EXPECT_EQ(vcpu.registers.rax(), NADIR_OK);
    EXPECT_EQ(word(0), 1u << 2);
    EXPECT_EQ(word(3), 0x77u);
    call(Hypercall::read_vmcs, 2, 0);
    EXPECT_EQ(vcpu.registers.rax(), NADIR_BAD_ARGUMENT);
    for (const uint64_t beyond : {uint64_t{core::VmcsSnapshot::capacity}, ~uint64_t{0}}) {
        call(Hypercall::read_vmcs, 1, beyond);
        EXPECT_EQ(word(0), 0u);
    }
}

TEST_F(Vmcall, OverwrittenRecordsAreNotThere) {
    for (unsigned i = 0; i <= core::log_records; ++i) {
        core::log(vcpu, Message::sipi_received, {i});
    }
    call(Hypercall::read_log, 0, 0);
    EXPECT_EQ(vcpu.registers.rax(), NADIR_BAD_ARGUMENT);
    call(Hypercall::read_log, 0, 1);
    EXPECT_EQ(vcpu.registers.rax(), NADIR_OK);
}

TEST_F(Vmcall, MemoryInUse) {
    vmm.ept.pool.used = 5;
    call(Hypercall::read_memory_use);
    EXPECT_EQ(word(0), 5u * 4096);
}

TEST_F(Vmcall, WaitForStartupDoesNotReturn) {
    EXPECT_EQ(call(Hypercall::wait_for_startup), Outcome::retry);
    EXPECT_EQ(field(vmcs::guest_activity_state), 3u);
    EXPECT_EQ(vcpu.registers.rax(), 0u);
}

TEST_F(Vmcall, StartUpBeginsAtTheVectorsPage) {
    EXPECT_EQ(call(Hypercall::start_up, 0x9A), Outcome::retry);
    EXPECT_EQ(field(vmcs::guest_activity_state), 0u);
    EXPECT_EQ(field(vmcs::guest_cs_selector), 0x9A00u);
    EXPECT_EQ(field(vmcs::guest_cs_base), 0x9'A000u);
    EXPECT_EQ(field(vmcs::guest_rip), 0u);
    EXPECT_EQ(field(vmcs::guest_cr0) & 1, 0u) << "real mode";
}

TEST_F(Vmcall, FunctionsThatDoNotExistAreRefusedAndLogged) {
    for (const uint64_t function : {uint64_t{0}, uint64_t{1000}, uint64_t{1} << 32 | 1}) {
        EXPECT_EQ(call_number(function), Outcome::advance);
        EXPECT_EQ(vcpu.registers.rax(), NADIR_BAD_ARGUMENT);
        EXPECT_EQ(messages().back(), Message::hypercall_refused);
        EXPECT_EQ(last_record().argument[0], function);
    }
}

TEST_F(Vmcall, ProvokingNeedsToBeAllowed) {
    vmm.options.allow_provoke = 0;
    EXPECT_EQ(call(Hypercall::provoke, NADIR_PROVOKE_INVALID_OPCODE), Outcome::advance);
    EXPECT_EQ(vcpu.registers.rax(), NADIR_BAD_ARGUMENT);
    vmm.options.allow_provoke = 1;
    EXPECT_EQ(call(Hypercall::provoke, NADIR_PROVOKE_COUNT), Outcome::advance);
}

} // namespace
} // namespace nadir::test
