// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "check/support.h"

#include "arch/control_registers.h"
#include "arch/msr/feature_control.h"
#include "arch/msr/vmx_capabilities.h"
#include "check/controls.h"
#include "check/ept_features.h"

namespace nadir::check {

namespace {

namespace msr = arch::capability_msr;
using arch::Capabilities;

void add(SupportReport& report, SupportRule rule, std::uint64_t first = 0, std::uint64_t second = 0,
         std::uint8_t item = Finding::no_item) {
    if (report.count == SupportReport::capacity) {
        ++report.dropped;
        return;
    }
    report.findings[report.count] = Finding{rule, item, {first, second}};
    ++report.count;
}

void name_hypervisor(const Capabilities& caps, SupportReport& report) {
    const std::uint32_t words[] = {caps.leaf_40000000.ebx, caps.leaf_40000000.ecx, caps.leaf_40000000.edx};
    for (unsigned i = 0; i < 12; ++i) {
        const char c = static_cast<char>((words[i / 4] >> (8 * (i % 4))) & 0xFF);
        if (c == '\0') {
            break; // "KVMKVMKVM" is padded with zeroes
        }
        report.hypervisor[i] = c >= ' ' && c <= '~' ? c : '?';
    }
}

void assess_environment(const Environment& environment, SupportReport& report) {
    if (environment.processors_supported != 0 && environment.processors > environment.processors_supported) {
        add(report, SupportRule::too_many_processors, environment.processors, environment.processors_supported);
    }
    if (environment.memory_available != 0 && environment.memory_available < environment.memory_needed) {
        add(report, SupportRule::too_little_memory, environment.memory_available / 1024,
            (environment.memory_needed + 1023) / 1024);
    }
    if (environment.rival && report.find(SupportRule::in_possession) == nullptr) {
        add(report, SupportRule::rival);
    }
}

// Returns whether there is VMX to look into.
bool assess_identity(const Capabilities& caps, SupportReport& report) {
    if (caps.hypervisor_present()) {
        name_hypervisor(caps, report);
    }
    if (!caps.vmx()) {
        // An AMD processor first: no hypervisor could change that.
        add(report, caps.amd()                  ? SupportRule::no_vmx_on_amd
                    : caps.hypervisor_present() ? SupportRule::no_vmx_under_hypervisor
                                                : SupportRule::no_vmx);
        return false;
    }
    if (!caps.long_mode()) {
        add(report, SupportRule::no_long_mode);
    }
    if (caps.hypervisor_present()) {
        add(report, SupportRule::under_hypervisor);
    }
    if (!caps.genuine_intel()) {
        add(report, SupportRule::not_intel);
    }
    return true;
}

void assess_feature_control(const Capabilities& caps, SupportReport& report) {
    if (!caps.msr_known(msr::feature_control)) {
        report.incomplete = true;
        add(report, SupportRule::feature_control_unknown);
        return;
    }
    const arch::FeatureControl control{caps.msr(msr::feature_control)};
    if (!control.lock()) {
        add(report, SupportRule::unlocked, control.value);
    } else if (control.forbids_vmxon()) {
        add(report, control.vmxon_inside_smx() ? SupportRule::locked_to_smx : SupportRule::locked_off, control.value);
    }
}

void assess_control_registers(const Capabilities& caps, SupportReport& report) {
    if (caps.has_control_registers == 0) {
        report.incomplete = true;
        add(report, SupportRule::control_registers_unknown);
        return;
    }
    const arch::Cr4 cr4{caps.cr4};
    if (cr4.vmxe()) {
        add(report, SupportRule::in_possession, caps.cr4);
    }
    if (cr4.fred()) {
        add(report, SupportRule::fred_in_use, caps.cr4);
    }
    if (cr4.uintr()) {
        add(report, SupportRule::uintr_in_use, caps.cr4);
    }
    // [SDM3 "VMX-Fixed Bits in CR0"]: a 0 in FIXED1 forbids the bit, a 1 in FIXED0 demands it. CR0.NE can always be set
    // and hidden; any CR4 bit but VMXE would change what the system has chosen.
    const std::uint64_t cr0_forbidden = caps.cr0 & ~caps.msr(msr::vmx_cr0_fixed1);
    if (caps.msr_known(msr::vmx_cr0_fixed1) && cr0_forbidden != 0) {
        add(report, SupportRule::cr0_must_be_zero, caps.cr0, cr0_forbidden);
    }
    const std::uint64_t cr4_forbidden = caps.cr4 & ~caps.msr(msr::vmx_cr4_fixed1);
    if (caps.msr_known(msr::vmx_cr4_fixed1) && cr4_forbidden != 0) {
        add(report, SupportRule::cr4_must_be_zero, caps.cr4, cr4_forbidden);
    }
    const std::uint64_t cr4_demanded = caps.msr(msr::vmx_cr4_fixed0) & ~arch::Cr4::vmxe_mask & ~caps.cr4;
    if (cr4_demanded != 0) {
        add(report, SupportRule::cr4_must_be_one, cr4_demanded, caps.cr4);
    }
}

void assess_basic(const Capabilities& caps, SupportReport& report) {
    const arch::VmxBasic basic{caps.basic()};
    if (basic.region_size() == 0 || basic.region_size() > 4096) {
        add(report, SupportRule::vmcs_too_large, basic.region_size(), basic.value);
    }
    if (basic.physical_width_32()) {
        add(report, SupportRule::vmcs_address_limit, basic.value);
    }
    if (basic.memory_type() != arch::MemoryType::write_back) {
        add(report, SupportRule::vmcs_memory_type, static_cast<std::uint64_t>(basic.memory_type()), basic.value);
    }
    const arch::VmxMisc misc{caps.msr(msr::vmx_misc)};
    if (caps.msr_known(msr::vmx_misc)) {
        if (!misc.activity_wait_for_sipi()) {
            add(report, SupportRule::no_wait_for_sipi, misc.value);
        }
        if (caps.processor_trace() && !misc.pt_in_vmx()) {
            add(report, SupportRule::no_trace_in_vmx, misc.value);
        }
    }
}

// Controls of the default1 class that nothing has to be done for: the SDM reserves them and gives them no effect. All
// other controls that a processor forces would cause VM exits or state changes that the core does not expect.
// [SDM3 "Reserved Controls and Default Settings"]
constexpr std::uint64_t harmless_when_forced(ControlGroup group) {
    switch (group) {
    case ControlGroup::pin: return arch::PinControls::reserved_ones;
    case ControlGroup::primary: return arch::PrimaryControls::reserved_ones;
    case ControlGroup::exit: return arch::ExitControls::reserved_ones;
    case ControlGroup::entry: return arch::EntryControls::reserved_ones;
    default: return 0;
    }
}

void assess_group(ControlGroup group, const Capabilities& caps, SupportReport& report) {
    const arch::ControlBounds bounds = bounds_of(group, caps);
    const ControlChoice choice = choose(group, caps);
    constexpr std::uint8_t wishes = sizeof(control_wishes) / sizeof(control_wishes[0]);
    for (std::uint8_t item = 0; item < wishes; ++item) {
        const ControlWish& wish = control_wishes[item];
        if (wish.group != group || !applies(wish.need, caps)) {
            continue;
        }
        if ((choice.missing & wish.mask) != 0) {
            add(report,
                wish.need == Need::always ? SupportRule::control_missing : SupportRule::control_missing_for_feature,
                bounds.may_be_one, wish.position(), item);
        } else if ((choice.absent & wish.mask) != 0) {
            add(report, SupportRule::control_absent, bounds.may_be_one, wish.position(), item);
        }
    }
    const std::uint64_t forced = choice.forced & ~harmless_when_forced(group);
    if (forced != 0) {
        // The item only says the group here.
        add(report, SupportRule::control_forced, bounds.must_be_one, static_cast<unsigned>(__builtin_ctzll(forced)),
            static_cast<std::uint8_t>(group));
    }
}

void assess_ept(const Capabilities& caps, SupportReport& report) {
    const arch::VmxEptVpidCapability capability{caps.msr(msr::vmx_ept_vpid)};
    for (std::uint8_t item = 0; item < ept_feature_count; ++item) {
        if (!ept_features[item].in(capability)) {
            add(report, SupportRule::ept_feature_missing, capability.value, ept_features[item].position(), item);
        }
    }
    if (!capability.page_1g()) {
        add(report, SupportRule::no_1g_pages, capability.value, 17);
    }
    if (caps.vpid_available() && !vpid_flushable(capability)) {
        add(report, SupportRule::vpid_not_flushable, capability.value);
    }
    if (caps.physical_address_bits() > 48) {
        add(report, SupportRule::wide_physical_addresses, caps.physical_address_bits());
    }
}

void assess_vmx(const Capabilities& caps, SupportReport& report) {
    if (!caps.msr_known(msr::vmx_basic) || !caps.msr_known(msr::vmx_primary)) {
        report.incomplete = true;
        add(report, SupportRule::msrs_unknown);
        return;
    }
    assess_group(ControlGroup::primary, caps, report);
    // Without the first, all secondary controls are missing, and saying so would hide the cause.
    if (caps.secondary_available()) {
        assess_group(ControlGroup::secondary, caps, report);
        if (caps.ept_available()) {
            assess_ept(caps, report);
        }
    }
    assess_group(ControlGroup::pin, caps, report);
    assess_group(ControlGroup::exit, caps, report);
    assess_group(ControlGroup::entry, caps, report);
    assess_basic(caps, report);
}

} // namespace

void assess(const Capabilities& caps, const Environment& environment, SupportReport& report) {
    report = SupportReport{};
    if (!caps.valid()) {
        add(report, SupportRule::unknown_layout, caps.layout, Capabilities::current_layout);
        return;
    }
    if (assess_identity(caps, report)) {
        assess_feature_control(caps, report);
        assess_control_registers(caps, report);
        assess_vmx(caps, report);
    }
    assess_environment(environment, report);
}

} // namespace nadir::check
