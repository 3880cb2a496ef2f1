// SPDX-License-Identifier: MIT OR GPL-2.0-only
// MOV to CR0 and CR4 (and LMSW) exit only when they change a bit that VMX operation fixes: CR0.NE and CR4.VMXE. The guest
// sees such a bit through the read shadow, as it wrote it; the register itself keeps what VMX demands.
//
// The write is not emulated: the shadow takes the guest's new value for the fixed bits, and the guest executes the same
// instruction again, now without an exit. So the processor itself checks the other bits, reloads PDPTEs and flushes what has
// to be flushed. Only what would raise #GP is looked for here, so that a refused write leaves the shadow as it was.
#include "arch/control_registers.h"
#include "arch/msr/efer.h"
#include "arch/vmx/exit_qualification.h"
#include "arch/vmx/fields.h"
#include "core/exits/handlers.h"
#include "core/guest.h"
#include "core/log.h"
#include "core/memory/guest_linear.h"
#include "core/vmm.h"
#include "cpu/vmx.h"

namespace nadir::core::exits {

using namespace arch;
using cpu::vmread;
using cpu::vmwrite;

namespace {

// With PAE paging, some changes of CR0 and CR4 load the PDPTEs from memory, and refuse bad ones. [SDM3 "PDPTE Registers"]
bool pdptes_refused(const Vcpu& vcpu) {
    PaePdpte entries[4];
    return !read_pdptes(vcpu, vmread(vmcs::guest_cr3), entries);
}

// [SDM3 "Control Registers"]: the combinations that MOV to CR0 refuses.
bool cr0_refused(const Vcpu& vcpu, Cr0 wanted) {
    if ((wanted.value >> 32) != 0 || (wanted.pg() && !wanted.pe()) || (wanted.nw() && !wanted.cd())) {
        return true;
    }
    const Cr4 cr4 = vmread(vmcs::guest_cr4);
    if (!wanted.wp() && cr4.cet()) {
        return true;
    }
    if (!wanted.pg()) {
        return cr4.pcide() || guest_in_64_bit_mode();
    }
    const Cr0 now = vmread(vmcs::guest_cr0);
    const Efer efer = vmread(vmcs::guest_efer);
    if (!now.pg() && efer.lme()) { // IA-32e paging comes [SDM3 "Initializing IA-32e Mode"]
        return !cr4.pae() || vmread(vmcs::guest_cs_access_rights).l();
    }
    constexpr uint64_t that_load = Cr0::cd_mask | Cr0::nw_mask | Cr0::pg_mask;
    const bool loads = ((wanted.value ^ now.value) & that_load) != 0 && cr4.pae() && !efer.lma();
    return loads && pdptes_refused(vcpu);
}

// The same for MOV to CR4.
bool cr4_refused(const Vcpu& vcpu, Cr4 wanted) {
    const Cr4 now = vmread(vmcs::guest_cr4);
    const bool long_mode = vmread(vmcs::guest_efer).lma();
    if ((wanted.value & ~vcpu.place.vmm->capabilities.msr(capability_msr::vmx_cr4_fixed1)) != 0) {
        return true;
    }
    if (long_mode && (!wanted.pae() || wanted.la57() != now.la57())) {
        return true;
    }
    if (wanted.cet() && !vmread(vmcs::guest_cr0).wp()) {
        return true;
    }
    const bool pcide_comes = wanted.pcide() && !now.pcide();
    if (pcide_comes && (!long_mode || vmread(vmcs::guest_cr3).pcid() != 0)) {
        return true;
    }
    constexpr uint64_t that_load = Cr4::pae_mask | Cr4::pge_mask | Cr4::pse_mask | Cr4::smep_mask;
    const bool loads = ((wanted.value ^ now.value) & that_load) != 0 && wanted.pae() && vmread(vmcs::guest_cr0).pg();
    return loads && !long_mode && pdptes_refused(vcpu);
}

// The instruction wasn't executed, so no single-step trap of it pends; what pends behind MOV SS still does. Processors say so
// by themselves ([SDM3 "Saving Non-Register State"]), Bochs 2.7 does not, and the guest would be stepped twice.
Outcome execute_again() {
    const PendingDebugExceptions pending = vmread(vmcs::guest_pending_debug);
    if (pending.bs() && !vmread(vmcs::guest_interruptibility).in_instruction_shadow()) {
        vmwrite(vmcs::guest_pending_debug, PendingDebugExceptions{pending}.set_bs(false));
    }
    return Outcome::retry;
}

// What differs in the bit that VMX fixes only is as good as what the register has: the usual reason to be here.
bool differs_only_in(uint64_t mask, uint64_t wanted, uint64_t now) { return ((wanted ^ now) & ~mask) == 0; }

Outcome write_cr0(Vcpu& vcpu, Cr0 wanted) {
    if (!differs_only_in(Cr0::ne_mask, wanted.value, vmread(vmcs::guest_cr0).value) && cr0_refused(vcpu, wanted)) {
        return Outcome::general_protection;
    }
    vmwrite(vmcs::cr0_read_shadow, wanted);
    return execute_again();
}

Outcome write_cr4(Vcpu& vcpu, Cr4 wanted) {
    if (!differs_only_in(Cr4::vmxe_mask, wanted.value, vmread(vmcs::guest_cr4).value) && cr4_refused(vcpu, wanted)) {
        return Outcome::general_protection;
    }
    log(vcpu, Message::guest_changed_vmxe, {wanted.vmxe() ? 1u : 0u, vmread(vmcs::guest_rip)});
    vmwrite(vmcs::cr4_read_shadow, wanted);
    return execute_again();
}

} // namespace

Outcome control_register(Vcpu& vcpu) {
    const CrAccessQualification access{vmread(vmcs::exit_qualification)};
    if (access.access_type() == CrAccessType::mov_to_cr) {
        const uint64_t value = guest_register(vcpu, access.general_register());
        if (access.control_register() == 0) {
            return write_cr0(vcpu, Cr0{value});
        }
        if (access.control_register() == 4) {
            return write_cr4(vcpu, Cr4{value});
        }
    }
    // CLTS and LMSW touch no bit that VMX fixes under unrestricted guest, and CR3 and CR8 are not intercepted.
    return Outcome::unexpected;
}

} // namespace nadir::core::exits
