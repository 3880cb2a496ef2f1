# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Masks in the Linux headers and the fields of arch/ that they are: {definition: {field: constant}}."""


def _same(prefix: str, names: str) -> dict[str, str]:
    """Fields whose name is the constant's without prefix, in lower case."""
    return {name: prefix + name.upper() for name in names.split()}


BITS = {
    "rflags": _same("X86_EFLAGS_", "cf pf af zf sf tf df of iopl nt rf vm ac vif vip id")
    | {"interrupt_enable": "X86_EFLAGS_IF"},
    "cr0": _same("X86_CR0_", "pe mp em ts et ne wp am nw cd pg"),
    "cr3": {"pcid": "X86_CR3_PCID_MASK", "no_flush": "X86_CR3_PCID_NOFLUSH"},
    "cr4": _same("X86_CR4_", "vme pvi tsd de pse pae mce pge pce osfxsr osxmmexcpt umip la57 vmxe smxe fsgsbase pcide "
                             "osxsave smep smap pke cet"),
    "cr8": {"tpl": "X86_CR8_TPR"},
    "dr6": {"b0": "DR_TRAP0", "b1": "DR_TRAP1", "b2": "DR_TRAP2", "b3": "DR_TRAP3", "no_bus_lock": "DR_BUS_LOCK",
            "bs": "DR_STEP", "bt": "DR_SWITCH"},
    "page_fault_error_code": {"present": "X86_PF_PROT", "write": "X86_PF_WRITE", "user": "X86_PF_USER",
                              "reserved_bit": "X86_PF_RSVD", "fetch": "X86_PF_INSTR", "protection_key": "X86_PF_PK",
                              "sgx": "X86_PF_SGX"},
    "ia32_efer": {"sce": "EFER_SCE", "lme": "EFER_LME", "lma": "EFER_LMA", "nxe": "EFER_NX"},
    "ia32_feature_control": {
        "lock": "FEAT_CTL_LOCKED", "vmxon_inside_smx": "FEAT_CTL_VMX_ENABLED_INSIDE_SMX",
        "vmxon_outside_smx": "FEAT_CTL_VMX_ENABLED_OUTSIDE_SMX", "sgx_launch_control": "FEAT_CTL_SGX_LC_ENABLED",
        "sgx_enable": "FEAT_CTL_SGX_ENABLED", "lmce": "FEAT_CTL_LMCE_ENABLED"},
    "ia32_apic_base": {"bsp": "MSR_IA32_APICBASE_BSP", "enable": "MSR_IA32_APICBASE_ENABLE"},
    "ia32_spec_ctrl": _same("SPEC_CTRL_", "ibrs stibp ssbd rrsba_dis_s bhi_dis_s"),
    "ia32_pred_cmd": _same("PRED_CMD_", "ibpb"),
    "ia32_flush_cmd": {"l1d_flush": "L1D_FLUSH"},
    "ia32_tsx_ctrl": _same("TSX_CTRL_", "rtm_disable cpuid_clear"),
    "ia32_mcu_opt_ctrl": {"rngds_mitg_dis": "RNGDS_MITG_DIS", "rtm_allow": "RTM_ALLOW", "fb_clear_dis": "FB_CLEAR_DIS",
                          "gds_mitg_dis": "GDS_MITG_DIS", "gds_mitg_lock": "GDS_MITG_LOCKED"},
    "ia32_umwait_control": {"c02_disabled": "MSR_IA32_UMWAIT_CONTROL_C02_DISABLE"},
    "ia32_core_capabilities": {"fusa": "MSR_IA32_CORE_CAPS_INTEGRITY_CAPS",
                               "split_lock_disable": "MSR_IA32_CORE_CAPS_SPLIT_LOCK_DETECT"},
    "ia32_xapic_disable_status": {"legacy_xapic_disabled": "LEGACY_XAPIC_DISABLED"},
    "ia32_arch_capabilities": _same("ARCH_CAP_", "rdcl_no ibrs_all rsba ssb_no mds_no taa_no sbdr_ssdp_no "
                                                 "fbsdp_no psdp_no "
                                                 "fb_clear fb_clear_ctrl rrsba bhi_no pbrsb_no gds_ctrl gds_no rfds_no "
                                                 "rfds_clear its_no")
    | {"skip_l1dfl_vmentry": "ARCH_CAP_SKIP_VMENTRY_L1DFLUSH", "if_pschange_mc_no": "ARCH_CAP_PSCHANGE_MC_NO",
       "tsx_ctrl": "ARCH_CAP_TSX_CTRL_MSR", "xapic_disable_status": "ARCH_CAP_XAPIC_DISABLE"},
    "ia32_misc_enable": {
        name: "MSR_IA32_MISC_ENABLE_" + linux for name, linux in {
            "fast_strings": "FAST_STRING", "automatic_thermal_control": "TM1", "performance_monitoring": "EMON",
            "bts_unavailable": "BTS_UNAVAIL", "pebs_unavailable": "PEBS_UNAVAIL",
            "enhanced_speedstep": "ENHANCED_SPEEDSTEP", "monitor_fsm": "MWAIT", "limit_cpuid": "LIMIT_CPUID",
            "xtpr_disable": "XTPR_DISABLE", "xd_disable": "XD_DISABLE"}.items()},
    "ia32_debugctl": _same("DEBUGCTLMSR_", "lbr btf bus_lock_detect tr bts btint bts_off_os bts_off_usr "
                                           "freeze_lbrs_on_pmi "
                                           "freeze_perfmon_on_pmi rtm_debug")
    | {"freeze_while_smm": "DEBUGCTLMSR_FREEZE_IN_SMM"},
    "ia32_perf_capabilities": {"pebs_trap": "PERF_CAP_PEBS_TRAP", "pebs_arch_registers": "PERF_CAP_ARCH_REG",
                               "pebs_format": "PERF_CAP_PEBS_FORMAT", "pebs_baseline": "PERF_CAP_PEBS_BASELINE"},
    "ia32_lbr_ctl": {"enable": "ARCH_LBR_CTL_LBREN", "call_stack": "ARCH_LBR_CTL_STACK"},
    "ia32_lbr_0_info": {"cycles": "LBR_INFO_CYCLES", "type": "LBR_INFO_BR_TYPE",
                        "cycles_valid": "LBR_INFO_CYC_CNT_VALID",
                        "tsx_abort": "LBR_INFO_ABORT", "in_tsx": "LBR_INFO_IN_TX", "mispredicted": "LBR_INFO_MISPRED"},
    "ia32_rtit_ctl": {
        name: "RTIT_CTL_" + linux for name, linux in {
            "trace_enable": "TRACEEN", "cyc_enable": "CYCLEACC", "os": "OS", "user": "USR",
            "power_event_enable": "PWR_EVT_EN", "fup_on_ptwrite": "FUP_ON_PTW", "fabric_enable": "FABRIC_EN",
            "cr3_filter": "CR3EN", "topa": "TOPA", "mtc_enable": "MTC_EN", "tsc_enable": "TSC_EN",
            "return_compression_disable": "DISRETC", "ptwrite_enable": "PTW_EN", "branch_enable": "BRANCH_EN",
            "mtc_frequency": "MTC_RANGE", "cyc_threshold": "CYC_THRESH", "psb_frequency": "PSB_FREQ",
            "event_enable": "EVENT_EN", "address0": "ADDR0", "address1": "ADDR1", "address2": "ADDR2",
            "address3": "ADDR3", "tnt_disable": "NOTNT"}.items()},
    "ia32_rtit_status": {"filter_enabled": "RTIT_STATUS_FILTEREN", "context_enabled": "RTIT_STATUS_CONTEXTEN",
                         "trigger_enabled": "RTIT_STATUS_TRIGGEREN", "error": "RTIT_STATUS_ERROR",
                         "stopped": "RTIT_STATUS_STOPPED", "packet_bytes": "RTIT_STATUS_BYTECNT"},
    "ia32_s_cet": {"shadow_stack": "CET_SHSTK_EN", "write_shadow_stack": "CET_WRSS_EN",
                   "indirect_branch_tracking": "CET_ENDBR_EN", "legacy_compatible": "CET_LEG_IW_EN",
                   "no_track": "CET_NO_TRACK_EN", "suppress_disable": "CET_SUPPRESS_DISABLE",
                   "suppress": "CET_SUPPRESS", "wait_for_endbranch": "CET_WAIT_ENDBR"},
    "ia32_pasid": {"valid": "MSR_IA32_PASID_VALID"},
    "ia32_vmx_basic": {"true_controls": "VMX_BASIC_TRUE_CTLS", "physical_width_32": "VMX_BASIC_64",
                       "memory_type": "VMX_BASIC_MEM_TYPE_MASK", "ins_outs_reporting": "VMX_BASIC_INOUT"},
    "ia32_vmx_misc": {"preemption_timer_shift": "VMX_MISC_PREEMPTION_TIMER_RATE_MASK",
                      "store_lma": "VMX_MISC_SAVE_EFER_LMA", "activity_hlt": "VMX_MISC_ACTIVITY_HLT",
                      "activity_wait_for_sipi": "VMX_MISC_ACTIVITY_WAIT_SIPI",
                      "zero_length_injection": "VMX_MISC_ZERO_LEN_INS", "pt_in_vmx": "MSR_IA32_VMX_MISC_INTEL_PT",
                      "vmwrite_any_field": "MSR_IA32_VMX_MISC_VMWRITE_SHADOW_RO_FIELDS"},
    "ia32_vmx_vmfunc": {"eptp_switching": "VMX_VMFUNC_EPTP_SWITCHING"},
    "ia32_vmx_ept_vpid_cap": {
        "execute_only": "VMX_EPT_EXECUTE_ONLY_BIT", "walk_length_4": "VMX_EPT_PAGE_WALK_4_BIT",
        "walk_length_5": "VMX_EPT_PAGE_WALK_5_BIT", "memory_type_uc": "VMX_EPTP_UC_BIT",
        "memory_type_wb": "VMX_EPTP_WB_BIT", "page_2m": "VMX_EPT_2MB_PAGE_BIT", "page_1g": "VMX_EPT_1GB_PAGE_BIT",
        "invept": "VMX_EPT_INVEPT_BIT", "accessed_dirty": "VMX_EPT_AD_BIT",
        "invept_single_context": "VMX_EPT_EXTENT_CONTEXT_BIT", "invept_all_context": "VMX_EPT_EXTENT_GLOBAL_BIT"},
    "pin_controls": {
        "external_interrupt_exiting": "PIN_BASED_EXT_INTR_MASK", "nmi_exiting": "PIN_BASED_NMI_EXITING",
        "virtual_nmis": "PIN_BASED_VIRTUAL_NMIS", "preemption_timer": "PIN_BASED_VMX_PREEMPTION_TIMER",
        "posted_interrupts": "PIN_BASED_POSTED_INTR"},
    "primary_controls": _same("CPU_BASED_", "use_tsc_offsetting hlt_exiting invlpg_exiting mwait_exiting rdpmc_exiting "
                                            "rdtsc_exiting cr3_load_exiting cr3_store_exiting cr8_load_exiting "
                                            "cr8_store_exiting nmi_window_exiting mov_dr_exiting use_io_bitmaps "
                                            "monitor_trap_flag use_msr_bitmaps monitor_exiting pause_exiting")
    | {"interrupt_window_exiting": "CPU_BASED_INTR_WINDOW_EXITING",
       "activate_tertiary": "CPU_BASED_ACTIVATE_TERTIARY_CONTROLS", "use_tpr_shadow": "CPU_BASED_TPR_SHADOW",
       "unconditional_io_exiting": "CPU_BASED_UNCOND_IO_EXITING",
       "activate_secondary": "CPU_BASED_ACTIVATE_SECONDARY_CONTROLS"},
    "secondary_controls": _same("SECONDARY_EXEC_", "virtualize_apic_accesses enable_ept enable_rdtscp enable_vpid "
                                                   "wbinvd_exiting unrestricted_guest pause_loop_exiting "
                                                   "rdrand_exiting "
                                                   "enable_invpcid encls_exiting rdseed_exiting enable_pml tsc_scaling "
                                                   "bus_lock_detection")
    | {"descriptor_table_exiting": "SECONDARY_EXEC_DESC", "virtualize_x2apic": "SECONDARY_EXEC_VIRTUALIZE_X2APIC_MODE",
       "apic_register_virtualization": "SECONDARY_EXEC_APIC_REGISTER_VIRT",
       "virtual_interrupt_delivery": "SECONDARY_EXEC_VIRTUAL_INTR_DELIVERY",
       "enable_vm_functions": "SECONDARY_EXEC_ENABLE_VMFUNC", "vmcs_shadowing": "SECONDARY_EXEC_SHADOW_VMCS",
       "conceal_from_pt": "SECONDARY_EXEC_PT_CONCEAL_VMX", "enable_xsaves": "SECONDARY_EXEC_XSAVES",
       "mode_based_execute": "SECONDARY_EXEC_MODE_BASED_EPT_EXEC", "pt_guest_physical": "SECONDARY_EXEC_PT_USE_GPA",
       "enable_user_wait_pause": "SECONDARY_EXEC_ENABLE_USR_WAIT_PAUSE",
       "instruction_timeout": "SECONDARY_EXEC_NOTIFY_VM_EXITING"},
    "tertiary_controls": {"ipi_virtualization": "TERTIARY_EXEC_IPI_VIRT"},
    "exit_controls": {
        "save_debug_controls": "VM_EXIT_SAVE_DEBUG_CONTROLS", "host_address_space_size": "VM_EXIT_HOST_ADDR_SPACE_SIZE",
        "load_perf_global_ctrl": "VM_EXIT_LOAD_IA32_PERF_GLOBAL_CTRL",
        "acknowledge_interrupt": "VM_EXIT_ACK_INTR_ON_EXIT", "save_pat": "VM_EXIT_SAVE_IA32_PAT",
        "load_pat": "VM_EXIT_LOAD_IA32_PAT", "save_efer": "VM_EXIT_SAVE_IA32_EFER",
        "load_efer": "VM_EXIT_LOAD_IA32_EFER",
        "save_preemption_timer": "VM_EXIT_SAVE_VMX_PREEMPTION_TIMER", "clear_bndcfgs": "VM_EXIT_CLEAR_BNDCFGS",
        "conceal_from_pt": "VM_EXIT_PT_CONCEAL_PIP", "clear_rtit_ctl": "VM_EXIT_CLEAR_IA32_RTIT_CTL"},
    "entry_controls": {
        "load_debug_controls": "VM_ENTRY_LOAD_DEBUG_CONTROLS", "ia32e_mode_guest": "VM_ENTRY_IA32E_MODE",
        "entry_to_smm": "VM_ENTRY_SMM", "deactivate_dual_monitor": "VM_ENTRY_DEACT_DUAL_MONITOR",
        "load_perf_global_ctrl": "VM_ENTRY_LOAD_IA32_PERF_GLOBAL_CTRL", "load_pat": "VM_ENTRY_LOAD_IA32_PAT",
        "load_efer": "VM_ENTRY_LOAD_IA32_EFER", "load_bndcfgs": "VM_ENTRY_LOAD_BNDCFGS",
        "conceal_from_pt": "VM_ENTRY_PT_CONCEAL_PIP", "load_rtit_ctl": "VM_ENTRY_LOAD_IA32_RTIT_CTL"},
    "interruption_information": {"vector": "INTR_INFO_VECTOR_MASK", "type": "INTR_INFO_INTR_TYPE_MASK",
                                 "deliver_error_code": "INTR_INFO_DELIVER_CODE_MASK",
                                 "nmi_unblocking": "INTR_INFO_UNBLOCK_NMI", "valid": "INTR_INFO_VALID_MASK"},
    "guest_interruptibility": {"blocking_by_sti": "GUEST_INTR_STATE_STI",
                               "blocking_by_mov_ss": "GUEST_INTR_STATE_MOV_SS",
                               "blocking_by_smi": "GUEST_INTR_STATE_SMI", "blocking_by_nmi": "GUEST_INTR_STATE_NMI",
                               "enclave_interruption": "GUEST_INTR_STATE_ENCLAVE_INTR"},
    "exit_reason": {"enclave_mode": "VMX_EXIT_REASONS_SGX_ENCLAVE_MODE",
                    "entry_failure": "VMX_EXIT_REASONS_FAILED_VMENTRY"},
    "access_rights": {"type": "VMX_AR_TYPE_MASK", "s": "VMX_AR_S_MASK", "p": "VMX_AR_P_MASK", "l": "VMX_AR_L_MASK",
                      "db": "VMX_AR_DB_MASK", "g": "VMX_AR_G_MASK", "unusable": "VMX_AR_UNUSABLE_MASK"},
    "eptp": {"memory_type": "VMX_EPTP_MT_MASK", "walk_length_minus_one": "VMX_EPTP_PWL_MASK",
             "accessed_dirty": "VMX_EPTP_AD_ENABLE_BIT"},
    "ept_leaf": {"read": "VMX_EPT_READABLE_MASK", "write": "VMX_EPT_WRITABLE_MASK",
                 "execute": "VMX_EPT_EXECUTABLE_MASK",
                 "memory_type": "VMX_EPT_MT_MASK", "ignore_pat": "VMX_EPT_IPAT_BIT", "accessed": "VMX_EPT_ACCESS_BIT",
                 "dirty": "VMX_EPT_DIRTY_BIT"},
    "ept_violation_qualification": {
        "read": "EPT_VIOLATION_ACC_READ", "write": "EPT_VIOLATION_ACC_WRITE", "fetch": "EPT_VIOLATION_ACC_INSTR",
        "linear_address_valid": "EPT_VIOLATION_GVA_IS_VALID", "final_translation": "EPT_VIOLATION_GVA_TRANSLATED"},
    "cr_access_qualification": {"access_type": "CONTROL_REG_ACCESS_TYPE", "general_register": "CONTROL_REG_ACCESS_REG",
                                "lmsw_source": "LMSW_SOURCE_DATA"},
    "dr_access_qualification": {"debug_register": "DEBUG_REG_ACCESS_NUM", "from_dr": "DEBUG_REG_ACCESS_TYPE"},
    "timeout_qualification": {"context_invalid": "NOTIFY_VM_CONTEXT_INVALID"},
}
