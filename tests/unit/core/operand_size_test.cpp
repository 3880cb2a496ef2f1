// SPDX-License-Identifier: MIT OR GPL-2.0-only
// How far an instruction reaches, by its bytes: as an assembler writes them.
#include "core/views/operand_size.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <vector>

namespace nadir::test {
namespace {

using core::OperandSize;
constexpr core::OperandMode long_mode{true, false};
constexpr core::OperandMode wide{false, true};
constexpr core::OperandMode narrow{false, false};

OperandSize of(std::initializer_list<uint8_t> bytes, core::OperandMode mode = long_mode) {
    std::vector<uint8_t> all(bytes);
    all.resize(15, 0x90);
    return core::operand_size(all.data(), 15, mode);
}

void expect(std::initializer_list<uint8_t> bytes, unsigned size, bool modifies = false,
            core::OperandMode mode = long_mode) {
    const OperandSize found = of(bytes, mode);
    EXPECT_EQ(found.bytes, size) << std::hex << unsigned{*bytes.begin()};
    EXPECT_TRUE(found.exact) << std::hex << unsigned{*bytes.begin()};
    EXPECT_EQ(found.modifies, modifies) << std::hex << unsigned{*bytes.begin()};
}

TEST(OperandSize, OfMovesByTheirPrefixes) {
    expect({0x88, 0x07}, 1);             // mov %al, (%rdi)
    expect({0x89, 0x07}, 4);             // mov %eax, (%rdi)
    expect({0x66, 0x89, 0x07}, 2);       // mov %ax, (%rdi)
    expect({0x48, 0x89, 0x07}, 8);       // mov %rax, (%rdi)
    expect({0x66, 0x48, 0x89, 0x07}, 8); // REX.W counts for more
    expect({0x48, 0x66, 0x89, 0x07}, 2); // and not at all where it isn't last
    expect({0x89, 0x07}, 2, false, narrow);
    expect({0x66, 0x89, 0x07}, 4, false, narrow);
    expect({0xC6, 0x07, 5}, 1); // movb $5, (%rdi)
    expect({0x48, 0xC7, 0x07, 5}, 8);
    expect({0x0F, 0xB6, 0x07}, 1);       // movzbl
    expect({0x48, 0x0F, 0xBF, 0x07}, 2); // movswq
    expect({0x0F, 0xC3, 0x07}, 4);       // movnti
    expect({0x8E, 0x1F}, 2);             // mov (%rdi), %ds
}

TEST(OperandSize, OfWhatReadsAndWrites) {
    expect({0xF0, 0xFF, 0x07}, 4, true);             // lock incl
    expect({0x48, 0x01, 0x07}, 8, true);             // add %rax, (%rdi)
    expect({0x39, 0x07}, 4, false);                  // cmp: it writes nothing
    expect({0x48, 0x83, 0x07, 1}, 8, true);          // addq $1
    expect({0x83, 0x3F, 1}, 4, false);               // cmpl $1
    expect({0x80, 0x0F, 1}, 1, true);                // orb
    expect({0x87, 0x07}, 4, true);                   // xchg
    expect({0xF6, 0x17}, 1, true);                   // notb
    expect({0xF7, 0x27}, 4, false);                  // mull reads
    expect({0xD1, 0x27}, 4, true);                   // shll
    expect({0xF0, 0x48, 0x0F, 0xC1, 0x07}, 8, true); // lock xadd
    expect({0x0F, 0xB0, 0x0F}, 1, true);             // cmpxchgb
    expect({0x48, 0x0F, 0xC7, 0x0F}, 16, true);      // cmpxchg16b
    expect({0x0F, 0xC7, 0x0F}, 8, true);             // cmpxchg8b
}

TEST(OperandSize, OfStacksAndStrings) {
    expect({0x50}, 8); // push %rax
    expect({0x66, 0x50}, 2);
    expect({0x50}, 4, false, wide);
    expect({0xE8, 0, 0, 0, 0}, 8); // call
    expect({0xC3}, 8);             // ret
    expect({0xFF, 0x17}, 8);       // call *(%rdi)
    expect({0xFF, 0x37}, 8);       // pushq (%rdi)
    expect({0xF3, 0xA4}, 1);       // rep movsb
    expect({0xF3, 0x48, 0xAB}, 8); // rep stosq
    expect({0x6C}, 1);             // insb
    expect({0x48, 0x6D}, 4);       // insl: there is no wider one
}

TEST(OperandSize, OfTheRestAtMost) {
    EXPECT_EQ(of({0x0F, 0x29, 0x07}).bytes, 16); // movaps
    EXPECT_EQ(of({0xC5, 0xFC, 0x29, 0x07}).bytes, 32);
    EXPECT_EQ(of({0x62, 0xF1, 0x7C, 0x48, 0x29, 0x07}).bytes, 64);
    EXPECT_EQ(of({0x0F, 0xAE, 0x07}).bytes, 512);  // fxsave
    EXPECT_EQ(of({0x0F, 0xAE, 0x27}).bytes, 4096); // xsave
    EXPECT_EQ(of({0xDD, 0x37}).bytes, 108);        // fnsave
    EXPECT_EQ(of({0xDB, 0x3F}).bytes, 10);         // fstpt
    EXPECT_FALSE(of({0x0F, 0x29, 0x07}).exact);
    EXPECT_EQ(of({0xC8, 0x10, 0, 1}).before, 4096); // enter
    EXPECT_EQ(of({0x60}, wide).before, 32);         // pusha
    const uint8_t cut_off[] = {0x48};
    EXPECT_EQ(core::operand_size(cut_off, 1, long_mode).bytes, 4096);
    EXPECT_EQ(core::operand_size(cut_off, 0, long_mode).bytes, 4096);
}

} // namespace
} // namespace nadir::test
