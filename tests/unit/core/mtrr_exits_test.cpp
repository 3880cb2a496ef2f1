// SPDX-License-Identifier: MIT OR GPL-2.0-only
// When the guest changes an MTRR, the EPT memory types follow.
#include "core/exits/handlers.h"
#include "core/memory/second_level.h"
#include "tests/fakes/ept_walk.h"
#include "tests/unit/core/root_fixture.h"

namespace nadir::test {
namespace {

class Mtrrs : public RootTest {
protected:
    Mtrrs() {
        uint8_t* pool = machine.memory.allocate(pages * 4096);
        vmm.ept.physical_bits = 39;
        vmm.ept.large_1g = true;
        vmm.ept.pool.start({pool, machine.memory.physical_of(pool), pages, 0});
        vmm.ept.mtrr = core::read_mtrrs(true);
        EXPECT_TRUE(core::ept_build(vmm.ept));
    }
    Outcome write(uint32_t msr, uint64_t value) {
        vcpu.registers.rcx() = msr;
        vcpu.registers.rax() = value & 0xFFFF'FFFF;
        vcpu.registers.rdx() = value >> 32;
        return core::exits::wrmsr(vcpu);
    }
    unsigned type(uint64_t address) {
        return fake::walk_ept(vmm.ept.root, address, 39,
                              [this](uint64_t physical) {
                                  return reinterpret_cast<const uint64_t*>(machine.memory.linear_of(physical));
                              })
            ->type;
    }
    static constexpr uint32_t pages = 16;
    static constexpr uint64_t gib = 1 << 30;
};

TEST_F(Mtrrs, AreReadInTheOrderOfTheirAddresses) {
    constexpr uint32_t fixed[11] = {0x250, 0x258, 0x259, 0x268, 0x269, 0x26A, 0x26B, 0x26C, 0x26D, 0x26E, 0x26F};
    for (unsigned i = 0; i < 11; ++i) {
        machine.set_msr(fixed[i], 0x0101'0101'0101'0101 * (i % 2 == 0 ? 4 : 6) + i % 2);
    }
    for (uint32_t i = 0; i < 8; ++i) {
        machine.set_msr(0x200 + 2 * i, 0x1000 * i);
        machine.set_msr(0x201 + 2 * i, 0x1'0000 * i);
    }
    const core::MtrrValues m = core::read_mtrrs(true);
    EXPECT_TRUE(m.supported);
    EXPECT_EQ(m.default_type.value, 0xC06u);
    EXPECT_EQ(m.variable_count, 8u);
    for (unsigned i = 0; i < 11; ++i) {
        EXPECT_EQ(m.fixed[i], machine.state().msr[fixed[i]]);
    }
    for (uint32_t i = 0; i < 8; ++i) {
        EXPECT_EQ(m.base[i].value, 0x1000u * i);
        EXPECT_EQ(m.mask[i].value, 0x1'0000u * i);
    }
}

TEST_F(Mtrrs, OnlyThoseThatExistAreRead) {
    machine.set_msr(0xFE, 0x000); // no fixed, no variable ranges
    for (const uint32_t msr : {0x200u, 0x201u, 0x250u, 0x26Fu}) {
        machine.state().msr.erase(msr); // reading it would throw
    }
    EXPECT_EQ(core::read_mtrrs(true).variable_count, 0u);
    machine.state().msr.clear();
    EXPECT_FALSE(core::read_mtrrs(false).supported);
    for (uint32_t i = 0; i < 255; ++i) {
        machine.set_msr(0x200 + 2 * i, 0);
        machine.set_msr(0x201 + 2 * i, 0);
    }
    machine.set_msr(0xFE, 0xFF);
    machine.set_msr(0x2FF, 0);
    EXPECT_EQ(core::read_mtrrs(true).variable_count, 32u) << "more than there is room for";
}

TEST_F(Mtrrs, TypesFollowAWrite) {
    EXPECT_EQ(type(5 * gib), 6u);
    EXPECT_EQ(write(0x202, 5 * gib | 1), Outcome::advance);
    EXPECT_EQ(type(5 * gib), 6u) << "not valid yet";
    machine.journal.clear();
    EXPECT_EQ(write(0x203, 0x7F'C000'0800), Outcome::advance);
    EXPECT_EQ(type(5 * gib), 1u);
    EXPECT_EQ(type(6 * gib), 6u);
    EXPECT_EQ(machine.journal.front().substr(0, 6), "INVEPT");
    EXPECT_EQ(messages().back(), Message::mtrr_changed);
    EXPECT_EQ(last_record().argument[0], 0x203u);
    EXPECT_EQ(last_record().argument[1], 0x7F'C000'0800u);
    EXPECT_EQ(vmm.ept_lock, 0u);
    EXPECT_EQ(write(0x2FF, 0), Outcome::advance);
    EXPECT_EQ(type(6 * gib), 0u) << "MTRRs off: uncacheable";
    EXPECT_EQ(write(0x2FF, 0xC06), Outcome::advance);
    EXPECT_EQ(type(6 * gib), 6u);
}

TEST_F(Mtrrs, AnEmptyPoolIsLogged) {
    vmm.ept.pool.pages = vmm.ept.pool.used;
    write(0x202, 5 * gib | 1);
    write(0x203, 0x7F'FFE0'0800); // 2 MiB
    EXPECT_EQ(messages().back(), Message::ept_pool_empty);
    EXPECT_EQ(type(5 * gib + gib / 2), 0u);
    EXPECT_EQ(vmm.ept_lock, 0u);
}

TEST_F(Mtrrs, ARefusedWriteChangesNothing) {
    machine.journal.clear();
    machine.state().msr.erase(0x23F);
    EXPECT_EQ(write(0x23F, 0), Outcome::general_protection);
    EXPECT_TRUE(machine.journal.empty());
    EXPECT_TRUE(messages().empty());
}

// Another processor that may still have a joined table in its caches.
TEST_F(Mtrrs, APageIsFreeAgainWhenEachProcessorHasFollowed) {
    core::Vcpu other{};
    other.place.vmm = &vmm;
    other.vmx_on = 1;
    core::Vcpu* both[] = {&vcpu, &other};
    vmm.vcpus = both;
    vmm.processor_count = 2;
    const auto split_and_join = [&](uint64_t gigabyte) {
        write(0x202, gigabyte * gib | 1);
        write(0x203, 0x7F'FFE0'0800); // 2 MiB
        EXPECT_EQ(type(gigabyte * gib), 1u);
        write(0x203, 0);
        EXPECT_EQ(type(gigabyte * gib), 6u);
    };
    const uint32_t at_start = vmm.ept.pool.used;
    split_and_join(5);
    split_and_join(6);
    EXPECT_EQ(vmm.ept.pool.used, at_start + 2) << "the other has not invalidated";
    EXPECT_EQ(vcpu.tables_seen, 2u);
    core::forget_guest_translations(other);
    EXPECT_EQ(other.tables_seen, 2u);
    split_and_join(7);
    split_and_join(8);
    EXPECT_EQ(vmm.ept.pool.used, at_start + 2);
    // One that is out of VMX operation, or will never enter again, has nothing to forget.
    for (const auto& [vmx_on, state] : {std::pair{0u, NADIR_PROCESSOR_OFF}, std::pair{1u, NADIR_PROCESSOR_DEAD}}) {
        other.vmx_on = vmx_on;
        other.state = static_cast<uint32_t>(state);
        for (uint64_t i = 0; i < 4; ++i) {
            split_and_join(9 + i);
        }
    }
    EXPECT_EQ(vmm.ept.pool.used, at_start + 2);
}

TEST_F(Mtrrs, AProcessorsOwnTablesAreMadeAnew) {
    uint8_t* own = machine.memory.allocate(core::EptOwnTables::pages * 4096);
    vcpu.own_tables.pool = {own, machine.memory.physical_of(own), core::EptOwnTables::pages, 0};
    ASSERT_TRUE(core::ept_own_tables_map(vmm.ept, vcpu.own_tables, 5 * gib));
    vcpu.own_tables.pool.used = 5;
    machine.journal.clear();
    write(0x2FF, 0xC00);
    EXPECT_EQ(vcpu.own_tables.pool.used, 1u);
    EXPECT_EQ(machine.journal.front(), "INVEPT 1 " + std::to_string(vcpu.own_tables.root)) << "they are what it uses";
}

} // namespace
} // namespace nadir::test
