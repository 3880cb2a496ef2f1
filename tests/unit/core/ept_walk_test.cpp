// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The entries on the way to an address: those that the processor's own walk meets, in the tables of all and in a view's.
#include "core/memory/ept_walk.h"

#include "core/exits/handlers.h"
#include "core/hypercall.h"
#include "core/memory/view.h"
#include "tests/unit/core/ept_fixture.h"
#include "tests/unit/core/root_fixture.h"

namespace nadir::test {
namespace {

using core::EptWalk;

constexpr uint64_t ours = 0x1'2345'6000;
constexpr uint64_t view_physical = 0x7'6000'0000;
constexpr uint64_t copy_page = 0x7'7000'5000;

struct Machine {
    Machine() {
        tables.plan.mtrr = pc_mtrrs();
        tables.hide(ours, 0x2000);
        EXPECT_TRUE(tables.build());
        std::memset(bytes.get(), 0x5A, view_pages * kib4);
    }
    [[nodiscard]] EptWalk walk(uint64_t root, uint64_t address) const {
        const core::PagePool* const pools[] = {&tables.plan.pool, &pool};
        return core::walk_ept(pools, 2, root, address);
    }

    static constexpr uint32_t view_pages = 16;
    struct Free {
        void operator()(uint8_t* p) const { std::free(p); }
    };
    Tables tables{40};
    std::unique_ptr<uint8_t, Free> bytes{static_cast<uint8_t*>(std::aligned_alloc(kib4, view_pages* kib4))};
    core::PagePool pool{bytes.get(), view_physical, view_pages, 0};
};

TEST(EptWalk, EndsWithTheLeafOfEachSize) {
    const Machine machine;
    const struct {
        uint64_t address;
        unsigned entries;
    } cases[] = {{0x9'8765'4321, 2}, {ours ^ mib2, 3}, {ours ^ kib4, 4}, {ours, 4}};
    for (const auto& [address, entries] : cases) {
        const EptWalk walk = machine.walk(machine.tables.plan.root, address);
        ASSERT_EQ(walk.count, entries) << std::hex << address;
        const auto seen = machine.tables.walk(address);
        ASSERT_TRUE(seen.has_value());
        const arch::EptLeaf leaf{walk.entries[entries - 1]};
        EXPECT_EQ(leaf.address() | (address & (seen->page_size - 1)), seen->physical);
        EXPECT_EQ(static_cast<unsigned>(leaf.memory_type()), seen->type);
        EXPECT_EQ(core::ept_span(5 - entries), seen->page_size);
    }
}

TEST(EptWalk, EndsWithAnEntryThatIsNotPresent) {
    const Machine machine;
    const EptWalk walk = machine.walk(machine.tables.plan.root, tib_half);
    EXPECT_EQ(walk.count, 1u);
    EXPECT_EQ(walk.entries[0], 0u);
    EXPECT_FALSE(machine.tables.walk(tib_half).has_value()) << "it wasn't mapped by that";
}

TEST(EptWalk, EndsWhereATableIsNoneOfOurs) {
    const Machine machine;
    EXPECT_EQ(machine.walk(0x1234'5000, 0).count, 0u);
}

TEST(EptWalk, OfAViewGoesThroughItsOwnTablesAndThoseOfAll) {
    Machine machine;
    core::EptView view{&machine.tables.plan,
                       nullptr,
                       &machine.pool,
                       {machine.bytes.get(), view_physical, Machine::view_pages * kib4},
                       0};
    ASSERT_TRUE(core::view_begin(view));
    constexpr uint64_t page = 0x3'0000'5000;
    const auto leaf = arch::EptLeaf::make(copy_page, arch::MemoryType::write_back, 1).set_read(false).set_write(false);
    ASSERT_TRUE(core::view_set(view, page, leaf));
    const EptWalk differing = machine.walk(view.root, page + 5);
    ASSERT_EQ(differing.count, 4u);
    EXPECT_EQ(differing.entries[3], leaf.value);
    for (unsigned level = 1; level <= 4; ++level) {
        EXPECT_EQ(differing.entries[4 - level], core::view_entry_at(view, level, page).value);
    }
    EXPECT_EQ(machine.walk(view.root, ours).entries[3], machine.walk(machine.tables.plan.root, ours).entries[3]);
}

class InspectEpt : public RootTest {
protected:
    InspectEpt() {
        vmm.ept = machine_tables.tables.plan;
        vmm.eptp = arch::Eptp{vmm.ept.root}.set_walk_length_minus_one(3);
        field(vmcs::eptp) = vmm.eptp.value;
    }
    uint64_t ask(uint64_t address, uint64_t tables) {
        vcpu.registers.rax() = vmm.key;
        vcpu.registers.rcx() = static_cast<uint64_t>(core::Hypercall::inspect_ept);
        vcpu.registers.rdx() = address;
        vcpu.registers.rsi() = tables;
        EXPECT_EQ(core::exits::vmcall(vcpu), Outcome::advance);
        return vcpu.registers.rax();
    }
    Machine machine_tables;
};

TEST_F(InspectEpt, AnswersInRegisters) {
    ASSERT_EQ(ask(ours ^ mib2, NADIR_EPT_IN_USE), NADIR_OK);
    const EptWalk walk = machine_tables.walk(vmm.ept.root, ours ^ mib2);
    core::GuestRegisters& r = vcpu.registers;
    EXPECT_EQ(r.rcx(), vmm.eptp.value);
    EXPECT_EQ(r.rdx(), 3u);
    EXPECT_EQ(r.rsi(), uint64_t{NADIR_EPT_OF_ALL});
    EXPECT_EQ(r.rdi(), 0u);
    EXPECT_EQ((std::array{r.r8(), r.r9(), r.r10(), r.r11()}),
              (std::array{walk.entries[0], walk.entries[1], walk.entries[2], uint64_t{0}}));
    EXPECT_EQ(vmm.ept_lock, 0u) << "and the lock is given back";
}

TEST_F(InspectEpt, SaysWhatIsOurs) {
    ASSERT_EQ(ask(ours + kib4, NADIR_EPT_OF_ALL), NADIR_OK);
    EXPECT_EQ(vcpu.registers.rdi(), uint64_t{NADIR_EPT_IS_OURS});
}

TEST_F(InspectEpt, TablesOfItsOwn) {
    EXPECT_EQ(ask(0, NADIR_EPT_OWN), NADIR_BAD_ARGUMENT) << "there are none";
    vcpu.own_tables.pool = machine_tables.pool;
    ASSERT_TRUE(core::ept_own_tables_map(vmm.ept, vcpu.own_tables, tib_half));
    field(vmcs::eptp) = arch::Eptp{vmm.eptp}.set_address(vcpu.own_tables.root).value;
    ASSERT_EQ(ask(tib_half, NADIR_EPT_IN_USE), NADIR_OK);
    EXPECT_EQ(vcpu.registers.rsi(), uint64_t{NADIR_EPT_OWN});
    EXPECT_EQ(vcpu.registers.rdx(), 2u);
    ASSERT_EQ(ask(tib_half, NADIR_EPT_OF_ALL), NADIR_OK);
    EXPECT_EQ(vcpu.registers.rdx(), 1u) << "those of all don't have it";
}

TEST_F(InspectEpt, RefusesWhatIsNotThere) {
    EXPECT_EQ(ask(uint64_t{1} << 40, NADIR_EPT_IN_USE), NADIR_MEMORY_NOT_THERE);
    for (const uint64_t tables : {uint64_t{NADIR_EPT_READING}, uint64_t{NADIR_EPT_EXECUTING}, uint64_t{NADIR_EPT_STEP},
                                  uint64_t{NADIR_EPT_TABLES}, ~uint64_t{0}}) {
        EXPECT_EQ(ask(0, tables), NADIR_BAD_ARGUMENT);
    }
}

} // namespace
} // namespace nadir::test
