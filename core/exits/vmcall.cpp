// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "arch/vmx/exit_reason.h"
#include "arch/vmx/fields.h"
#include "core/exits/handlers.h"
#include "core/extensions/roll.h"
#include "core/gdb/share.h"
#include "core/guest.h"
#include "core/hypercall.h"
#include "core/log.h"
#include "core/memory/ept_walk.h"
#include "core/memory/second_level.h"
#include "core/plan/plan.h"
#include "core/root/provoke.h"
#include "core/views/prepare.h"
#include "core/vmm.h"
#include "core/watchdog.h"
#include "cpu/vmx.h"

namespace nadir::core::exits {

using cpu::vmread;
namespace vmcs = arch::vmcs;

namespace {

// The registers of an answer, in the order of core/hypercall.h.
constexpr unsigned answer_registers[hypercall_words] = {1, 2, 6, 7, 8, 9, 10, 11};

void answer(Vcpu& vcpu, unsigned word, uint64_t value) { vcpu.registers.value[answer_registers[word]] = value; }

// Word `index` of struct nadir_statistics.
uint64_t statistics_word(const Vcpu& vcpu, uint64_t index) {
    constexpr uint64_t first_exit = offsetof(nadir_statistics, exits) / 8;
    static_assert(first_exit == 8);
    switch (index) {
    case 0: return uint64_t{vcpu.state} << 32 | vcpu.place.processor;
    case 3: return exits_total(vcpu);
    case 4: return vcpu.nmi_in_root;
    case 5: return vcpu.events_reinjected;
    case 6: return vcpu.log_next > log_records ? vcpu.log_next - log_records : 0;
    default: return index >= first_exit && index - first_exit < NADIR_EXIT_REASONS ? vcpu.exits[index - first_exit] : 0;
    }
}

nadir_status read_log(Vcpu& vcpu, const Vcpu& subject, uint64_t argument) {
    const auto sequence = static_cast<uint32_t>(argument);
    nadir_log_record record;
    if (sequence >= subject.log_next ||
        !read_record({subject.place.log, log_records, subject.log_next}, sequence, record)) {
        return NADIR_BAD_ARGUMENT;
    }
    uint64_t words[sizeof(record) / 8];
    __builtin_memcpy(words, &record, sizeof(record));
    static_assert(sizeof(words) / 8 == hypercall_words);
    for (unsigned i = 0; i < hypercall_words; ++i) {
        answer(vcpu, i, words[i]);
    }
    return NADIR_OK;
}

nadir_status read_vmcs(Vcpu& vcpu, const Vcpu& subject, uint64_t first) {
    const bool live = &vcpu == &subject;
    if (!live && __atomic_load_n(&subject.state, __ATOMIC_ACQUIRE) != NADIR_PROCESSOR_DEAD) {
        return NADIR_BAD_ARGUMENT;
    }
    const VmcsSnapshot& snapshot = vmcs_snapshot(subject);
    uint64_t known = 0;
    for (unsigned i = 0; first < VmcsSnapshot::capacity && i + 1 < hypercall_words; ++i) {
        const auto index = static_cast<uint32_t>(first + i);
        if (index >= VmcsSnapshot::capacity) {
            break;
        }
        uint64_t value = live ? 0 : snapshot.values[index];
        if (live ? read_vmcs_field(index, value) : snapshot.has(index)) {
            known |= uint64_t{1} << i;
            answer(vcpu, i + 1, value);
        }
    }
    answer(vcpu, 0, known);
    return NADIR_OK;
}

nadir_status read_statistics(Vcpu& vcpu, const Vcpu& subject, uint64_t first) {
    for (unsigned i = 0; i < hypercall_words; ++i) {
        answer(vcpu, i, statistics_word(subject, first + i));
    }
    return NADIR_OK;
}

nadir_status recorder_position(Vcpu& vcpu, const Vcpu& subject, uint64_t) {
    answer(vcpu, 0, __atomic_load_n(&exit_ring(subject).begun, __ATOMIC_ACQUIRE));
    answer(vcpu, 1, subject.exits[static_cast<unsigned>(arch::BasicExitReason::cpuid)]);
    answer(vcpu, 2, subject.state);
    return NADIR_OK;
}

nadir_status read_recorder(Vcpu& vcpu, const Vcpu& subject, uint64_t number) {
    nadir_exit_record record;
    if (!control::read_exit(exit_ring(subject), number, record)) {
        return NADIR_BAD_ARGUMENT;
    }
    uint64_t words[sizeof(record) / 8];
    __builtin_memcpy(words, &record, sizeof(record));
    for (unsigned i = 0; i < sizeof(record) / 8; ++i) {
        answer(vcpu, i, words[i]);
    }
    return NADIR_OK;
}

nadir_status log_position(Vcpu& vcpu, const Vcpu& subject, uint64_t) {
    answer(vcpu, 0, subject.log_next);
    return NADIR_OK;
}

// A question about the processor in RDX; RSI is its argument.
template <auto question>
Outcome about_processor(Vcpu& vcpu, uint64_t processor, uint64_t argument) {
    const Vmm& vmm = *vcpu.place.vmm;
    vcpu.registers.rax() = processor < vmm.processor_count
                               ? static_cast<uint64_t>(question(vcpu, *vmm.vcpus[processor], argument))
                               : uint64_t{NADIR_BAD_ARGUMENT};
    return Outcome::advance;
}

nadir_status read_extension_counters(Vcpu& vcpu, const Vcpu& of, uint64_t number) {
    if (number >= extension_count()) {
        return NADIR_BAD_ARGUMENT;
    }
    static_assert(extension::counters_shown == hypercall_words);
    for (unsigned i = 0; i < hypercall_words; ++i) {
        answer(vcpu, i, __atomic_load_n(&extension_state(of).counter[number][i], __ATOMIC_RELAXED));
    }
    return NADIR_OK;
}

nadir_status read_rule_answers(Vcpu& vcpu, uint64_t first) {
    const Vmm& vmm = *vcpu.place.vmm;
    if (first >= NADIR_RULES || first % hypercall_words != 0) {
        return NADIR_BAD_ARGUMENT;
    }
    for (unsigned i = 0; i < hypercall_words; ++i) {
        answer(vcpu, i, __atomic_load_n(&vmm.rule_answers[first + i], __ATOMIC_RELAXED));
    }
    return NADIR_OK;
}

nadir_status change_plan(Vcpu& vcpu, Hypercall function, uint64_t first, uint64_t second) {
    Vmm& vmm = *vcpu.place.vmm;
    switch (function) {
    case Hypercall::plan_begin: return begin_plan(vmm, first);
    case Hypercall::plan_range:
        return add_range_to_plan(vmm, second, static_cast<uint32_t>(first), static_cast<uint32_t>(first >> 32));
    case Hypercall::plan_rule: return begin_rule_of_plan(vmm, first, second);
    case Hypercall::plan_rule_values: return add_rule_to_plan(vcpu, first, second);
    case Hypercall::plan_memory: return add_memory_to_plan(vcpu, first, second);
    case Hypercall::plan_finish: {
        const nadir_status status = finish_guard(vcpu);
        return status == NADIR_OK ? finish_plan(vmm) : status;
    }
    case Hypercall::plan_take: return take_plan(vcpu, first, second);
    default: return read_rule_answers(vcpu, first);
    }
}

// On its own, so that no other hypercall needs a place for it.
[[gnu::noinline]] Outcome about_plan(Vcpu& vcpu, Hypercall function, uint64_t first, uint64_t second) {
    vcpu.registers.rax() = change_plan(vcpu, function, first, second);
    return Outcome::advance;
}

nadir_status read_hook(Vcpu& vcpu, uint64_t number) {
    const Hook* const hook = find_hook_by_number(vcpu.place.vmm->views, number);
    if (hook == nullptr) {
        return NADIR_BAD_ARGUMENT;
    }
    answer(vcpu, 0, __atomic_load_n(&hook->hits, __ATOMIC_RELAXED));
    answer(vcpu, 1, hook->changes);
    answer(vcpu, 2, hook->below);
    return NADIR_OK;
}

nadir_status read_views(Vcpu& vcpu) {
    if (vcpu.view == nullptr) {
        return NADIR_BAD_ARGUMENT;
    }
    const Views& views = *vcpu.place.vmm->views;
    answer(vcpu, 0, views.page_count);
    answer(vcpu, 1, views.pool.used + views.copies.used());
    answer(vcpu, 2, vcpu.view->switches);
    answer(vcpu, 3, vcpu.view->steps);
    if (const Guard* const guard = vcpu.view->guard; guard != nullptr) {
        answer(vcpu, 4, guard->pages);
        answer(vcpu, 5, guard->pool.used);
    }
    return NADIR_OK;
}

[[gnu::noinline]] Outcome about_views(Vcpu& vcpu, Hypercall function, uint64_t first, uint64_t second) {
    nadir_status status = NADIR_OK;
    if (vcpu.place.vmm->debugger != nullptr && gdb::takes_over(vcpu, function)) {
        return Outcome::advance;
    }
    switch (function) {
    case Hypercall::views_prepare: status = prepare_views(*vcpu.place.vmm); break;
    case Hypercall::views_add: status = add_view_hook(vcpu, first, second); break;
    case Hypercall::views_take: status = take_views(vcpu); break;
    case Hypercall::views_arm: {
        uint32_t refused = 0;
        status = arm_views(vcpu, refused);
        answer(vcpu, 0, refused);
        break;
    }
    case Hypercall::views_disarm: status = disarm_views(vcpu); break;
    case Hypercall::read_hook: status = read_hook(vcpu, first); break;
    case Hypercall::read_views: status = read_views(vcpu); break;
    default: leave_views(vcpu); break;
    }
    if (vcpu.place.vmm->debugger != nullptr) {
        gdb::after_change(vcpu, function, status);
    }
    vcpu.registers.rax() = status;
    return Outcome::advance;
}

[[gnu::noinline]] Outcome about_ept(Vcpu& vcpu, uint64_t address, uint64_t tables) {
    EptAnswer found{};
    vcpu.registers.rax() = inspect_ept(vcpu, address, tables, found);
    answer(vcpu, 0, found.eptp);
    answer(vcpu, 1, found.walk.count);
    answer(vcpu, 2, found.tables);
    answer(vcpu, 3, found.is_ours ? uint64_t{NADIR_EPT_IS_OURS} : 0);
    for (unsigned i = 0; i < ept_top_level; ++i) {
        answer(vcpu, 4 + i, found.walk.entries[i]);
    }
    return Outcome::advance;
}

} // namespace

Outcome vmcall(Vcpu& vcpu) {
    Vmm& vmm = *vcpu.place.vmm;
    GuestRegisters& r = vcpu.registers;
    if (r.rax() != vmm.key || guest_privilege_level() != 0 || !guest_in_64_bit_mode()) {
        return Outcome::invalid_opcode;
    }
    const auto function = static_cast<Hypercall>(r.rcx());
    const uint64_t number = r.rdx();
    const uint64_t argument = r.rsi();
    for (unsigned i = 0; i < hypercall_words; ++i) {
        answer(vcpu, i, 0);
    }
    r.rax() = NADIR_OK;
    switch (function) {
    case Hypercall::confirm:
        forget_translations(vcpu);
        answer(vcpu, 0, vcpu.place.processor);
        return Outcome::advance;
    case Hypercall::leave:
        if (vcpu.plan != nullptr) [[unlikely]] {
            give_plan_up(vcpu);
        }
        if (vcpu.view != nullptr) [[unlikely]] {
            leave_guard(vcpu);
            leave_views(vcpu);
        }
        return Outcome::leave;
    case Hypercall::read_statistics: return about_processor<read_statistics>(vcpu, number, argument);
    case Hypercall::log_position: return about_processor<log_position>(vcpu, number, argument);
    case Hypercall::read_log: return about_processor<read_log>(vcpu, number, argument);
    case Hypercall::read_vmcs: return about_processor<read_vmcs>(vcpu, number, argument);
    case Hypercall::read_memory_use: answer(vcpu, 0, uint64_t{vmm.ept.pool.in_use()} * 4096); return Outcome::advance;
    case Hypercall::recorder_position: return about_processor<recorder_position>(vcpu, number, argument);
    case Hypercall::read_recorder: return about_processor<read_recorder>(vcpu, number, argument);
    case Hypercall::extension_counters: return about_processor<read_extension_counters>(vcpu, number, argument);
    case Hypercall::watch:
        answer(vcpu, 0,
               number < vmm.processor_count ? watch(vcpu, static_cast<uint32_t>(number)) : NADIR_ANY_PROCESSOR);
        return Outcome::advance;
    case Hypercall::provoke:
        if (vmm.options.allow_provoke != 0 && provoke(vcpu, number)) {
            return Outcome::retry;
        }
        break; // refused, or no such provocation
    case Hypercall::inspect_ept: return about_ept(vcpu, number, argument);
    case Hypercall::wait_for_startup: put_guest_into_wait_for_startup(vcpu); return Outcome::retry;
    case Hypercall::start_up:
        put_guest_into_wait_for_startup(vcpu);
        start_guest_up(static_cast<uint8_t>(number));
        return Outcome::retry;
    default:
        if (is_about_plan(function)) {
            return about_plan(vcpu, function, number, argument);
        }
        if (is_about_views(function)) {
            return about_views(vcpu, function, number, argument);
        }
        break;
    }
    log(vcpu, Message::hypercall_refused,
        {static_cast<uint64_t>(function), NADIR_BAD_ARGUMENT, vmread(vmcs::guest_rip)});
    r.rax() = NADIR_BAD_ARGUMENT;
    return Outcome::advance;
}

} // namespace nadir::core::exits
