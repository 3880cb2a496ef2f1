// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/probe.h"

#include "arch/capability_reading.h"
#include "arch/control_registers.h"
#include "core/nadir.h"
#include "cpu/cpuid.h"
#include "cpu/msr.h"
#include "cpu/registers.h"

namespace nadir::core {

namespace capability_msr = arch::capability_msr;

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
    arch::Capabilities left = a;
    // The processor's own number, and how much of the state that it has switched on XSAVE stores: nobody judges these.
    left.leaf_1.ebx = b.leaf_1.ebx;
    left.leaf_d.ebx = b.leaf_d.ebx;
    left.leaf_d_1.ebx = b.leaf_d_1.ebx;
    // Of the control registers, bits that VMX leaves free and that stand for no other user of it. Systems do differ there: the
    // first processor of Linux has CR4.PSE, the others don't.
    const uint64_t cr0_judged = ~b.msr(capability_msr::vmx_cr0_fixed1);
    const uint64_t cr4_judged = ~b.msr(capability_msr::vmx_cr4_fixed1) | b.msr(capability_msr::vmx_cr4_fixed0) |
                                arch::Cr4::vmxe_mask | arch::Cr4::fred_mask | arch::Cr4::uintr_mask;
    left.cr0 = (a.cr0 & cr0_judged) | (b.cr0 & ~cr0_judged);
    left.cr4 = (a.cr4 & cr4_judged) | (b.cr4 & ~cr4_judged);

    using Word [[gnu::may_alias]] = uint64_t;
    constexpr unsigned words = sizeof(arch::Capabilities) / sizeof(Word);
    static_assert(words * sizeof(Word) == sizeof(arch::Capabilities));
    const auto* right = reinterpret_cast<const Word*>(&b);
    Word differences = 0;
    for (unsigned i = 0; i < words; ++i) {
        differences |= reinterpret_cast<const Word*>(&left)[i] ^ right[i];
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
