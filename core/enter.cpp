// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Entering: the steps in their order, each a function of its own; what an earlier step changed is undone when a later one
// fails.
#include "core/enter.h"

#include "arch/msr/feature_control.h"
#include "arch/msr/index.h"
#include "arch/msr/vmx_capabilities.h"
#include "arch/vmx/fields.h"
#include "core/entry_failure.h"
#include "core/guest_call.h"
#include "core/log.h"
#include "core/memory/second_level.h"
#include "core/plan/make_plan.h"
#include "core/probe.h"
#include "core/processor_state.h"
#include "core/root/descriptor_tables.h"
#include "core/views/hooks.h"
#include "core/vmcs_setup.h"
#include "core/vmm.h"
#include "cpu/entry_points.h"
#include "cpu/instructions.h"
#include "cpu/msr.h"
#include "cpu/registers.h"
#include "cpu/vmx.h"

namespace nadir::core {

using namespace arch;

namespace {

class Entering {
public:
    Entering(nadir_session& session, uint32_t processor, nadir_report& report)
        : session_(session), vmm_(*session.vmm), vcpu_(*session.vmm->vcpus[processor]), processor_(processor),
          report_(report) {}

    // Steps until VMXON; each leaves the processor as it was if it fails.
    bool check();
    bool set_feature_control();
    bool set_control_registers();
    // From here on VMX operation has to be left on failure.
    bool vmxon();
    bool make_vmcs_current();
    bool fill_vmcs();
    bool launch();

    void leave_vmx_operation();
    void restore_control_registers() const;

private:
    bool fail(nadir_status status, nadir_step step, uint64_t detail0 = 0, uint64_t detail1 = 0, uint64_t detail2 = 0);
    bool injected(nadir_step step) const { return is_to_fail(session_.options, step, processor_); }
    uint32_t explain();
    bool judge(const Capabilities& here);
    bool vmx_failed(cpu::VmxStatus answer, nadir_status status, nadir_step step, uint64_t detail = 0);

    nadir_session& session_;
    Vmm& vmm_;
    Vcpu& vcpu_;
    uint32_t processor_;
    nadir_report& report_;
    ProcessorState state_{};
};

bool Entering::fail(nadir_status status, nadir_step step, uint64_t detail0, uint64_t detail1, uint64_t detail2) {
    fill_report(report_, {status, step, processor_, {detail0, detail1, detail2, 0}});
    return false;
}

// The error number is read at once: the next VMX instruction may overwrite it.
bool Entering::vmx_failed(cpu::VmxStatus answer, nadir_status status, nadir_step step, uint64_t detail) {
    if (answer == cpu::VmxStatus::succeeded) {
        return false;
    }
    uint64_t error = 0;
    if (answer == cpu::VmxStatus::failed_valid) {
        (void)cpu::vmread_raw(vmcs::instruction_error.encoding, error);
    }
    fail(status, step, error, detail);
    return true;
}

bool Entering::judge(const Capabilities& here) {
    constexpr nadir_step step = NADIR_STEP_CHECK_PROCESSOR;
    check::SupportReport support;
    check::assess(here, {}, support);
    if (support.refusal() != nullptr) {
        fill_report(report_, {support.status(), step, processor_, {}}, support);
        return false;
    }
    // One set of controls serves all, so all must offer the same.
    for (uint32_t msr = capability_msr::vmx_basic; msr <= capability_msr::vmx_secondary_exit; ++msr) {
        if (here.msr(msr) != vmm_.capabilities.msr(msr)) {
            return fail(NADIR_CONTROL_MISSING, step, msr, here.msr(msr), vmm_.capabilities.msr(msr));
        }
    }
    return true;
}

bool Entering::check() {
    constexpr nadir_step step = NADIR_STEP_CHECK_PROCESSOR;
    if (injected(step)) {
        return fail(NADIR_INJECTED, step);
    }
    const Capabilities here = read_processor_capabilities();
    // The judgement is a function of what a processor says. One that says what the probe's said needs none of its own, which
    // would take longer than all the rest here, with interrupts off.
    if (!say_the_same(here, vmm_.capabilities) && !judge(here)) {
        return false;
    }
    state_ = capture_processor(vmm_.capabilities);
    // Root mode would have to leave with a shadow stack that it never pushed to.
    if (CetControl{state_.s_cet}.shadow_stack()) {
        return fail(NADIR_UNSUPPORTED_FEATURE, step, state_.s_cet);
    }
    if (!build_descriptors(vcpu_, state_.cs.selector, state_.tr.selector, vcpu_.place.block)) {
        return fail(NADIR_UNSUPPORTED_FEATURE, step, state_.cs.selector.value, state_.tr.selector.value);
    }
    return true;
}

bool Entering::set_feature_control() {
    constexpr nadir_step step = NADIR_STEP_FEATURE_CONTROL;
    if (injected(step)) {
        return fail(NADIR_INJECTED, step);
    }
    auto control = cpu::read_msr_as<FeatureControl>(Msr::ia32_feature_control);
    if (!control.lock()) {
        // Firmware left it open, and VMXON wants it locked. It stays so until the next reset, as firmware would have it.
        cpu::write_msr(Msr::ia32_feature_control, control.set_vmxon_outside_smx(true).set_lock(true).value);
    }
    return true;
}

bool Entering::set_control_registers() {
    constexpr nadir_step step = NADIR_STEP_CONTROL_REGISTERS;
    if (injected(step)) {
        return fail(NADIR_INJECTED, step);
    }
    const FixedBits cr0 = cr0_fixed_bits(vmm_.capabilities);
    const FixedBits cr4 = cr4_fixed_bits(vmm_.capabilities);
    // Setting a bit that VMX wants is harmless (NE, VMXE); the system's own bits must not be taken from it.
    if ((state_.cr0.value & ~cr0.allowed) != 0) {
        return fail(NADIR_FIXED_BITS, step, state_.cr0.value, cr0.adjust(state_.cr0.value));
    }
    if ((state_.cr4.value & ~cr4.allowed) != 0) {
        return fail(NADIR_FIXED_BITS, step, state_.cr4.value, cr4.adjust(state_.cr4.value));
    }
    cpu::write_cr0(Cr0{cr0.adjust(state_.cr0.value)});
    cpu::write_cr4(Cr4{cr4.adjust(state_.cr4.value)});
    return true;
}

void Entering::restore_control_registers() const {
    cpu::write_cr4(state_.cr4);
    cpu::write_cr0(state_.cr0);
}

bool Entering::vmxon() {
    constexpr nadir_step step = NADIR_STEP_VMXON;
    const VmxBasic basic{vmm_.capabilities.basic()};
    uint32_t revision = basic.revision_identifier();
    if (injected(step)) {
        revision ^= 1;
    }
    *reinterpret_cast<uint32_t*>(vcpu_.place.block + block::vmxon * 4096) = revision;
    return !vmx_failed(cpu::vmxon(vcpu_.place.vmxon_physical), NADIR_VMXON_FAILED, step);
}

void Entering::leave_vmx_operation() {
    vcpu_.vmx_on = 0;
    (void)cpu::vmclear(vcpu_.place.vmcs_physical);
    (void)cpu::vmxoff();
}

bool Entering::make_vmcs_current() {
    const VmxBasic basic{vmm_.capabilities.basic()};
    auto& revision = *reinterpret_cast<uint32_t*>(vcpu_.place.block + block::vmcs * 4096);
    revision = basic.revision_identifier(); // bit 31 clear: no shadow VMCS
    const uint64_t to_clear = injected(NADIR_STEP_VMCLEAR) ? vcpu_.place.vmcs_physical | 1 : vcpu_.place.vmcs_physical;
    if (vmx_failed(cpu::vmclear(to_clear), NADIR_VMCLEAR_FAILED, NADIR_STEP_VMCLEAR)) {
        return false;
    }
    if (injected(NADIR_STEP_VMPTRLD)) {
        revision ^= 1;
    }
    return !vmx_failed(cpu::vmptrld(vcpu_.place.vmcs_physical), NADIR_VMPTRLD_FAILED, NADIR_STEP_VMPTRLD);
}

bool Entering::fill_vmcs() {
    constexpr nadir_step step = NADIR_STEP_VMCS;
    constexpr uint64_t no_such_field = 0x6FFE;
    if (injected(step)) {
        return !vmx_failed(cpu::vmwrite_raw(no_such_field, 0), NADIR_VMWRITE_FAILED, step, no_such_field);
    }
    uint64_t field = 0;
    if (!set_up_vmcs(vcpu_, state_, field)) {
        uint64_t error = 0;
        (void)cpu::vmread_raw(vmcs::instruction_error.encoding, error);
        return fail(NADIR_VMWRITE_FAILED, step, error, field);
    }
    vcpu_.vmx_on = 1;
    // What the processor cached in an earlier run may be of tables that others have changed since.
    forget_guest_translations(vcpu_);
    if (spoils_entry(session_.options, processor_)) {
        const uint32_t encoding = session_.options.fail_field;
        if (vmx_failed(cpu::vmread_raw(encoding, vcpu_.spoilt), NADIR_VMWRITE_FAILED, step, encoding) ||
            vmx_failed(cpu::vmwrite_raw(encoding, session_.options.fail_value), NADIR_VMWRITE_FAILED, step, encoding)) {
            return false;
        }
    }
    if (injected(NADIR_STEP_LAUNCH)) {
        cpu::vmwrite(vmcs::exit_controls, ExitControls{}); // "host address-space size" clear: error 7 or 8
    }
    if (injected(NADIR_STEP_ENTRY)) {
        cpu::vmwrite(vmcs::guest_rflags, Rflags{}); // bit 1 must be 1
    }
    return true;
}

bool Entering::launch() {
    switch (cpu::nadir_cpu_launch(vmcs::guest_rsp.encoding, vmcs::guest_rip.encoding)) {
    case cpu::LaunchResult::entered: return true;
    case cpu::LaunchResult::failed_invalid:
        vmx_failed(cpu::VmxStatus::failed_invalid, NADIR_VMLAUNCH_FAILED, NADIR_STEP_LAUNCH);
        leave_vmx_operation();
        return false;
    case cpu::LaunchResult::failed_valid: {
        uint64_t error = 0;
        (void)cpu::vmread_raw(vmcs::instruction_error.encoding, error);
        take_snapshot(vmcs_snapshot(vcpu_), NADIR_VMCS_FAILED_ENTRY);
        leave_vmx_operation();
        return fail(NADIR_VMLAUNCH_FAILED, NADIR_STEP_LAUNCH, error, 0, explain());
    }
    case cpu::LaunchResult::refused:
        // Root mode saw the failed entry, and has left VMX operation as for an unload.
        raise_kept_nmis(vcpu_.registers.rcx());
        break;
    }
    return fail(NADIR_ENTRY_FAILED, NADIR_STEP_ENTRY, vcpu_.entry_failure[0], vcpu_.entry_failure[1], explain());
}

uint32_t Entering::explain() {
    nadir_vmcs& vmcs = session_.failed_entry;
    vmcs_snapshot(vcpu_).copy_to(vmcs);
    vmcs.processor = processor_;
    vmcs.exit_reason = static_cast<nadir_u32>(vcpu_.entry_failure[0]);
    return explain_failed_entry(session_, vmcs, vmm_.capabilities);
}

// Where the guest first speaks. Everything that it needs is in the session.
bool confirm(nadir_session& session, uint32_t processor, nadir_report& report) {
    if (is_to_fail(session.options, NADIR_STEP_CONFIRM, processor)) {
        fill_report(report, {NADIR_INJECTED, NADIR_STEP_CONFIRM, processor, {}});
        return false;
    }
    const GuestCall answer = call_root(session, Hypercall::confirm);
    if (answer.status != NADIR_OK || answer.word[0] != processor || !runs_as_guest(session)) {
        fill_report(report, {NADIR_CONFIRM_FAILED, NADIR_STEP_CONFIRM, processor, {answer.word[0], answer.status}});
        return false;
    }
    return true;
}

} // namespace

bool is_to_fail(const nadir_options& options, nadir_step step, uint32_t processor) {
    return options.fail_step == static_cast<uint32_t>(step) &&
           (options.fail_processor == NADIR_ANY_PROCESSOR || options.fail_processor == processor);
}

bool runs_as_guest(const nadir_session& session) {
    return __atomic_load_n(&session.vmm->signature, __ATOMIC_RELAXED) != vmm_signature();
}

uint32_t enter_processor(nadir_session& session, uint32_t processor, nadir_report& report) {
    nadir_session::Processor& record = session.processors[processor];
    fill_success(report);
    if (record.state == NADIR_PROCESSOR_ON) {
        return NADIR_OK;
    }
    const uint64_t started = cpu::read_tsc();
    Vcpu& vcpu = *session.vmm->vcpus[processor];
    if (vcpu.fresh == 0) { // it was a guest before: hot-plug
        reset_vcpu(session, processor);
    }
    vcpu.fresh = 0;
    set_state(vcpu, NADIR_PROCESSOR_ON);
    Entering entering{session, processor, report};
    if (!entering.check() || !entering.set_feature_control() || !entering.set_control_registers()) {
        return report.status;
    }
    if (!entering.vmxon()) {
        entering.restore_control_registers();
        return report.status;
    }
    if (!entering.make_vmcs_current() || !entering.fill_vmcs()) {
        entering.leave_vmx_operation();
        entering.restore_control_registers();
        return report.status;
    }
    if (!entering.launch()) {
        entering.restore_control_registers();
        return report.status;
    }
    // A guest now; the vcpu and the VMM context are out of sight.
    record.state = NADIR_PROCESSOR_ON;
    ++session.processors_on;
    record.enter_ticks = cpu::read_tsc() - started;
    if (!confirm(session, processor, report)) {
        leave_processor(session, processor);
        return report.status;
    }
    continue_hooks(
        session); // before a plan whose guard lies over their views: nothing of them may be met without their exits
    join_plan(session, processor);
    log(session, processor, Message::processor_entered, {record.enter_ticks});
    return NADIR_OK;
}

} // namespace nadir::core
