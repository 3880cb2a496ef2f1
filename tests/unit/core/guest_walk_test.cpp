// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The walk of the guest's page tables, for every kind of paging: addresses, accessed and dirty flags, page faults.
#include "core/memory/guest_walk.h"

#include <gtest/gtest.h>

#include <map>

namespace nadir::test {
namespace {

using core::GuestAccess;
using core::GuestPaging;
using core::GuestTranslation;
using Mode = GuestPaging::Mode;

constexpr uint64_t p = 1, w = 2, u = 4, a = 0x20, d = 0x40, large = 0x80, nx = uint64_t{1} << 63;
constexpr GuestAccess read{false, false, false}, write{true, false, false};
constexpr GuestAccess user_read{false, true, false}, user_write{true, true, false};
constexpr uint32_t not_present = 0, protection = 1, by_write = 2, by_user = 4, reserved = 8;

struct Memory {
    mutable std::map<uint64_t, uint64_t> entries; // by physical address

    uint64_t read_entry(uint64_t physical, uint32_t bytes) const {
        const auto found = entries.find(physical);
        const uint64_t entry = found == entries.end() ? 0 : found->second;
        return bytes == 4 ? entry & 0xFFFF'FFFF : entry;
    }
    uint8_t set_bits(uint64_t physical, uint8_t bits) const {
        entries[physical] |= bits;
        return 0;
    }
};

class GuestWalk : public ::testing::Test {
protected:
    GuestTranslation walk(uint64_t linear, GuestAccess access) const {
        return core::walk_guest(paging, linear, access, memory);
    }
    // The page fault's error code, or ~0 when the address is mapped.
    uint32_t fault(uint64_t linear, GuestAccess access) const {
        const GuestTranslation t = walk(linear, access);
        return t.mapped ? ~0u : t.fault.value;
    }
    static constexpr uint32_t none = ~0u;

    GuestPaging paging{Mode::none, 0x1000, {}, true, true, true, true, false, 40};
    Memory memory;
};

TEST_F(GuestWalk, WithoutPagingAddressesAreTheirOwn) {
    EXPECT_EQ(walk(0x1234'5678, write).physical, 0x1234'5678u);
    EXPECT_EQ(fault(0x1234'5678, user_write), none);
}

class TwoLevels : public GuestWalk {
protected:
    TwoLevels() {
        paging.mode = Mode::two_levels;
        memory.entries[directory] = 0x2000 | p | w | u;
        memory.entries[table] = 0xABCD'E000 | p | w | u;
    }
    static constexpr uint64_t linear = 0x8040'3123;
    static constexpr uint64_t directory = 0x1000 + 0x201 * 4, table = 0x2000 + 3 * 4;
};

TEST_F(TwoLevels, Translates) {
    EXPECT_EQ(walk(linear, read).physical, 0xABCD'E123u);
    EXPECT_EQ(memory.entries[directory], 0x2000 | p | w | u | a);
    EXPECT_EQ(memory.entries[table], 0xABCD'E000 | p | w | u | a) << "a read leaves it clean";
    EXPECT_EQ(walk(linear, write).physical, 0xABCD'E123u);
    EXPECT_EQ(memory.entries[directory], 0x2000 | p | w | u | a) << "only the last entry has a dirty flag";
    EXPECT_EQ(memory.entries[table], 0xABCD'E000 | p | w | u | a | d);
}

TEST_F(TwoLevels, Faults) {
    memory.entries[table] = 0xABCD'E000 | w | u;
    EXPECT_EQ(fault(linear, read), not_present);
    EXPECT_EQ(fault(linear, user_write), not_present | by_write | by_user);
    memory.entries[table] |= p;
    memory.entries[directory] &= ~p;
    EXPECT_EQ(fault(linear, write), not_present | by_write);
    EXPECT_EQ(memory.entries[table] & (a | d), 0u) << "a walk that faults marks nothing";
}

TEST_F(TwoLevels, RightsAreThoseOfBothLevels) {
    for (const uint64_t place : {directory, table}) {
        memory.entries[place] &= ~u;
        EXPECT_EQ(fault(linear, read), none);
        EXPECT_EQ(fault(linear, user_read), protection | by_user);
        memory.entries[place] |= u;
        memory.entries[place] &= ~w;
        EXPECT_EQ(fault(linear, user_write), protection | by_write | by_user);
        EXPECT_EQ(fault(linear, user_read), none);
        EXPECT_EQ(fault(linear, write), protection | by_write);
        EXPECT_EQ(memory.entries[table] & d, 0u);
        paging.write_protect = false;
        EXPECT_EQ(fault(linear, user_write), protection | by_write | by_user) << "WP doesn't count for users";
        EXPECT_EQ(fault(linear, write), none);
        memory.entries[table] &= ~d;
        paging.write_protect = true;
        memory.entries[place] |= w;
    }
}

TEST_F(TwoLevels, SmapKeepsTheSupervisorFromUserPages) {
    paging.smap = true;
    EXPECT_EQ(fault(linear, read), protection);
    EXPECT_EQ(fault(linear, write), protection | by_write);
    EXPECT_EQ(fault(linear, user_write), none);
    EXPECT_EQ(fault(linear, {true, false, true}), none) << "EFLAGS.AC";
    memory.entries[directory] &= ~u;
    EXPECT_EQ(fault(linear, write), none) << "not a user page";
}

TEST_F(TwoLevels, FourMebibytePages) {
    memory.entries[directory] = 0x4040'0000 | large | p | w | 0x5 << 13;
    EXPECT_EQ(walk(linear, write).physical, 0x5'4040'3123u) << "bits 20:13 are the address's bits 39:32";
    EXPECT_EQ(memory.entries[directory] & (a | d), a | d);
    memory.entries[directory] |= 1 << 21;
    EXPECT_EQ(fault(linear, read), protection | reserved);
    paging.large_4m = false;
    memory.entries[directory] = 0x2000 | large | p | w;
    EXPECT_EQ(walk(linear, read).physical, 0xABCD'E123u) << "without CR4.PSE the bit is ignored";
}

class Pae : public GuestWalk {
protected:
    Pae() {
        paging.mode = Mode::pae;
        paging.pdpte[2] = arch::PaePdpte{0x1000 | p};
        memory.entries[directory] = 0x2000 | p | w | u;
        memory.entries[table] = 0x8'ABCD'E000 | p | w | u;
    }
    static constexpr uint64_t linear = 0x8040'3123;
    static constexpr uint64_t directory = 0x1000 + 2 * 8, table = 0x2000 + 3 * 8;
};

TEST_F(Pae, Translates) {
    EXPECT_EQ(walk(linear, write).physical, 0x8'ABCD'E123u);
    EXPECT_EQ(memory.entries[directory], 0x2000 | p | w | u | a);
    EXPECT_EQ(memory.entries[table] & (a | d), a | d);
    memory.entries[directory] = 0x8'4020'0000 | large | p | w;
    EXPECT_EQ(walk(linear, write).physical, 0x8'4020'3123u);
}

TEST_F(Pae, ThePdptesAreThoseInTheProcessor) {
    paging.pdpte[2].set_present(false);
    EXPECT_EQ(fault(linear, user_write), not_present | by_write | by_user);
    EXPECT_EQ(fault(linear + 0x4000'0000, read), not_present);
}

TEST_F(Pae, ReservedBits) {
    for (const uint64_t place : {directory, table}) {
        const uint64_t before = memory.entries[place];
        for (const uint64_t bit : {uint64_t{1} << 40, uint64_t{1} << 51, uint64_t{1} << 52, uint64_t{1} << 62}) {
            memory.entries[place] = before | bit;
            EXPECT_EQ(fault(linear, write), protection | reserved | by_write) << std::hex << bit;
        }
        memory.entries[place] = before | nx;
        EXPECT_EQ(fault(linear, write), none);
        paging.execute_disable = false;
        EXPECT_EQ(fault(linear, write), protection | reserved | by_write) << "EFER.NXE";
        paging.execute_disable = true;
        memory.entries[place] = before;
    }
    memory.entries[directory] = 0x4020'0000 | large | p | w | 1 << 13;
    EXPECT_EQ(fault(linear, read), protection | reserved);
    memory.entries[directory] = 0x4020'0000 | large | p | w | 1 << 12;
    EXPECT_EQ(fault(linear, read), none) << "PAT";
}

class LongMode : public GuestWalk, public ::testing::WithParamInterface<Mode> {
protected:
    LongMode() {
        paging.mode = GetParam();
        uint64_t next = 0x1000;
        for (unsigned level = paging.mode == Mode::five_levels ? 5 : 4; level >= 1; --level) {
            place[level] = next + ((linear >> (12 + 9 * (level - 1))) & 511) * 8;
            next += 0x1000;
            memory.entries[place[level]] = (level > 1 ? next : 0x12'3456'7000) | p | w | u;
        }
    }
    static constexpr uint64_t linear = 0x0012'3456'789A'BCDE & 0x00FF'FFFF'FFFF'FFFF;
    uint64_t place[6]{};
};

TEST_P(LongMode, Translates) {
    EXPECT_EQ(walk(linear, write).physical, 0x12'3456'7CDEu);
    for (unsigned level = 2; level <= 4; ++level) {
        EXPECT_EQ(memory.entries[place[level]] & (a | d), a) << level;
    }
    EXPECT_EQ(memory.entries[place[1]] & (a | d), a | d);
    memory.entries[place[2]] = 0x12'3440'0000 | large | p | w;
    EXPECT_EQ(walk(linear, read).physical, 0x12'3440'0000 | (linear & 0x1F'FFFF));
    memory.entries[place[3]] = 0x12'0000'0000 | large | p | w;
    EXPECT_EQ(walk(linear, read).physical, 0x12'0000'0000 | (linear & 0x3FFF'FFFF));
}

TEST_P(LongMode, ReservedBits) {
    memory.entries[place[4]] |= large;
    EXPECT_EQ(fault(linear, read), protection | reserved);
    memory.entries[place[4]] ^= large | uint64_t{1} << 45;
    EXPECT_EQ(fault(linear, read), protection | reserved) << "beyond the processor's addresses";
    memory.entries[place[4]] ^= uint64_t{1} << 45 | uint64_t{1} << 60;
    EXPECT_EQ(fault(linear, read), none) << "for software, or a protection key";
    memory.entries[place[3]] = 0x12'0000'0000 | large | p | w;
    paging.large_1g = false;
    EXPECT_EQ(fault(linear, read), protection | reserved);
}

INSTANTIATE_TEST_SUITE_P(GuestWalk, LongMode, ::testing::Values(Mode::four_levels, Mode::five_levels));

} // namespace
} // namespace nadir::test
