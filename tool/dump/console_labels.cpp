// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/dump/console_labels.h"

#include "arch/vmx/fields.h"

#include <algorithm>

namespace nadir::tool {

namespace {

using namespace arch::vmcs;

static_assert(access_rights_of_segment(guest_tr_selector.encoding) == guest_tr_access_rights.encoding &&
              base_of_segment(guest_tr_selector.encoding) == guest_tr_base.encoding &&
              limit_of_segment(guest_tr_selector.encoding) == guest_tr_limit.encoding &&
              base_of_table(guest_idtr_limit.encoding) == guest_idtr_base.encoding);

struct Label {
    DumpSection section;
    std::string_view head;
    std::string_view key;
    std::uint32_t encoding;
};

constexpr DumpSection guest = DumpSection::guest;
constexpr DumpSection host = DumpSection::host;
constexpr DumpSection control = DumpSection::control;

constexpr Label labels[] = {
    {guest, "CR0", "actual", guest_cr0.encoding},
    {guest, "CR0", "shadow", cr0_read_shadow.encoding},
    {guest, "CR0", "gh_mask", cr0_mask.encoding},
    {guest, "CR4", "actual", guest_cr4.encoding},
    {guest, "CR4", "shadow", cr4_read_shadow.encoding},
    {guest, "CR4", "gh_mask", cr4_mask.encoding},
    {guest, "CR3", "actual", guest_cr3.encoding},
    {guest, "CR3", "target_count", cr3_target_count.encoding},
    {guest, "CR3", "target0", cr3_target_value_0.encoding},
    {guest, "CR3", "target1", cr3_target_value_1.encoding},
    {guest, "CR3", "target2", cr3_target_value_2.encoding},
    {guest, "CR3", "target3", cr3_target_value_3.encoding},
    {guest, "", "CR3", guest_cr3.encoding},
    {guest, "", "PDPTR0", guest_pdpte0.encoding},
    {guest, "", "PDPTR1", guest_pdpte1.encoding},
    {guest, "", "PDPTR2", guest_pdpte2.encoding},
    {guest, "", "PDPTR3", guest_pdpte3.encoding},
    {guest, "", "PDPTE0", guest_pdpte0.encoding},
    {guest, "", "PDPTE1", guest_pdpte1.encoding},
    {guest, "", "PDPTE2", guest_pdpte2.encoding},
    {guest, "", "PDPTE3", guest_pdpte3.encoding},
    {guest, "", "RSP", guest_rsp.encoding},
    {guest, "", "RIP", guest_rip.encoding},
    {guest, "", "RFLAGS", guest_rflags.encoding},
    {guest, "", "DR7", guest_dr7.encoding},
    {guest, "", "Sysenter RSP", guest_sysenter_esp.encoding},
    {guest, "", "CS:RIP", guest_sysenter_eip.encoding},
    {guest, "", "EFER", guest_efer.encoding},
    {guest, "", "EFER(VMCS)", guest_efer.encoding},
    // From the MSR-load list: the field is another.
    {guest, "", "EFER(MSR LL)", not_a_field},
    {guest, "", "PAT", guest_pat.encoding},
    {guest, "", "Guest PAT", guest_pat.encoding},
    {guest, "", "PreemptionTimer", preemption_timer_value.encoding},
    {guest, "", "SM Base", guest_smbase.encoding},
    {guest, "", "DebugCtl", guest_debugctl.encoding},
    {guest, "", "DebugExceptions", guest_pending_debug.encoding},
    {guest, "", "PerfGlobCtl", guest_perf_global_ctrl.encoding},
    {guest, "", "BndCfgS", guest_bndcfgs.encoding},
    {guest, "", "Interruptibility", guest_interruptibility.encoding},
    {guest, "", "ActivityState", guest_activity_state.encoding},
    {guest, "", "InterruptStatus", guest_interrupt_status.encoding},
    {guest, "", "TSC Offset", tsc_offset.encoding},
    {guest, "", "S_CET", guest_s_cet.encoding},
    {guest, "", "SSP", guest_ssp.encoding},
    {guest, "", "SSP TABLE", guest_interrupt_ssp_table.encoding},
    {guest, "", "INTR SSP TABLE", guest_interrupt_ssp_table.encoding},

    {host, "", "RIP", host_rip.encoding},
    {host, "", "RSP", host_rsp.encoding},
    {host, "", "CS", host_cs_selector.encoding},
    {host, "", "SS", host_ss_selector.encoding},
    {host, "", "DS", host_ds_selector.encoding},
    {host, "", "ES", host_es_selector.encoding},
    {host, "", "FS", host_fs_selector.encoding},
    {host, "", "GS", host_gs_selector.encoding},
    {host, "", "TR", host_tr_selector.encoding},
    {host, "", "FSBase", host_fs_base.encoding},
    {host, "", "GSBase", host_gs_base.encoding},
    {host, "", "TRBase", host_tr_base.encoding},
    {host, "", "GDTBase", host_gdtr_base.encoding},
    {host, "", "IDTBase", host_idtr_base.encoding},
    {host, "", "CR0", host_cr0.encoding},
    {host, "", "CR3", host_cr3.encoding},
    {host, "", "CR4", host_cr4.encoding},
    {host, "", "Sysenter RSP", host_sysenter_esp.encoding},
    {host, "", "CS:RIP", host_sysenter_eip.encoding},
    {host, "", "EFER", host_efer.encoding},
    {host, "", "PAT", host_pat.encoding},
    {host, "", "Host PAT", host_pat.encoding},
    {host, "", "PerfGlobCtl", host_perf_global_ctrl.encoding},
    {host, "", "S_CET", host_s_cet.encoding},
    {host, "", "SSP", host_ssp.encoding},
    {host, "", "SSP TABLE", host_interrupt_ssp_table.encoding},
    {host, "", "INTR SSP TABLE", host_interrupt_ssp_table.encoding},

    {control, "", "PinBased", pin_controls.encoding},
    {control, "", "CPUBased", primary_controls.encoding},
    {control, "", "SecondaryExec", secondary_controls.encoding},
    {control, "", "TertiaryExec", tertiary_controls.encoding},
    {control, "", "EntryControls", entry_controls.encoding},
    {control, "", "ExitControls", exit_controls.encoding},
    {control, "", "SecondaryExitControls", secondary_exit_controls.encoding},
    {control, "", "ExceptionBitmap", exception_bitmap.encoding},
    {control, "", "PFECmask", page_fault_error_code_mask.encoding},
    {control, "", "PFECmatch", page_fault_error_code_match.encoding},
    {control, "VMEntry", "intr_info", entry_interruption_information.encoding},
    {control, "VMEntry", "errcode", entry_exception_error_code.encoding},
    {control, "VMEntry", "ilen", entry_instruction_length.encoding},
    {control, "VMExit", "intr_info", exit_interruption_information.encoding},
    {control, "VMExit", "errcode", exit_interruption_error_code.encoding},
    {control, "VMExit", "ilen", exit_instruction_length.encoding},
    {control, "", "reason", exit_reason.encoding},
    {control, "", "qualification", exit_qualification.encoding},
    {control, "IDTVectoring", "info", idt_vectoring_information.encoding},
    {control, "IDTVectoring", "errcode", idt_vectoring_error_code.encoding},
    {control, "", "TSC Offset", tsc_offset.encoding},
    {control, "", "TSC Multiplier", tsc_multiplier.encoding},
    {control, "", "SVI|RVI", guest_interrupt_status.encoding},
    {control, "", "TPR Threshold", tpr_threshold.encoding},
    {control, "", "APIC-access addr", apic_access_address.encoding},
    {control, "", "virt-APIC addr", virtual_apic_address.encoding},
    {control, "", "PostedIntrVec", posted_interrupt_notification_vector.encoding},
    {control, "", "EPT pointer", eptp.encoding},
    {control, "", "EPTP index", eptp_index.encoding},
    {control, "", "CR3 target0", cr3_target_value_0.encoding},
    {control, "", "CR3 target1", cr3_target_value_1.encoding},
    {control, "", "CR3 target2", cr3_target_value_2.encoding},
    {control, "", "CR3 target3", cr3_target_value_3.encoding},
    {control, "", "target1", cr3_target_value_1.encoding},
    {control, "", "target3", cr3_target_value_3.encoding},
    {control, "", "PLE Gap", ple_gap.encoding},
    {control, "", "Window", ple_window.encoding},
    {control, "", "Virtual processor ID", vpid.encoding},
    {control, "", "VMfunc controls", vm_function_controls.encoding},
    {control, "", "VE info address", virtualization_exception_information_address.encoding},
    {control, "", "S_CET", host_s_cet.encoding},
    {control, "", "SSP", host_ssp.encoding},
    {control, "", "INTR SSP TABLE", host_interrupt_ssp_table.encoding},
};

constexpr std::string_view segments[] = {"ES", "CS", "SS", "DS", "FS", "GS", "LDTR", "TR"}; // in the order of encodings

} // namespace

std::string_view name_of(DumpSection section) {
    switch (section) {
    case DumpSection::none: return "none";
    case DumpSection::guest: return "Guest State";
    case DumpSection::host: return "Host State";
    case DumpSection::control: return "Control State";
    }
    return {};
}

std::optional<DumpSection> section_heading(std::string_view text) {
    for (const DumpSection section : {guest, host, control}) {
        const std::string_view name = name_of(section);
        const std::size_t at = text.find("*** ");
        if (at != std::string_view::npos && text.substr(at + 4).starts_with(name)) {
            return section;
        }
    }
    return std::nullopt;
}

std::optional<std::uint32_t> segment_selector(std::string_view name) {
    const auto* const found = std::find(std::begin(segments), std::end(segments), name);
    return found == std::end(segments)
               ? std::nullopt
               : std::optional(guest_es_selector.encoding + 2 * static_cast<std::uint32_t>(found - segments));
}

std::optional<std::uint32_t> table_limit(std::string_view name) {
    return name == "GDTR"   ? std::optional(guest_gdtr_limit.encoding)
           : name == "IDTR" ? std::optional(guest_idtr_limit.encoding)
                            : std::nullopt;
}

bool is_head(std::string_view head) {
    return segment_selector(head) || table_limit(head) ||
           std::any_of(std::begin(labels), std::end(labels),
                       [&](const Label& label) { return !label.head.empty() && label.head == head; });
}

std::optional<std::uint32_t> labelled_field(DumpSection section, std::string_view head, std::string_view key) {
    if (section == guest) {
        if (const auto selector = segment_selector(head)) {
            return key == "sel"     ? std::optional(*selector)
                   : key == "attr"  ? std::optional(access_rights_of_segment(*selector))
                   : key == "limit" ? std::optional(limit_of_segment(*selector))
                   : key == "base"  ? std::optional(base_of_segment(*selector))
                                    : std::nullopt;
        }
        if (const auto limit = table_limit(head)) {
            return key == "limit"  ? std::optional(*limit)
                   : key == "base" ? std::optional(base_of_table(*limit))
                                   : std::nullopt;
        }
    }
    for (const Label& label : labels) {
        if (label.section == section && label.head == head && label.key == key) {
            return label.encoding;
        }
    }
    return std::nullopt;
}

} // namespace nadir::tool
