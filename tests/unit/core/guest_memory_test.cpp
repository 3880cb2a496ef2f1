// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Root mode sees of the guest's memory what the guest sees of it, one page at a time.
#include "core/memory/guest_memory.h"

#include "tests/fakes/window.h"
#include "tests/unit/core/root_fixture.h"

namespace nadir::test {
namespace {

class GuestWindow : public RootTest {
protected:
    GuestWindow() {
        vmm.ept.physical_bits = 40;
        ram = machine.memory.allocate(2 * 4096);
        hidden = machine.memory.allocate(4096);
        stand_in = machine.memory.allocate(4096);
        moved = machine.memory.allocate(4096);
        vmm.ept.hidden_count = 1;
        vmm.ept.hidden[0] = {at(hidden), 4096};
        vmm.ept.hidden_page = at(stand_in);
    }
    uint64_t at(const uint8_t* memory) const { return machine.memory.physical_of(memory); }
    uint32_t read(uint64_t physical) const {
        uint32_t value = 0;
        core::GuestMemory{vcpu}.read(physical, &value, sizeof value);
        return value;
    }
    void write(uint64_t physical, uint32_t value) const {
        core::GuestMemory{vcpu}.write(physical, &value, sizeof value);
    }

    uint8_t* ram;
    uint8_t* hidden;
    uint8_t* stand_in;
    uint8_t* moved;
    fake::Window window{machine, vmm};
};

TEST_F(GuestWindow, OpensForOneAccessAndClosesAgain) {
    ram[4096 + 8] = 0x34;
    EXPECT_EQ(read(at(ram) + 4096 + 8), 0x34u);
    EXPECT_FALSE(window.open());
    EXPECT_EQ(window.opened, 1u);
    EXPECT_TRUE(window.mapped_writable);
    write(at(ram) + 4092, 0x1234'5678);
    EXPECT_EQ(ram[4095], 0x12);
    EXPECT_EQ(ram[4096], 0u);
    EXPECT_FALSE(window.open());
    EXPECT_EQ(window.opened, 2u);
}

TEST_F(GuestWindow, BitsChangeInPlace) {
    const core::GuestMemory memory{vcpu};
    ram[5] = 0x81;
    EXPECT_EQ(memory.set_bits(at(ram) + 5, 0x22), 0x81);
    EXPECT_EQ(ram[5], 0xA3);
    EXPECT_EQ(memory.clear_bits(at(ram) + 5, 0x21), 0xA3);
    EXPECT_EQ(ram[5], 0x82);
    EXPECT_EQ(memory.read_entry(at(ram), 8), 0x8200'0000'0000u);
    EXPECT_EQ(memory.read_entry(at(ram) + 4, 4), 0x8200u);
    EXPECT_FALSE(window.open());
}

TEST_F(GuestWindow, OurOwnMemoryReadsAsTheHiddenPageAndIsNeverWritten) {
    const core::GuestMemory memory{vcpu};
    hidden[0] = 0x77;
    stand_in[0] = 0x11;
    EXPECT_EQ(read(at(hidden)), 0x11u);
    EXPECT_FALSE(window.mapped_writable);
    write(at(hidden), 0x9999'9999);
    EXPECT_EQ(memory.set_bits(at(hidden), 0xFF), 0x11);
    EXPECT_EQ(memory.clear_bits(at(hidden), 0xFF), 0x11);
    EXPECT_EQ(hidden[0], 0x77);
    EXPECT_EQ(stand_in[0], 0x11);
}

TEST_F(GuestWindow, LowMemoryIsWhereTheHostMovedIt) {
    vmm.ept.low_memory = {4096, at(moved)};
    moved[0x84] = 0x21;
    EXPECT_EQ(read(0x84), 0x21u);
    write(0xFF0, 5);
    EXPECT_EQ(moved[0xFF0], 5);
}

TEST_F(GuestWindow, AnAddressBeyondTheProcessorsIsAllOnes) {
    const core::GuestMemory memory{vcpu};
    constexpr uint64_t beyond = uint64_t{1} << 40;
    EXPECT_EQ(read(beyond), ~0u);
    EXPECT_EQ(memory.read_entry(beyond, 8), ~uint64_t{0});
    write(beyond, 1);
    EXPECT_EQ(memory.set_bits(beyond, 1), 0xFF);
    EXPECT_EQ(memory.clear_bits(beyond, 1), 0xFF);
    EXPECT_EQ(window.opened, 0u);
}

} // namespace
} // namespace nadir::test
