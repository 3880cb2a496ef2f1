// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/memory/memory_types.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/core/mtrr_reference.h"

namespace nadir::test {
namespace {

using arch::MemoryType;
using core::MtrrValues;
using core::same_type_until;
using core::type_at;
using core::uniform_type;

constexpr uint64_t mib = 1 << 20;
constexpr uint64_t gib = 1 << 30;

MtrrValues enabled(MemoryType otherwise = MemoryType::write_back, bool fixed = false) {
    MtrrValues m{};
    m.supported = true;
    m.capability.set_variable_count(8).set_fixed(true);
    m.default_type.set_enable(true).set_fixed_enable(fixed).set_type(otherwise);
    m.variable_count = 8;
    return m;
}

void add(MtrrValues& m, unsigned i, uint64_t base, uint64_t bytes, MemoryType type) {
    m.base[i].set_address(base).set_type(type);
    m.mask[i].set_address(((uint64_t{1} << 40) - 1) & ~(bytes - 1)).set_valid(true);
}

TEST(MemoryTypes, WithoutMtrrsAllIsWriteBack) {
    MtrrValues m{};
    EXPECT_EQ(type_at(m, 0), MemoryType::write_back);
    EXPECT_EQ(uniform_type(m, 0, gib), MemoryType::write_back);
}

TEST(MemoryTypes, DisabledMtrrsMakeAllUncacheable) {
    MtrrValues m = enabled(MemoryType::write_back, true);
    add(m, 0, 0, gib, MemoryType::write_back);
    m.fixed[0] = 0x0606'0606'0606'0606;
    m.default_type.set_enable(false);
    EXPECT_EQ(type_at(m, 0), MemoryType::uncacheable);
    EXPECT_EQ(uniform_type(m, 0, gib), MemoryType::uncacheable);
}

TEST(MemoryTypes, NoRangeMeansTheDefaultType) {
    const MtrrValues m = enabled(MemoryType::write_through);
    EXPECT_EQ(type_at(m, 5 * gib), MemoryType::write_through);
    EXPECT_EQ(uniform_type(m, 5 * gib, gib), MemoryType::write_through);
}

TEST(MemoryTypes, FixedRangesRuleTheFirstMebibyteOnly) {
    MtrrValues m = enabled(MemoryType::write_back, true);
    for (unsigned i = 0; i < 11; ++i) {
        m.fixed[i] = 0x0101'0101'0101'0101;
    }
    m.fixed[2] = 0x0000'0000'0000'0004;         // A0000H WT, A4000H to BFFFFH UC
    m.fixed[10] = 0x0500'0000'0000'0001;        // F8000H WC, FF000H WP
    add(m, 0, 0, gib, MemoryType::uncacheable); // does not count below 1 MiB
    EXPECT_EQ(type_at(m, 0x0'0000), MemoryType::write_combining);
    EXPECT_EQ(type_at(m, 0xA'3FFF), MemoryType::write_through);
    EXPECT_EQ(type_at(m, 0xA'4000), MemoryType::uncacheable);
    EXPECT_EQ(type_at(m, 0xB'F000), MemoryType::uncacheable);
    EXPECT_EQ(type_at(m, 0xC'0000), MemoryType::write_combining);
    EXPECT_EQ(type_at(m, 0xF'F000), MemoryType::write_protected);
    EXPECT_EQ(type_at(m, 0x10'0000), MemoryType::uncacheable);
    // A large page there is never called uniform.
    EXPECT_EQ(uniform_type(m, 0, 2 * mib), std::nullopt);
    EXPECT_EQ(uniform_type(m, 0, gib), std::nullopt);

    m.default_type.set_fixed_enable(false);
    EXPECT_EQ(type_at(m, 0xC'0000), MemoryType::uncacheable);
    EXPECT_EQ(uniform_type(m, 0, gib), MemoryType::uncacheable);
    m.default_type.set_fixed_enable(true);
    m.capability.set_fixed(false);
    EXPECT_EQ(type_at(m, 0xC'0000), MemoryType::uncacheable);
}

TEST(MemoryTypes, OverlappingRanges) {
    struct Case {
        MemoryType a, b, both;
    };
    using enum MemoryType;
    for (const Case& c :
         {Case{uncacheable, write_back, uncacheable}, Case{write_combining, uncacheable, uncacheable},
          Case{write_through, write_back, write_through}, Case{write_back, write_through, write_through},
          Case{write_back, write_back, write_back}, Case{write_combining, write_combining, write_combining},
          // Undefined by the manual: uncacheable can't break a device.
          Case{write_combining, write_back, uncacheable}, Case{write_protected, write_through, uncacheable}}) {
        MtrrValues m = enabled(write_back);
        add(m, 0, 4 * gib, gib, c.a);
        add(m, 3, 4 * gib, 2 * gib, c.b);
        EXPECT_EQ(type_at(m, 4 * gib), c.both);
        EXPECT_EQ(type_at(m, 5 * gib), c.b);
    }
}

// Two and three ranges of all types over the same page, in every order, over every default type.
TEST(MemoryTypes, AllCombinationsOfThreeRanges) {
    constexpr MemoryType types[] = {MemoryType::uncacheable, MemoryType::write_combining, MemoryType::write_through,
                                    MemoryType::write_protected, MemoryType::write_back};
    for (unsigned n = 0; n < 5 * 5 * 5 * 5; ++n) {
        MtrrValues m = enabled(types[n % 5]);
        add(m, 5, 4 * gib, 4 * gib, types[n / 5 % 5]);
        add(m, 2, 4 * gib, 2 * gib, types[n / 25 % 5]);
        add(m, 7, 4 * gib, gib, types[n / 125]);
        for (uint64_t address = 3 * gib; address < 9 * gib; address += gib) {
            ASSERT_EQ(static_cast<unsigned>(type_at(m, address)), reference_type(m, address)) << n;
            ASSERT_EQ(uniform_type(m, address, gib), type_at(m, address + gib - 4096)) << n;
        }
    }
}

// Reserved bits of the registers can't be set (WRMSR raises #GP); if they were, they would not count.
TEST(MemoryTypes, ReservedBitsDoNotCount) {
    MtrrValues m = enabled(MemoryType::write_back, true);
    add(m, 0, 4 * gib, gib, MemoryType::write_combining);
    m.base[0].value |= 0xF00;
    m.mask[0].value |= 0x7FF;
    m.default_type.value |= 0xFFFF'F300;
    EXPECT_EQ(type_at(m, 4 * gib), MemoryType::write_combining);
    EXPECT_EQ(type_at(m, 5 * gib - 1), MemoryType::write_combining);
    EXPECT_EQ(type_at(m, 4 * gib - 1), MemoryType::write_back);
    EXPECT_EQ(type_at(m, 5 * gib), MemoryType::write_back);
}

TEST(MemoryTypes, ThreeRanges) {
    MtrrValues m = enabled(MemoryType::uncacheable);
    add(m, 0, 0, 4 * gib, MemoryType::write_back);
    add(m, 1, 0, 2 * gib, MemoryType::write_through);
    add(m, 2, 0, gib, MemoryType::write_back);
    EXPECT_EQ(type_at(m, 0x20'0000), MemoryType::write_through);
    add(m, 3, 0, gib, MemoryType::uncacheable);
    EXPECT_EQ(type_at(m, 0x20'0000), MemoryType::uncacheable);
}

TEST(MemoryTypes, RangesThatAreNotValidOrBeyondTheCountDoNotCount) {
    MtrrValues m = enabled();
    add(m, 0, 0, 4 * gib, MemoryType::uncacheable);
    m.mask[0].set_valid(false);
    add(m, 7, 0, 4 * gib, MemoryType::write_combining);
    m.variable_count = 7;
    EXPECT_EQ(type_at(m, 0x20'0000), MemoryType::write_back);
    m.variable_count = 8;
    EXPECT_EQ(type_at(m, 0x20'0000), MemoryType::write_combining);
}

TEST(MemoryTypes, APartlyCoveredPageIsNotUniform) {
    MtrrValues m = enabled();
    add(m, 0, 3 * gib + 2 * mib, 2 * mib, MemoryType::uncacheable);
    EXPECT_EQ(uniform_type(m, 3 * gib, gib), std::nullopt);
    EXPECT_EQ(uniform_type(m, 3 * gib, 2 * mib), MemoryType::write_back);
    EXPECT_EQ(uniform_type(m, 3 * gib + 2 * mib, 2 * mib), MemoryType::uncacheable);
    EXPECT_EQ(uniform_type(m, 4 * gib, gib), MemoryType::write_back);
}

TEST(MemoryTypes, RandomMtrrsAgreeWithTheManual) {
    for (unsigned bits = 36; bits <= 52; ++bits) {
        RandomMtrrs random{bits};
        for (unsigned round = 0; round < 120; ++round) {
            const MtrrValues m = random.make(bits);
            for (unsigned i = 0; i < 200; ++i) {
                const uint64_t address = random.address(m, bits);
                ASSERT_EQ(static_cast<unsigned>(type_at(m, address)), reference_type(m, address))
                    << "round " << round << ", address " << std::hex << address;
            }
        }
    }
}

// Where it says "the same everywhere", it must be so; the type of every page is looked at.
TEST(MemoryTypes, UniformMeansUniform) {
    constexpr unsigned bits = 39;
    RandomMtrrs random{7};
    unsigned answered = 0;
    for (unsigned round = 0; round < 300; ++round) {
        const MtrrValues m = random.make(bits);
        for (unsigned i = 0; i < 20; ++i) {
            const bool huge = i % 2 == 0;
            const uint64_t bytes = huge ? gib : 2 * mib;
            const uint64_t address = random.address(m, bits) & ~(bytes - 1);
            const auto type = uniform_type(m, address, bytes);
            if (!type) {
                continue;
            }
            ++answered;
            for (uint64_t at = address; at < address + bytes; at += huge ? bytes / 64 : 4096) {
                ASSERT_EQ(static_cast<unsigned>(*type), reference_type(m, at)) << std::hex << at;
            }
            for (unsigned k = 0; k < 64; ++k) {
                const uint64_t at = address + (random.address(m, bits) & (bytes - 1));
                ASSERT_EQ(static_cast<unsigned>(*type), reference_type(m, at)) << std::hex << at;
            }
        }
    }
    EXPECT_GT(answered, 1000u);
}

// And where no range begins or ends inside it does not refuse to answer: else the tables would be needlessly large.
TEST(MemoryTypes, AnswersWhereNoRangeEndsInside) {
    constexpr unsigned bits = 39;
    RandomMtrrs random{8};
    for (unsigned round = 0; round < 500; ++round) {
        MtrrValues m = random.make(bits);
        for (unsigned i = 0; i < 10; ++i) {
            m.mask[i].set_address(m.mask[i].address() & ~(gib - 1));
        }
        const uint64_t address = (random.address(m, bits) & ~(gib - 1)) | gib;
        ASSERT_TRUE(uniform_type(m, address, gib).has_value());
    }
}

TEST(MemoryTypes, TheSameUntilARangeBeginsOrEnds) {
    MtrrValues m = enabled(MemoryType::write_back, true);
    m.fixed[2] = 0x0000'0000'0000'0004; // A0000H WT
    add(m, 0, 3 * gib, gib, MemoryType::uncacheable);
    EXPECT_EQ(same_type_until(m, 0), 0xA'0000u);
    EXPECT_EQ(same_type_until(m, 0xA'0000), 0xA'4000u);
    EXPECT_EQ(same_type_until(m, 0xA'4000), 1 * mib);
    EXPECT_EQ(same_type_until(m, 1 * mib), 3 * gib);
    EXPECT_EQ(same_type_until(m, 3 * gib + mib), 4 * gib);
    EXPECT_EQ(same_type_until(m, 4 * gib), (uint64_t{1} << 40) + 3 * gib)
        << "the mask says nothing of what is above it";
    m.default_type.set_enable(false);
    EXPECT_EQ(same_type_until(m, 0), ~uint64_t{0});
}

// Every page before, or as many as can be looked at, and those where ranges begin and end.
TEST(MemoryTypes, TheSameUntilMeansTheSame) {
    RandomMtrrs random{9};
    for (unsigned round = 0; round < 2000; ++round) {
        const unsigned bits = 36 + round % 17;
        const MtrrValues m = random.make(round % 3 == 0 ? 36 : bits);
        for (unsigned i = 0; i < 20; ++i) {
            const uint64_t address = random.address(m, bits) & ~uint64_t{0xFFF};
            const uint64_t until = same_type_until(m, address);
            ASSERT_GT(until, address);
            const uint64_t bytes = std::min(until, uint64_t{1} << bits) - address;
            const uint8_t type = reference_type(m, address);
            for (unsigned k = 0; k < 64; ++k) {
                for (const uint64_t at : {address + k * uint64_t{4096}, address + (bytes - 1 - k * uint64_t{4096}),
                                          random.address(m, bits) & ~uint64_t{0xFFF}}) {
                    if (at - address < bytes) {
                        ASSERT_EQ(reference_type(m, at), type) << std::hex << address << ", at " << at;
                    }
                }
            }
        }
    }
}

} // namespace
} // namespace nadir::test
