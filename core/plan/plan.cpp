// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/plan/plan.h"

#include "arch/vmx/fields.h"
#include "core/events/optional_exits.h"
#include "core/extensions/dispatch.h"
#include "core/msr_policy.h"
#include "core/step.h"
#include "core/views/guard.h"
#include "core/vmcs_setup.h"
#include "core/vmm.h"
#include "cpu/entry_points.h"
#include "cpu/exit_path.h"
#include "cpu/vmx.h"

namespace nadir::core {

using arch::MsrBitmap;
using cpu::vmwrite;
namespace vmcs = arch::vmcs;

namespace {

uint64_t offset_of(const Vmm& vmm, const Plan& plan) {
    const auto copy = static_cast<uint64_t>(&plan - vmm.plans);
    return (vmm.layout.plans + copy * plan_pages) * 4096;
}

// A processor that root mode has stopped executes its guest no more. One that hangs might.
bool is_in_use(const Vmm& vmm, const Plan& plan) {
    for (uint32_t i = 0; i < vmm.processor_count; ++i) {
        const Vcpu& vcpu = *vmm.vcpus[i];
        if (__atomic_load_n(&vcpu.plan, __ATOMIC_ACQUIRE) == &plan &&
            __atomic_load_n(&vcpu.state, __ATOMIC_ACQUIRE) != NADIR_PROCESSOR_DEAD) {
            return true;
        }
    }
    return false;
}

Plan* plan_in_work(Vmm& vmm) {
    const uint32_t copy = vmm.plan_in_work;
    return copy < plan_copies ? &vmm.plans[copy] : nullptr;
}

const Plan* present_plan(const Vmm& vmm) {
    const uint32_t copy = vmm.present_plan;
    return copy < plan_copies ? &vmm.plans[copy] : nullptr;
}

bool is_about_cpuid(const Plan& plan) {
    return has_kind(plan.watch.kinds, NADIR_EVENT_CPUID) || has_rule(plan.rules, NADIR_RULE_CPUID);
}

// Where this plan's exits arrive: most CPUIDs are nobody's business, and keep their short way.
uint64_t exit_entry(const Vmm& vmm, const Plan& plan) {
    const bool all = is_about_cpuid(plan) || vmm.options.record_every_exit != 0;
    return reinterpret_cast<uint64_t>(all ? &cpu::nadir_cpu_watched_exit_entry : &cpu::nadir_cpu_planned_exit_entry);
}

} // namespace

MsrBitmap& msr_bitmap_of(const Vmm& vmm, const Plan& plan) {
    return *reinterpret_cast<MsrBitmap*>(vmm.chunks[0].address + offset_of(vmm, plan));
}

arch::IoBitmaps& io_bitmaps_of(const Vmm& vmm, const Plan& plan) {
    return *reinterpret_cast<arch::IoBitmaps*>(vmm.chunks[0].address + offset_of(vmm, plan) + sizeof(MsrBitmap));
}

uint64_t msr_bitmap_physical_of(const Vmm& vmm, const Plan& plan) {
    return vmm.chunks[0].physical + offset_of(vmm, plan);
}

uint64_t io_bitmaps_physical_of(const Vmm& vmm, const Plan& plan) {
    return msr_bitmap_physical_of(vmm, plan) + sizeof(MsrBitmap);
}

nadir_status begin_plan(Vmm& vmm, uint64_t kinds_and_options) {
    vmm.plan_in_work = none_of_both;
    const uint32_t copy = vmm.present_plan == 0 ? 1 : 0;
    Plan& plan = vmm.plans[copy];
    if (is_in_use(vmm, plan)) {
        return NADIR_BUSY;
    }
    if (!offers_optional_exits(vmm, static_cast<uint32_t>(kinds_and_options))) {
        return NADIR_EVENT_NOT_OFFERED;
    }
    const nadir_status status = begin_watch(plan.watch, kinds_and_options);
    if (status != NADIR_OK) {
        return status;
    }
    begin_guard(vmm, plan);
    plan.rules.count = 0;
    plan.rules.kinds = 0;
    MsrBitmap& msrs = msr_bitmap_of(vmm, plan);
    msrs.set_all(false);
    apply_msr_policy(msrs);
    if constexpr (has_extensions) {
        add_extension_msrs(msrs);
    }
    if (hides_system_calls(plan.watch)) {
        msrs.set_read(arch::Msr::ia32_efer, true); // core/events/system_calls.h
        msrs.set_write(arch::Msr::ia32_efer, true);
    }
    arch::IoBitmaps& ports = io_bitmaps_of(vmm, plan);
    __builtin_memset(ports.bytes, 0, sizeof(ports.bytes));
    vmm.plan_in_work = copy;
    return NADIR_OK;
}

nadir_status add_range_to_plan(Vmm& vmm, uint64_t what, uint32_t first, uint32_t last) {
    Plan* const plan = plan_in_work(vmm);
    if (plan == nullptr || what >= NADIR_RANGE_KINDS) {
        return NADIR_BAD_ARGUMENT;
    }
    const nadir_status status =
        add_watched_range(plan->watch, msr_bitmap_of(vmm, *plan), {static_cast<uint32_t>(what), first, last});
    if (status == NADIR_OK && what == NADIR_RANGE_IO_PORT && has_kind(plan->watch.kinds, NADIR_EVENT_IO)) {
        io_bitmaps_of(vmm, *plan).set_range(first, last, true);
    }
    return status;
}

nadir_status begin_rule_of_plan(Vmm& vmm, uint64_t head, uint64_t subject) {
    Plan* const plan = plan_in_work(vmm);
    if (plan == nullptr || plan->rules.count >= NADIR_RULES) {
        return NADIR_BAD_ARGUMENT;
    }
    plan->rules.of[plan->rules.count] = unpacked(head, subject);
    return NADIR_OK;
}

nadir_status add_rule_to_plan(Vcpu& vcpu, uint64_t keep, uint64_t set) {
    Vmm& vmm = *vcpu.place.vmm;
    Plan* const plan = plan_in_work(vmm);
    if (plan == nullptr || plan->rules.count >= NADIR_RULES) {
        return NADIR_BAD_ARGUMENT;
    }
    KeptRule& kept = plan->rules.of[plan->rules.count];
    kept.rule.keep = keep;
    kept.rule.set = set;
    if (!is_sound(kept.rule) || kept.slot >= NADIR_RULES) {
        return NADIR_BAD_ARGUMENT;
    }
    if (kept.rule.kind == NADIR_RULE_READ_MSR) {
        msr_bitmap_of(vmm, *plan).set_read(kept.rule.number, true);
    } else if (kept.rule.kind == NADIR_RULE_WRITE_MSR) {
        msr_bitmap_of(vmm, *plan).set_write(kept.rule.number, true);
    }
    plan->rules.kinds |= 1u << kept.rule.kind;
    ++plan->rules.count;
    return kept.rule.kind == NADIR_RULE_PROTECT ? guard_range(vcpu, *plan, keep, set) : NADIR_OK;
}

nadir_status add_memory_to_plan(Vcpu& vcpu, uint64_t first_and_access, uint64_t last) {
    Plan* const plan = plan_in_work(*vcpu.place.vmm);
    const nadir_memory_range range = unpacked_range(first_and_access, last);
    if (plan == nullptr || !is_sound(range) || plan->watch.memory_count == NADIR_MEMORY_RANGES) {
        return NADIR_BAD_ARGUMENT;
    }
    plan->watch.memory[plan->watch.memory_count++] = range;
    return guard_range(vcpu, *plan, range.first, range.last);
}

nadir_status finish_plan(Vmm& vmm) {
    const Plan* const plan = plan_in_work(vmm);
    if (plan == nullptr) {
        return NADIR_BAD_ARGUMENT;
    }
    const bool is_none = plan->watch.kinds == 0 && plan->rules.count == 0 && !has_extensions;
    vmm.present_plan = is_none ? none_of_both : vmm.plan_in_work;
    vmm.plan_in_work = none_of_both;
    return NADIR_OK;
}

nadir_status take_plan(Vcpu& vcpu, uint64_t ring, uint64_t next) {
    const Vmm& vmm = *vcpu.place.vmm;
    const Plan* const plan = present_plan(vmm);
    if (ring != 0 && !can_be_ring(vmm, ring)) {
        return NADIR_BAD_ARGUMENT;
    }
    if (plan == nullptr) {
        give_plan_up(vcpu);
        return NADIR_OK;
    }
    if (ring != 0) {
        begin_ring(vcpu, ring, next);
    } else {
        end_ring(vcpu);
    }
    [[maybe_unused]] const bool is_first = vcpu.plan == nullptr;
    __atomic_store_n(&vcpu.plan, plan, __ATOMIC_RELEASE);
    if constexpr (has_extensions) {
        vcpu.place.planned_leaves = NADIR_CPUID_GENERAL_LEAVES | extension_cpuid_leaves();
    }
    vmwrite(vmcs::host_rip, exit_entry(vmm, *plan));
    take_guard(vcpu, plan);
    apply_optional_exits(vcpu, *plan);
    prepare_steps(vcpu);
    if constexpr (has_extensions) {
        if (is_first) {
            start_extensions(vcpu);
        }
    }
    return NADIR_OK;
}

void give_plan_up(Vcpu& vcpu) {
    const Vmm& vmm = *vcpu.place.vmm;
    if (vcpu.plan == nullptr) {
        return;
    }
    if constexpr (has_extensions) {
        stop_extensions(vcpu);
        vcpu.place.planned_leaves = NADIR_CPUID_GENERAL_LEAVES;
    }
    forget_step(vcpu);
    remove_optional_exits(vcpu);
    if (vcpu.view == nullptr) { // hidden pages need one of ours, too
        vmwrite(vmcs::host_rip, usual_exit_entry(vmm));
    }
    end_ring(vcpu);
    __atomic_store_n(&vcpu.plan, nullptr, __ATOMIC_RELEASE);
    take_guard(vcpu, nullptr);
}

} // namespace nadir::core
