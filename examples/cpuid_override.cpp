// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A CPUID override: every program reads another brand string than the processor has. It shows the least that an extension is: what it
// is called, which leaves it wants, and what it makes of the answer. [SDM2 "CPUID", "Methods for Returning Branding Information"]
#include "core/extensions/extension.h"

using namespace nadir::extension;

namespace {

// 48 letters, of which each of three leaves has 16: in EAX, EBX, ECX and EDX, four each.
constexpr std::string_view brand = "Nadir's own processor, seen from beneath       ";
constexpr uint32_t first_leaf = 0x8000'0002;

constexpr uint32_t four_letters(std::size_t at) {
    uint32_t letters = 0;
    for (std::size_t i = 0; i < 4 && at + i < brand.size(); ++i) {
        letters |= uint32_t{static_cast<uint8_t>(brand[at + i])} << (8 * i);
    }
    return letters;
}

struct CpuidOverride {
    static constexpr About about{"1.0", "gives the processor another brand string"};
    static constexpr std::string_view counters[] = {"answers"};

    // Only CPUIDs of these leaves come here. (And in root mode those that share the last five bits with one of them take a longer
    // way; all others cost what they cost without any extension.)
    static constexpr uint32_t cpuid_leaves[] = {first_leaf, first_leaf + 1, first_leaf + 2};

    // `answer` is what the processor said. What is left in it is what the program gets.
    static void cpuid(Processor& processor, uint32_t leaf, uint32_t, CpuidAnswer& answer) {
        const std::size_t at = (leaf - first_leaf) * 16;
        answer = {four_letters(at), four_letters(at + 4), four_letters(at + 8), four_letters(at + 12)};
        processor.count(0);
    }
};

} // namespace

NADIR_EXTENSION(CpuidOverride)
