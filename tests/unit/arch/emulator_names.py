# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""What the emulator calls the things that arch/ defines, and which of its parts stand and fall together."""


def _leaf(leaf: int, register: str, names: str, sub_leaf: int = 0) -> list[tuple[int, int, str, str]]:
    return [(leaf, sub_leaf, register, name) for name in names.split()]


def _by_name(leaf: int, register: str, names: str, sub_leaf: int = 0) -> dict[str, list]:
    """Features that the emulator and the manual call alike."""
    return {name: _leaf(leaf, register, name, sub_leaf) for name in names.split()}


# Each feature that the emulator announces: the CPUID bits by which a program sees it.
FEATURES = {
    **_by_name(1, "edx", "vme pse pae pge pse36 mtrr pat mmx sse sse2"),
    **_by_name(1, "ecx", "sse3 ssse3 sse4_1 sse4_2 popcnt vmx smx pcid x2apic movbe rdrand xsave avx tsc_deadline"),
    **_by_name(7, "ebx", "fsgsbase tsc_adjust bmi1 bmi2 avx2 smep invpcid rdseed adx smap clflushopt clwb sha avx512cd "
                         "avx512dq avx512bw avx512vl"),
    **_by_name(7, "ecx", "umip pku gfni rdpid"),
    **_by_name(0xD, "eax", "xsaveopt xsavec xsaves", sub_leaf=1),
    **_by_name(0x80000001, "ecx", "lzcnt"),
    **_by_name(0x80000001, "edx", "nx rdtscp"),
    "x87": _leaf(1, "edx", "fpu"),
    "pentium_ni": _leaf(1, "edx", "tsc msr cx8"),
    "p6ni": _leaf(1, "edx", "cmov"),
    "debugext": _leaf(1, "edx", "de"),
    "xapic": _leaf(1, "edx", "apic"),
    "sysenter_sysexit": _leaf(1, "edx", "sep"),
    "clflush": _leaf(1, "edx", "clfsh"),
    "mwait": _leaf(1, "ecx", "monitor"),
    "cmpxhg16b": _leaf(1, "ecx", "cmpxchg16b"),
    "aes_pclmulqdq": _leaf(1, "ecx", "aes pclmulqdq"),
    "avx_f16c": _leaf(1, "ecx", "f16c"),
    "avx_fma": _leaf(1, "ecx", "fma"),
    "avx512": _leaf(7, "ebx", "avx512f"),
    "avx512ifma52": _leaf(7, "ebx", "avx512_ifma"),
    "fcs_fds_deprecation": _leaf(7, "ebx", "zero_fcs_fds"),
    "fdp_deprecation": _leaf(7, "ebx", "fdp_excptn_only"),
    "avx512vbmi": _leaf(7, "ecx", "avx512_vbmi"),
    "avx512vbmi2": _leaf(7, "ecx", "avx512_vbmi2"),
    "avx512vnni": _leaf(7, "ecx", "avx512_vnni"),
    "avx512bitalg": _leaf(7, "ecx", "avx512_bitalg"),
    "avx512vpopcnt": _leaf(7, "ecx", "avx512_vpopcntdq"),
    "vaes_vpclmulqdq": _leaf(7, "ecx", "vaes vpclmulqdq"),
    "avx512vp2intersect": _leaf(7, "edx", "avx512_vp2intersect"),
    "cet": _leaf(7, "ecx", "cet_ss") + _leaf(7, "edx", "cet_ibt"),
    "longmode": _leaf(0x80000001, "edx", "lm"),
    "lm_lahf_sahf": _leaf(0x80000001, "ecx", "lahf"),
    "1g_pages": _leaf(0x80000001, "edx", "page_1g"),
    "sca_mitigations": _leaf(7, "edx", "spec_ctrl stibp l1d_flush arch_capabilities ssbd"),
}

# Features that no CPUID bit shows.
WITHOUT_BIT = {"486ni"}

# (model, bit) where the emulator's two answers about itself differ; not about where the bit is.
DIFFERENT_ANSWERS = {
    **{(model, "apic"): "only the newer kind of local APIC is in the list of features"
       for model in ("pentium", "pentium_mmx", "p2_klamath", "p3_katmai")},
    ("atom_n270", "lahf"): "CPUID shows it, the list of features lacks it",
    ("p4_prescott_celeron_336", "ssse3"): "the list of features has it, CPUID doesn't show it",
}

# Bits that CPUID shows although the list of features has nothing for them.
NOT_IN_THE_LIST = {
    (1, "edx"): set("mce mca fxsr ds acpi ss htt tm pbe".split()),
    (1, "ecx"): set("eist tm2 xtpr pdcm dtes64 ds_cpl cnxt_id".split()),
    (7, "ebx"): {"erms"},
    (7, "edx"): {"fsrm", "md_clear", "core_capabilities"},
    (0x80000001, "ecx"): {"prefetchw"},
    (0x80000001, "edx"): {"syscall"},
}

# What CPUID shows only to programs in 64-bit mode.
IN_64_BIT_MODE = {(0x80000001, 0, "edx"): 1 << 11}

# Leaves that nothing here needs: descriptors of caches and TLBs, and the processor's name.
LEAVES_WITHOUT_DEFINITION = {0x2, 0x18, 0x80000002, 0x80000003, 0x80000004}

# Bits that were given up before the edition in docs/sdm.md: {(leaf, register): mask}.
OBSOLETE = {(0x6, "ecx"): 0x2, (0xA, "edx"): 0x2000}

# Bits of CR4 that a processor allows exactly if it has a feature: {field of cr4: CPUID}.
CR4 = {
    "vme": (1, 0, "edx", "vme"), "pvi": (1, 0, "edx", "vme"), "tsd": (1, 0, "edx", "tsc"), "de": (1, 0, "edx", "de"),
    "pse": (1, 0, "edx", "pse"), "pae": (1, 0, "edx", "pae"), "mce": (1, 0, "edx", "mce"), "pge": (1, 0, "edx", "pge"),
    "osfxsr": (1, 0, "edx", "fxsr"), "osxmmexcpt": (1, 0, "edx", "sse"), "umip": (7, 0, "ecx", "umip"),
    "la57": (7, 0, "ecx", "la57"), "vmxe": (1, 0, "ecx", "vmx"), "smxe": (1, 0, "ecx", "smx"),
    "fsgsbase": (7, 0, "ebx", "fsgsbase"), "pcide": (1, 0, "ecx", "pcid"), "osxsave": (1, 0, "ecx", "xsave"),
    "kl": (7, 0, "ecx", "key_locker"), "smep": (7, 0, "ebx", "smep"), "smap": (7, 0, "ebx", "smap"),
    "pke": (7, 0, "ecx", "pku"), "cet": (7, 0, "ecx", "cet_ss"), "pks": (7, 0, "ecx", "pks"),
    "uintr": (7, 0, "edx", "uintr"),
}

# Components of XCR0 that leaf DH shows exactly if the processor has a feature: {field of xcr0: CPUID}.
XCR0 = {
    "sse": (1, 0, "ecx", "xsave"), "avx": (1, 0, "ecx", "avx"), "opmask": (7, 0, "ebx", "avx512f"),
    "zmm_hi256": (7, 0, "ebx", "avx512f"), "hi16_zmm": (7, 0, "ebx", "avx512f"), "pkru": (7, 0, "ecx", "pku"),
}

# VMX controls that a processor offers exactly if it has a feature: {(vector, control): CPUID}.
CONTROLS_OF_FEATURES = {
    ("secondary_controls", "enable_rdtscp"): (0x80000001, 0, "edx", "rdtscp"),
    ("secondary_controls", "rdrand_exiting"): (1, 0, "ecx", "rdrand"),
    ("secondary_controls", "rdseed_exiting"): (7, 0, "ebx", "rdseed"),
    ("secondary_controls", "enable_invpcid"): (7, 0, "ebx", "invpcid"),
    ("secondary_controls", "enable_xsaves"): (0xD, 1, "eax", "xsaves"),
    ("exit_controls", "load_cet_state"): (7, 0, "ecx", "cet_ss"),
    ("entry_controls", "load_cet_state"): (7, 0, "ecx", "cet_ss"),
}

# VMCS fields that are there exactly if a control may be 1: {(vector, control): fields}.
CONTROLS_OF_FIELDS = {
    ("pin_controls", "preemption_timer"): "preemption_timer_value",
    ("primary_controls", "use_io_bitmaps"): "io_bitmap_a io_bitmap_b",
    ("primary_controls", "use_msr_bitmaps"): "msr_bitmap",
    ("primary_controls", "use_tpr_shadow"): "virtual_apic_address tpr_threshold",
    ("primary_controls", "activate_secondary"): "secondary_controls",
    ("secondary_controls", "virtualize_apic_accesses"): "apic_access_address",
    ("secondary_controls", "enable_ept"): "eptp guest_physical_address guest_pdpte0 guest_pdpte1 guest_pdpte2 guest_pdpte3",
    ("secondary_controls", "enable_vpid"): "vpid",
    ("secondary_controls", "virtual_interrupt_delivery"):
        "guest_interrupt_status eoi_exit_bitmap_0 eoi_exit_bitmap_1 eoi_exit_bitmap_2 eoi_exit_bitmap_3",
    ("secondary_controls", "pause_loop_exiting"): "ple_gap ple_window",
    ("secondary_controls", "enable_vm_functions"): "vm_function_controls eptp_list_address",
    ("secondary_controls", "vmcs_shadowing"): "vmread_bitmap vmwrite_bitmap",
    ("secondary_controls", "enable_pml"): "pml_index pml_address",
    ("secondary_controls", "ept_violation_ve"): "eptp_index virtualization_exception_information_address",
    ("secondary_controls", "enable_xsaves"): "xss_exiting_bitmap",
    ("secondary_controls", "sub_page_permissions"): "sub_page_permission_table_pointer",
    ("secondary_controls", "tsc_scaling"): "tsc_multiplier",
    ("exit_controls", "load_perf_global_ctrl"): "host_perf_global_ctrl",
    ("exit_controls", "load_pat"): "host_pat",
    ("exit_controls", "load_efer"): "host_efer",
    ("exit_controls", "load_cet_state"): "host_s_cet host_ssp host_interrupt_ssp_table",
    ("entry_controls", "load_perf_global_ctrl"): "guest_perf_global_ctrl",
    ("entry_controls", "load_pat"): "guest_pat",
    ("entry_controls", "load_efer"): "guest_efer",
    ("entry_controls", "load_cet_state"): "guest_s_cet guest_ssp guest_interrupt_ssp_table",
}

# The emulator's names of exit reasons, without case and separators, where ours is another.
EXIT_REASONS = {
    "init": "initsignal", "sipi": "startupipi", "smismmvmexit": "othersmi", "iosmismmvmexit": "iosmi",
    "interruptwindowexiting": "interruptwindow", "nmiwindowexiting": "nmiwindow", "craccess": "controlregisteraccess",
    "draccess": "movdr", "vmentryfailureduetoinvalidgueststate": "entryfailuregueststate",
    "vmentryfailureduetomsrloading": "entryfailuremsrloading", "mtfmonitortrapflag": "monitortrapflag",
    "vmentryfailureduetomachinecheck": "entryfailuremachinecheck", "vmxpreemptiontimerexpired": "preemptiontimer",
    "apicwritetrap": "apicwrite", "pmllogfull": "pagemodificationlogfull", "subpageprotection": "spprelatedevent",
    "enqcmdpasidtranslation": "enqcmdpasid", "enqcmdspasidtranslation": "enqcmdspasid",
}
# Reasons that are newer than the emulator; it has "Reserved" there.
NEWER_EXIT_REASONS = {"pconfig", "loadiwkey", "enclv"}

# What its debugger calls the bits of registers, where our name is another; None: not an Intel bit, or not of this register.
REGISTERS = {
    "cr0": ("cr0", {"ac": "am"}),
    "cr4": ("cr4", {"keylock": "kl", "pcid": "pcide", "smx": "smxe", "vmx": "vmxe"}),
    "efer": ("ia32_efer", {"ffxsr": None}),
    "xcr0": ("xcr0", {"fpu": "x87", "ymm": "avx", "hi_zmm": "hi16_zmm", "bndcfg": "bndcsr", "cet_s": None, "cet_u": None}),
    "dr6": ("dr6", {}),
    "dr7": ("dr7", {}),
    "eflags": ("rflags", {"if": "interrupt_enable"}),
}
# How many of them the program sets one by one or in groups.
BITS_SEEN = {"cr0": 11, "cr4": 20, "efer": 4, "xcr0": 7, "dr6": 7, "dr7": 10, "eflags": 9}
