// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/probe.h"

#include <cstddef>

#include "arch/capability_reading.h"
#include "core/nadir.h"
#include "cpu/cpuid.h"
#include "cpu/msr.h"
#include "cpu/registers.h"

namespace nadir::core {

namespace {

struct ProcessorReader {
    arch::CpuidRegisters cpuid(uint32_t leaf, uint32_t subleaf) const {
        const cpu::CpuidResult r = cpu::cpuid(leaf, subleaf);
        return {r.eax, r.ebx, r.ecx, r.edx};
    }
    // Only asked for what the processor is known to have.
    std::optional<uint64_t> msr(uint32_t index) const { return cpu::read_msr(static_cast<arch::Msr>(index)); }
    arch::ControlRegisters control_registers() const { return {cpu::read_cr0().value, cpu::read_cr4().value}; }
};

} // namespace

arch::Capabilities read_processor_capabilities() {
    ProcessorReader reader;
    return arch::read_capabilities(reader);
}

bool say_the_same(const arch::Capabilities& a, const arch::Capabilities& b) {
    using Word [[gnu::may_alias]] = uint64_t;
    constexpr unsigned words = sizeof(arch::Capabilities) / sizeof(Word);
    static_assert(words * sizeof(Word) == sizeof(arch::Capabilities));
    const auto* left = reinterpret_cast<const Word*>(&a);
    const auto* right = reinterpret_cast<const Word*>(&b);
    Word differences = 0;
    for (unsigned i = 0; i < words; ++i) {
        Word difference = left[i] ^ right[i];
        if (i == offsetof(arch::Capabilities, leaf_1) / sizeof(Word)) {
            difference &= 0xFFFF'FFFF; // EAX; EBX has the processor's own number, and nothing that anybody judges
        }
        differences |= difference;
    }
    return differences == 0;
}

extern "C" NADIR_ABI void nadir_read_capabilities(void* out) {
    const arch::Capabilities capabilities = read_processor_capabilities();
    static_assert(sizeof(capabilities) <= NADIR_CAPABILITIES_BYTES);
    __builtin_memset(out, 0, NADIR_CAPABILITIES_BYTES);
    __builtin_memcpy(out, &capabilities, sizeof(capabilities));
}

} // namespace nadir::core
