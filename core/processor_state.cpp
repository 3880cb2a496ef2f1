// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/processor_state.h"

#include "arch/msr/index.h"
#include "arch/vmx/fields.h"
#include "cpu/msr.h"
#include "cpu/registers.h"
#include "cpu/vmx.h"

namespace nadir::core {

using namespace arch;
using cpu::read_msr;
using cpu::vmread;
using cpu::vmwrite;

namespace {

// What VMWRITE puts into the fields of one segment register, and VMREAD gets from them.
template <typename SelectorField, typename BaseField, typename LimitField, typename RightsField>
struct SegmentFields {
    SelectorField selector;
    BaseField base;
    LimitField limit;
    RightsField rights;

    void write(const SegmentState& s) const {
        vmwrite(selector, s.selector);
        vmwrite(base, s.base);
        vmwrite(limit, s.limit);
        vmwrite(rights, s.rights);
    }
    SegmentState read() const { return {vmread(selector), vmread(rights), vmread(limit), vmread(base)}; }
};

// Clang 16 has no class template argument deduction for aggregates.
template <typename S, typename B, typename L, typename R>
SegmentFields(S, B, L, R) -> SegmentFields<S, B, L, R>;

constexpr SegmentFields es_fields{vmcs::guest_es_selector, vmcs::guest_es_base, vmcs::guest_es_limit,
                                  vmcs::guest_es_access_rights};
constexpr SegmentFields cs_fields{vmcs::guest_cs_selector, vmcs::guest_cs_base, vmcs::guest_cs_limit,
                                  vmcs::guest_cs_access_rights};
constexpr SegmentFields ss_fields{vmcs::guest_ss_selector, vmcs::guest_ss_base, vmcs::guest_ss_limit,
                                  vmcs::guest_ss_access_rights};
constexpr SegmentFields ds_fields{vmcs::guest_ds_selector, vmcs::guest_ds_base, vmcs::guest_ds_limit,
                                  vmcs::guest_ds_access_rights};
constexpr SegmentFields fs_fields{vmcs::guest_fs_selector, vmcs::guest_fs_base, vmcs::guest_fs_limit,
                                  vmcs::guest_fs_access_rights};
constexpr SegmentFields gs_fields{vmcs::guest_gs_selector, vmcs::guest_gs_base, vmcs::guest_gs_limit,
                                  vmcs::guest_gs_access_rights};
constexpr SegmentFields ldtr_fields{vmcs::guest_ldtr_selector, vmcs::guest_ldtr_base, vmcs::guest_ldtr_limit,
                                    vmcs::guest_ldtr_access_rights};
constexpr SegmentFields tr_fields{vmcs::guest_tr_selector, vmcs::guest_tr_base, vmcs::guest_tr_limit,
                                  vmcs::guest_tr_access_rights};

bool has_cet(const Capabilities& c) { return c.cet_ss() || c.cet_ibt(); }

} // namespace

SegmentState segment_from_tables(Selector selector, const DescriptorTableRegister& gdtr, uint64_t ldt) {
    if (selector.null()) {
        return {selector, AccessRights::none(), 0, 0};
    }
    const uint64_t address = (selector.ti() ? ldt : gdtr.base) + selector.offset();
    const SegmentDescriptor low{*reinterpret_cast<const uint64_t*>(address)};
    SegmentState s{selector, low.access_rights(), low.limit(), low.base()};
    if (!low.s()) { // a system segment has 16 bytes in IA-32e mode
        s.base |= *reinterpret_cast<const uint64_t*>(address + 8) << 32;
    }
    return s;
}

ProcessorState capture_processor(const Capabilities& capabilities) {
    ProcessorState s{};
    s.cr0 = cpu::read_cr0();
    s.cr3 = cpu::read_cr3();
    s.cr4 = cpu::read_cr4();
    s.dr7 = cpu::read_dr7();
    s.rflags = cpu::read_rflags();
    s.gdtr = cpu::read_gdtr();
    s.idtr = cpu::read_idtr();
    s.ldtr = segment_from_tables(cpu::read_ldtr(), s.gdtr, 0);
    s.tr = segment_from_tables(cpu::read_tr(), s.gdtr, 0);
    s.es = segment_from_tables(cpu::read_es(), s.gdtr, s.ldtr.base);
    s.cs = segment_from_tables(cpu::read_cs(), s.gdtr, s.ldtr.base);
    s.ss = segment_from_tables(cpu::read_ss(), s.gdtr, s.ldtr.base);
    s.ds = segment_from_tables(cpu::read_ds(), s.gdtr, s.ldtr.base);
    s.fs = segment_from_tables(cpu::read_fs(), s.gdtr, s.ldtr.base);
    s.gs = segment_from_tables(cpu::read_gs(), s.gdtr, s.ldtr.base);
    s.fs.base = read_msr(Msr::ia32_fs_base);
    s.gs.base = read_msr(Msr::ia32_gs_base);
    s.efer = Efer{read_msr(Msr::ia32_efer)};
    s.pat = Pat{read_msr(Msr::ia32_pat)};
    s.sysenter_cs = read_msr(Msr::ia32_sysenter_cs);
    s.sysenter_esp = read_msr(Msr::ia32_sysenter_esp);
    s.sysenter_eip = read_msr(Msr::ia32_sysenter_eip);
    if (has_cet(capabilities)) {
        s.s_cet = read_msr(Msr::ia32_s_cet);
        if (capabilities.cet_ss()) {
            s.interrupt_ssp_table = read_msr(Msr::ia32_interrupt_ssp_table_addr);
        }
    }
    if (capabilities.pks()) {
        s.pkrs = read_msr(Msr::ia32_pkrs);
    }
    return s;
}

void write_guest_state(const ProcessorState& s, const Capabilities& capabilities) {
    vmwrite(vmcs::guest_cr3, s.cr3);
    vmwrite(vmcs::guest_dr7, s.dr7);
    vmwrite(vmcs::guest_rflags, s.rflags);
    es_fields.write(s.es);
    cs_fields.write(s.cs);
    ss_fields.write(s.ss);
    ds_fields.write(s.ds);
    fs_fields.write(s.fs);
    gs_fields.write(s.gs);
    ldtr_fields.write(s.ldtr);
    tr_fields.write(s.tr);
    vmwrite(vmcs::guest_gdtr_base, s.gdtr.base);
    vmwrite(vmcs::guest_gdtr_limit, s.gdtr.limit);
    vmwrite(vmcs::guest_idtr_base, s.idtr.base);
    vmwrite(vmcs::guest_idtr_limit, s.idtr.limit);
    vmwrite(vmcs::guest_efer, s.efer);
    vmwrite(vmcs::guest_pat, s.pat);
    vmwrite(vmcs::guest_debugctl, s.debugctl);
    vmwrite(vmcs::guest_sysenter_cs, static_cast<uint32_t>(s.sysenter_cs));
    vmwrite(vmcs::guest_sysenter_esp, s.sysenter_esp);
    vmwrite(vmcs::guest_sysenter_eip, s.sysenter_eip);
    vmwrite(vmcs::guest_interruptibility, Interruptibility{});
    vmwrite(vmcs::guest_activity_state, static_cast<uint32_t>(ActivityState::active));
    vmwrite(vmcs::guest_pending_debug, PendingDebugExceptions{});
    vmwrite(vmcs::link_pointer, ~uint64_t{0});
    if (has_cet(capabilities)) {
        vmwrite(vmcs::guest_s_cet, CetControl{s.s_cet});
        vmwrite(vmcs::guest_ssp, s.ssp);
        vmwrite(vmcs::guest_interrupt_ssp_table, s.interrupt_ssp_table);
    }
    if (capabilities.pks()) {
        vmwrite(vmcs::guest_pkrs, Pkrs{s.pkrs});
    }
}

ProcessorState read_guest_state(const Capabilities& capabilities) {
    ProcessorState s{};
    // Bits under a mask read as the guest wrote them.
    const Cr0 cr0_mask = vmread(vmcs::cr0_mask);
    const Cr4 cr4_mask = vmread(vmcs::cr4_mask);
    s.cr0 =
        Cr0{(vmread(vmcs::guest_cr0).value & ~cr0_mask.value) | (vmread(vmcs::cr0_read_shadow).value & cr0_mask.value)};
    s.cr4 =
        Cr4{(vmread(vmcs::guest_cr4).value & ~cr4_mask.value) | (vmread(vmcs::cr4_read_shadow).value & cr4_mask.value)};
    s.cr3 = vmread(vmcs::guest_cr3);
    s.dr7 = vmread(vmcs::guest_dr7);
    s.rflags = vmread(vmcs::guest_rflags);
    s.rip = vmread(vmcs::guest_rip);
    s.rsp = vmread(vmcs::guest_rsp);
    s.es = es_fields.read();
    s.cs = cs_fields.read();
    s.ss = ss_fields.read();
    s.ds = ds_fields.read();
    s.fs = fs_fields.read();
    s.gs = gs_fields.read();
    s.ldtr = ldtr_fields.read();
    s.tr = tr_fields.read();
    s.gdtr = {static_cast<uint16_t>(vmread(vmcs::guest_gdtr_limit)), vmread(vmcs::guest_gdtr_base)};
    s.idtr = {static_cast<uint16_t>(vmread(vmcs::guest_idtr_limit)), vmread(vmcs::guest_idtr_base)};
    s.efer = vmread(vmcs::guest_efer);
    s.pat = vmread(vmcs::guest_pat);
    s.debugctl = vmread(vmcs::guest_debugctl);
    s.sysenter_cs = vmread(vmcs::guest_sysenter_cs);
    s.sysenter_esp = vmread(vmcs::guest_sysenter_esp);
    s.sysenter_eip = vmread(vmcs::guest_sysenter_eip);
    if (has_cet(capabilities)) {
        s.s_cet = vmread(vmcs::guest_s_cet).value;
        s.ssp = vmread(vmcs::guest_ssp);
        s.interrupt_ssp_table = vmread(vmcs::guest_interrupt_ssp_table);
    }
    if (capabilities.pks()) {
        s.pkrs = vmread(vmcs::guest_pkrs).value;
    }
    return s;
}

} // namespace nadir::core
