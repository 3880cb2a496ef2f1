// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Leaving: the processor gets the guest's present state back (not the one of the time of entering) and goes on outside VMX
// operation, behind the hypercall that asked for it.
#include "arch/msr/index.h"
#include "arch/vmx/fields.h"
#include "core/enter.h"
#include "core/guest_call.h"
#include "core/log.h"
#include "core/processor_state.h"
#include "core/root/descriptor_tables.h"
#include "core/vmm.h"
#include "cpu/entry_points.h"
#include "cpu/instructions.h"
#include "cpu/msr.h"
#include "cpu/registers.h"
#include "cpu/vmx.h"

namespace nadir::core {

using namespace arch;

namespace {

void restore_msrs(const ProcessorState& s, const Capabilities& capabilities) {
    cpu::write_msr(Msr::ia32_efer, s.efer.value);
    cpu::write_msr(Msr::ia32_pat, s.pat.value);
    cpu::write_msr(Msr::ia32_sysenter_cs, s.sysenter_cs);
    cpu::write_msr(Msr::ia32_sysenter_esp, s.sysenter_esp);
    cpu::write_msr(Msr::ia32_sysenter_eip, s.sysenter_eip);
    // The VM exit cleared it; so a processor without the MSR is never asked to write it.
    if (s.debugctl.value != 0) {
        cpu::write_msr(Msr::ia32_debugctl, s.debugctl.value);
    }
    if (capabilities.cet_ss() || capabilities.cet_ibt()) {
        cpu::write_msr(Msr::ia32_s_cet, s.s_cet);
    }
    if (capabilities.cet_ss()) {
        cpu::write_msr(Msr::ia32_interrupt_ssp_table_addr, s.interrupt_ssp_table);
    }
    if (capabilities.pks()) {
        cpu::write_msr(Msr::ia32_pkrs, s.pkrs);
    }
}

// The system's address space comes first: root mode's code, stack and tables are at the same addresses in both. Then its
// control registers, and everything that the TLB may still hold of the time before is dropped: the guest used its own tag
// (VPID) and so never invalidated what had been cached without one.
void switch_to_system(const ProcessorState& s) {
    const Cr4 without_pge = Cr4{s.cr4}.set_pge(false);
    const Cr4 with_pge = Cr4{s.cr4}.set_pge(true);
    cpu::write_cr4(without_pge); // PCIDE may come only while CR3[11:0] is 0, as root mode's is
    cpu::write_cr3(s.cr3);
    cpu::write_cr4(with_pge);
    cpu::write_cr4(s.cr4);
    cpu::write_cr0(s.cr0);
}

cpu::ReturnState return_state(const Vcpu& vcpu, const ProcessorState& s) {
    cpu::ReturnState r{};
    r.rip = s.rip;
    r.cs = s.cs.selector.value;
    r.rflags = s.rflags.value;
    r.rsp = s.rsp;
    r.ss = s.ss.selector.value;
    r.leaving_idtr = {idt_limit, vcpu.place.vmm->idt + leaving_idt_offset};
    r.gdtr = s.gdtr;
    r.idtr = s.idtr;
    r.tr = s.tr.selector.value;
    r.ldtr = s.ldtr.selector.value;
    r.ds = s.ds.selector.value;
    r.es = s.es.selector.value;
    r.fs = s.fs.selector.value;
    r.gs = s.gs.selector.value;
    r.fs_base = s.fs.base;
    r.gs_base = s.gs.base;
    r.owed_nmi = &vcpu.owed.nmi;
    return r;
}

} // namespace

void raise_kept_nmis(uint64_t count) {
    for (uint64_t i = 0; i < count; ++i) {
        cpu::raise_nmi_vector();
    }
}

extern "C" {

// From cpu/exit.S, after a handler answered "leave". Root mode.
[[noreturn]] NADIR_CPU_ABI void nadir_leave_from_root(Vcpu* vcpu_pointer) {
    Vcpu& vcpu = *vcpu_pointer;
    const Capabilities& capabilities = vcpu.place.vmm->capabilities;
    const ProcessorState s = read_guest_state(capabilities);
    cpu::ReturnState back = return_state(vcpu, s);

    vcpu.vmx_on = 0;
    set_state(vcpu, NADIR_PROCESSOR_OFF);
    (void)cpu::vmclear(vcpu.place.vmcs_physical);
    (void)cpu::vmxoff();

    switch_to_system(s);
    restore_msrs(s, capabilities);
    cpu::write_dr7(s.dr7);
    // LTR wants an available TSS and marks it busy. The system's own descriptor is busy, and its GDT may be read-only;
    // root mode's GDT has room for it at the same selector.
    set_task_descriptor(vcpu, s.tr.selector,
                        SystemSegmentDescriptor::make(s.tr.base, s.tr.limit, segment_type::tss_available));
    // RCX becomes the number of NMIs that could not be given to the guest any more: the caller raises them.
    cpu::nadir_cpu_return(&back, vcpu.registers.value);
}
}

uint32_t leave_processor(nadir_session& session, uint32_t processor) {
    nadir_session::Processor& record = session.processors[processor];
    if (record.state != NADIR_PROCESSOR_ON) {
        return NADIR_OK;
    }
    const uint64_t started = cpu::read_tsc();
    const GuestCall answer = call_root(session, Hypercall::leave);
    if (answer.status != NADIR_OK) {
        return NADIR_REFUSED;
    }
    record.leave_ticks = cpu::read_tsc() - started;
    record.state = NADIR_PROCESSOR_OFF;
    --session.processors_on;
    raise_kept_nmis(answer.word[0]);
    keep_results(session, processor);
    log(session, processor, Message::processor_left, {record.leave_ticks});
    return NADIR_OK;
}

} // namespace nadir::core
