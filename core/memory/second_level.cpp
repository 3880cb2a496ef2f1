// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/memory/second_level.h"

#include "arch/msr/index.h"
#include "arch/msr/vmx_capabilities.h"
#include "arch/vmx/fields.h"
#include "core/log.h"
#include "core/memory/ept_lock.h"
#include "core/views/step.h"
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

// The page that the tables gave back last of those that no processor may still have cached. One that is not in VMX operation
// invalidates before it enters (core/enter.cpp), and one that is stopped for good never enters again.
uint64_t invalidated_by_all(const Vmm& vmm) {
    uint64_t epoch = vmm.ept.pool.epoch;
    for (uint32_t i = 0; i < vmm.processor_count; ++i) {
        const Vcpu& vcpu = *vmm.vcpus[i];
        const uint64_t seen = __atomic_load_n(&vcpu.tables_seen, __ATOMIC_ACQUIRE);
        if (__atomic_load_n(&vcpu.vmx_on, __ATOMIC_ACQUIRE) != 0 &&
            __atomic_load_n(&vcpu.state, __ATOMIC_ACQUIRE) != NADIR_PROCESSOR_DEAD && seen < epoch) {
            epoch = seen;
        }
    }
    return epoch;
}

arch::Eptp eptp_of(const Vcpu& vcpu) {
    const arch::Eptp shared = vcpu.place.vmm->eptp;
    return vcpu.own_tables.in_use() ? arch::Eptp{shared}.set_address(vcpu.own_tables.root) : shared;
}

// Processors change their MTRRs at the same time, each with the same values in the end.
bool refresh_types(Vcpu& vcpu) {
    Vmm& vmm = *vcpu.place.vmm;
    const EptLock lock{vcpu};
    vmm.ept.pool.invalidated = invalidated_by_all(vmm);
    vmm.ept.mtrr = read_mtrrs(vmm.capabilities.mtrr());
    ept_own_tables_clear(vmm.ept, vcpu.own_tables);
    const bool complete = ept_refresh_types(vmm.ept);
    if (vmm.views != nullptr) {
        refresh_views(*vmm.views);
    }
    return complete;
}

// The processor's own tables help out.
bool map_in_own_tables(Vcpu& vcpu, uint64_t address) {
    {
        const EptLock lock{vcpu};
        if (!ept_own_tables_map(vcpu.place.vmm->ept, vcpu.own_tables, address)) {
            return false;
        }
    }
    cpu::vmwrite(arch::vmcs::eptp, eptp_of(vcpu));
    forget_guest_translations(vcpu);
    return true;
}

EptResult map_for_all(Vcpu& vcpu, uint64_t address) {
    Vmm& vmm = *vcpu.place.vmm;
    const EptLock lock{vcpu};
    vmm.ept.pool.invalidated = invalidated_by_all(vmm);
    return ept_map(vmm.ept, address);
}

} // namespace

EptResult map_on_demand(Vcpu& vcpu, uint64_t address) {
    const EptResult result = map_for_all(vcpu, address);
    if (result == EptResult::beyond_width || (result != EptResult::no_memory && !vcpu.own_tables.in_use())) {
        return result;
    }
    return map_in_own_tables(vcpu, address) ? EptResult::mapped : EptResult::no_memory;
}

void follow_mtrrs(Vcpu& vcpu) {
    if (!refresh_types(vcpu)) {
        log(vcpu, Message::ept_pool_empty, {vcpu.place.vmm->ept.pool.pages});
    }
    forget_translations(vcpu);
}

void forget_guest_translations(Vcpu& vcpu) {
    const Vmm& vmm = *vcpu.place.vmm;
    const uint64_t seen = __atomic_load_n(&vmm.ept.pool.epoch, __ATOMIC_ACQUIRE);
    const arch::VmxEptVpidCapability capability{vmm.capabilities.msr(arch::capability_msr::vmx_ept_vpid)};
    const bool single = capability.invept_single_context() && vcpu.view == nullptr;
    if (vcpu.view != nullptr) {
        renew_step_tables(vcpu);
    }
    (void)cpu::invept(single ? arch::InveptType::single_context : arch::InveptType::all_context,
                      arch::InveptDescriptor{eptp_of(vcpu).value, 0});
    forget_guest_linear_translations(vcpu);
    __atomic_store_n(&vcpu.tables_seen, seen, __ATOMIC_RELEASE);
}

void forget_translations(Vcpu& vcpu) {
    forget_guest_translations(vcpu);
    // Root mode's own (VPID 0), which may stem from the system's page tables: a change of CR4.PGE drops all of them.
    const arch::Cr4 cr4 = cpu::read_cr4();
    cpu::write_cr4(arch::Cr4{cr4}.set_pge(!cr4.pge()));
    cpu::write_cr4(cr4);
}

void forget_guest_linear_translations(const Vcpu& vcpu) {
    const Vmm& vmm = *vcpu.place.vmm;
    if (!vmm.controls.secondary.enable_vpid()) {
        return; // every VM entry forgets them
    }
    const arch::VmxEptVpidCapability capability{vmm.capabilities.msr(arch::capability_msr::vmx_ept_vpid)};
    (void)cpu::invvpid(capability.invvpid_single_context() ? arch::InvvpidType::single_context
                                                           : arch::InvvpidType::all_context,
                       arch::InvvpidDescriptor{1, 0});
}

} // namespace nadir::core
