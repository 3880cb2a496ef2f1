// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/memory/second_level.h"

#include "arch/msr/index.h"
#include "arch/msr/vmx_capabilities.h"
#include "core/log.h"
#include "core/vmm.h"
#include "cpu/instructions.h"
#include "cpu/msr.h"
#include "cpu/registers.h"
#include "cpu/vmx.h"

namespace nadir::core {

using arch::Msr;

MtrrValues read_mtrrs(bool supported) {
    MtrrValues values{};
    values.supported = supported;
    if (!supported) {
        return values;
    }
    values.capability = cpu::read_msr_as<arch::MtrrCapability>(Msr::ia32_mtrrcap);
    values.default_type = cpu::read_msr_as<arch::MtrrDefaultType>(Msr::ia32_mtrr_def_type);
    if (values.capability.fixed()) {
        constexpr Msr fixed[] = {Msr::ia32_mtrr_fix64k_00000, Msr::ia32_mtrr_fix16k_80000, Msr::ia32_mtrr_fix16k_a0000,
                                 Msr::ia32_mtrr_fix4k_c0000,  Msr::ia32_mtrr_fix4k_c8000,  Msr::ia32_mtrr_fix4k_d0000,
                                 Msr::ia32_mtrr_fix4k_d8000,  Msr::ia32_mtrr_fix4k_e0000,  Msr::ia32_mtrr_fix4k_e8000,
                                 Msr::ia32_mtrr_fix4k_f0000,  Msr::ia32_mtrr_fix4k_f8000};
        for (unsigned i = 0; i < sizeof(fixed) / sizeof(fixed[0]); ++i) {
            values.fixed[i] = cpu::read_msr(fixed[i]);
        }
    }
    values.variable_count = values.capability.variable_count();
    if (values.variable_count > MtrrValues::most_variable) {
        values.variable_count = MtrrValues::most_variable;
    }
    for (unsigned i = 0; i < values.variable_count; ++i) {
        values.base[i] = cpu::read_msr_as<arch::MtrrPhysicalBase>(arch::ia32_mtrr_physbase(i));
        values.mask[i] = cpu::read_msr_as<arch::MtrrPhysicalMask>(arch::ia32_mtrr_physmask(i));
    }
    return values;
}

namespace {

// Held while the tables change: whoever comes second finds them changed, and no page of the pool is taken in vain.
class EptLock {
public:
    explicit EptLock(Vmm& vmm) : vmm_(vmm) {
        while (__atomic_exchange_n(&vmm_.ept_lock, 1, __ATOMIC_ACQUIRE) != 0) {
            cpu::pause();
        }
    }
    ~EptLock() { __atomic_store_n(&vmm_.ept_lock, 0, __ATOMIC_RELEASE); }
    EptLock(const EptLock&) = delete;
    EptLock& operator=(const EptLock&) = delete;

private:
    Vmm& vmm_;
};

// Processors change their MTRRs at the same time, each with the same values in the end.
bool refresh_types(Vmm& vmm) {
    const EptLock lock{vmm};
    vmm.ept.mtrr = read_mtrrs(vmm.capabilities.mtrr());
    return ept_refresh_types(vmm.ept);
}

} // namespace

EptResult map_on_demand(Vmm& vmm, uint64_t address) {
    const EptLock lock{vmm};
    return ept_map(vmm.ept, address);
}

void follow_mtrrs(Vcpu& vcpu) {
    Vmm& vmm = *vcpu.place.vmm;
    if (!refresh_types(vmm)) {
        log(vcpu, Message::ept_pool_empty, {vmm.ept.pool.pages});
    }
    forget_translations(vcpu);
}

void forget_translations(const Vcpu& vcpu) {
    const Vmm& vmm = *vcpu.place.vmm;
    const arch::VmxEptVpidCapability capability{vmm.capabilities.msr(arch::capability_msr::vmx_ept_vpid)};
    const bool single = capability.invept_single_context();
    (void)cpu::invept(single ? arch::InveptType::single_context : arch::InveptType::all_context,
                      arch::InveptDescriptor{vmm.eptp.value, 0});
    if (vmm.controls.secondary.enable_vpid()) {
        (void)cpu::invvpid(capability.invvpid_single_context() ? arch::InvvpidType::single_context
                                                               : arch::InvvpidType::all_context,
                           arch::InvvpidDescriptor{1, 0});
    }
    // Root mode's own (VPID 0), which may stem from the system's page tables: a change of CR4.PGE drops all of them.
    const arch::Cr4 cr4 = cpu::read_cr4();
    cpu::write_cr4(arch::Cr4{cr4}.set_pge(!cr4.pge()));
    cpu::write_cr4(cr4);
}

} // namespace nadir::core
