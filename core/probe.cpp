// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/probe.h"

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

extern "C" NADIR_ABI void nadir_read_capabilities(void* out) {
    const arch::Capabilities capabilities = read_processor_capabilities();
    static_assert(sizeof(capabilities) <= NADIR_CAPABILITIES_BYTES);
    __builtin_memset(out, 0, NADIR_CAPABILITIES_BYTES);
    __builtin_memcpy(out, &capabilities, sizeof(capabilities));
}

} // namespace nadir::core
