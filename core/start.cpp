// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Starting and stopping, for all processors: a start is a transaction.
#include "arch/msr/vmx_capabilities.h"
#include "base/format.h"
#include "check/controls.h"
#include "check/ept_features.h"
#include "control/messages.h"
#include "core/gdb/debugger.h"
#include "core/arena.h"
#include "core/cleared_memory.h"
#include "core/enter.h"
#include "core/events/rings.h"
#include "core/extensions/roll.h"
#include "core/log.h"
#include "core/nadir.h"
#include "core/plan/make_plan.h"
#include "core/probe.h"
#include "core/recorder.h"
#include "core/root/descriptor_tables.h"
#include "core/rules/rule_book.h"
#include "core/vmm.h"
#include "cpu/exit_path.h"
#include "cpu/instructions.h"

namespace nadir::core {

namespace {

static_assert(sizeof(nadir_session) + max_processors * sizeof(nadir_session::Processor) <= NADIR_LARGEST_ALLOCATION);

uint64_t session_bytes(uint32_t processors) {
    const uint64_t bytes = sizeof(nadir_session) + processors * sizeof(nadir_session::Processor);
    return (bytes + 4095) & ~uint64_t{4095};
}

nadir_session* allocate_session(const nadir_options& options, uint32_t processors, Failure& failure) {
    const uint64_t bytes = session_bytes(processors);
    auto* session = static_cast<nadir_session*>(allocate_cleared(bytes));
    if (session == nullptr) {
        failure = {NADIR_NO_MEMORY, NADIR_STEP_ALLOCATE, NADIR_ANY_PROCESSOR, {bytes, 0, 0, 0}};
        return nullptr;
    }
    session->options = options;
    if (options.gdb_port != 0 && options.hook_pages == 0) {
        session->options.hook_pages = gdb::usual_hook_pages;
    }
    session->processor_count = processors;
    session->session_bytes = bytes;
    session->processors = reinterpret_cast<nadir_session::Processor*>(session + 1);
    // It keeps out who doesn't know it, not who can read the kernel's memory: such a one is the system's master anyway.
    const uint64_t ticks = cpu::read_tsc();
    session->key = (ticks ^ reinterpret_cast<uint64_t>(session)) * 0x9E37'79B9'7F4A'7C15 ^ (ticks << 32);
    for (uint32_t i = 0; i < processors; ++i) {
        session->processors[i].state = NADIR_PROCESSOR_OFF;
    }
    return session;
}

void free_session(nadir_session* session) { nadir_host_free(session, session->session_bytes); }

struct ProcessorRequest {
    nadir_session* session;
    nadir_report* report;
};

NADIR_ABI nadir_u32 enter_here(void* argument, nadir_u32 processor) {
    const auto& request = *static_cast<ProcessorRequest*>(argument);
    return enter_processor(*request.session, processor, *request.report);
}

NADIR_ABI nadir_u32 leave_here(void* argument, nadir_u32 processor) {
    const auto& request = *static_cast<ProcessorRequest*>(argument);
    return leave_processor(*request.session, processor);
}

uint32_t leave_all(nadir_session& session) {
    ProcessorRequest request{&session, nullptr};
    uint32_t first_failure = NADIR_OK;
    for (uint32_t i = 0; i < session.processor_count; ++i) {
        if (session.processors[i].state == NADIR_PROCESSOR_ON) {
            const uint32_t status = nadir_host_run_on(i, leave_here, &request);
            first_failure = first_failure == NADIR_OK ? status : first_failure;
        }
    }
    return first_failure;
}

// It would never answer the request to leave; waiting for it would cost the system another processor.
bool a_processor_is_dead(const nadir_session& session, nadir_report& report) {
    for (uint32_t i = 0; i < session.processor_count; ++i) {
        nadir_statistics statistics;
        (void)nadir_get_statistics(&session, i, &statistics);
        if (is_lost(statistics.state)) {
            fill_report(report, {NADIR_PROCESSOR_LOST, NADIR_STEP_NONE, i, {}});
            return true;
        }
    }
    return false;
}

// What root mode saw before a start failed would be gone with the arena, and it is what explains the failure.
void print_errors(const nadir_session& session) {
    for (uint32_t i = 0; i < session.processor_count; ++i) {
        const Vcpu& vcpu = *session.vmm->vcpus[i];
        for (uint32_t n = 0; n < vcpu.log_next && n < log_records; ++n) {
            if (vcpu.place.log[n].level <= NADIR_LEVEL_WARNING) {
                print_record(vcpu.place.log[n]);
            }
        }
    }
    for (uint32_t n = 0; n < session.log_next && n < sizeof(session.log) / sizeof(session.log[0]); ++n) {
        if (session.log[n].level <= NADIR_LEVEL_WARNING) {
            print_record(session.log[n]);
        }
    }
}

void keep_all_results(nadir_session& session) {
    for (uint32_t i = 0; i < session.processor_count; ++i) {
        keep_results(session, i);
    }
}

void remember_state(nadir_session& session) {
    nadir_state& s = session.final_state;
    s.processors = session.processor_count;
    s.bytes_total = session.session_bytes + session.arena_bytes;
    s.bytes_per_processor = session.block_bytes;
    s.bytes_image = session.image_bytes;
    s.bytes_ept = uint64_t{session.vmm->ept.pool.in_use()} * 4096;
    s.physical_address_bits = session.vmm->ept.physical_bits;
    s.vpid = session.vmm->controls.secondary.enable_vpid() ? 1 : 0;
}

// For the debugger, processors look up once in a while.
bool offers_timer(const arch::Capabilities& c) {
    return c.pin().allows(arch::PinControls::preemption_timer_mask) &&
           c.exit().allows(arch::ExitControls::save_preemption_timer_mask);
}

Controls choose_controls(const arch::Capabilities& c, bool timer) {
    using check::ControlGroup;
    Controls controls;
    controls.pin = arch::PinControls{check::choose(ControlGroup::pin, c).value32()};
    controls.primary = arch::PrimaryControls{check::choose(ControlGroup::primary, c).value32()};
    controls.secondary = arch::SecondaryControls{check::choose(ControlGroup::secondary, c).value32()};
    controls.exit = arch::ExitControls{check::choose(ControlGroup::exit, c).value32()};
    controls.entry = arch::EntryControls{check::choose(ControlGroup::entry, c).value32()};
    controls.pin.set_preemption_timer(timer);
    controls.exit.set_save_preemption_timer(timer);
    // Tagged translations that nothing can drop would outlive what they stand for.
    if (!check::vpid_flushable(arch::VmxEptVpidCapability{c.msr(arch::capability_msr::vmx_ept_vpid)})) {
        controls.secondary.set_enable_vpid(false);
    }
    return controls;
}

bool fail(nadir_report& report, nadir_status status, nadir_step step) {
    fill_report(report, {status, step, NADIR_ANY_PROCESSOR, {}});
    return false;
}

bool probe(const nadir_options& options, uint32_t processors, arch::Capabilities& capabilities, nadir_report& report) {
    capabilities = read_processor_capabilities();
    check::SupportReport support;
    check::assess(capabilities, {.processors = processors, .processors_supported = max_processors}, support);
    if (support.refusal() != nullptr) {
        fill_report(report, {support.status(), NADIR_STEP_PROBE, NADIR_ANY_PROCESSOR, {}}, support);
        return false;
    }
    if (options.gdb_port != 0 && !offers_timer(capabilities)) {
        return fail(report, NADIR_GDB_UNSUPPORTED, NADIR_STEP_PROBE);
    }
    if (is_to_fail(options, NADIR_STEP_PROBE, NADIR_ANY_PROCESSOR)) {
        return fail(report, NADIR_INJECTED, NADIR_STEP_PROBE);
    }
    return true;
}

bool allocate_and_prepare(nadir_session& session, const arch::Capabilities& capabilities, nadir_report& report) {
    Failure failure{NADIR_NO_MEMORY, NADIR_STEP_ALLOCATE, NADIR_ANY_PROCESSOR, {}};
    const Image image = Image::of_host();
    if (is_to_fail(session.options, NADIR_STEP_ALLOCATE, NADIR_ANY_PROCESSOR)) {
        return fail(report, NADIR_INJECTED, NADIR_STEP_ALLOCATE);
    }
    if (!allocate_arena(session, image, capabilities, failure)) {
        fill_report(report, failure);
        return false;
    }
    session.vmm->controls = choose_controls(capabilities, session.options.gdb_port != 0);
    const bool to_fail = is_to_fail(session.options, NADIR_STEP_PREPARE, NADIR_ANY_PROCESSOR);
    if (to_fail || !prepare_arena(session, image)) {
        free_arena(session);
        return fail(report, to_fail ? NADIR_INJECTED : NADIR_NO_MEMORY, NADIR_STEP_PREPARE);
    }
    // Here rather than on each processor, where interrupts are off.
    for (uint32_t i = 0; i < session.processor_count; ++i) {
        reset_vcpu(session, i);
    }
    remember_state(session);
    return true;
}

bool enter_all(nadir_session& session, nadir_report& report) {
    ProcessorRequest request{&session, &report};
    for (uint32_t i = 0; i < session.processor_count; ++i) {
        const uint32_t status = nadir_host_run_on(i, enter_here, &request);
        if (status == NADIR_PROCESSOR_OFFLINE) {
            session.processors[i].state = NADIR_PROCESSOR_ABSENT; // it may come online later: nadir_enter_processor
            continue;
        }
        if (status != NADIR_OK) {
            return false;
        }
    }
    if (session.processors_on == 0) {
        return fail(report, NADIR_PROCESSOR_OFFLINE, NADIR_STEP_CHECK_PROCESSOR);
    }
    if (is_to_fail(session.options, NADIR_STEP_SEAL, NADIR_ANY_PROCESSOR)) {
        return fail(report, NADIR_INJECTED, NADIR_STEP_SEAL);
    }
    const uint32_t planned = extension_count() != 0 ? renew_plan(session) : uint32_t{NADIR_OK};
    return planned == NADIR_OK || fail(report, static_cast<nadir_status>(planned), NADIR_STEP_CONFIRM);
}

} // namespace

void reset_vcpu(nadir_session& session, uint32_t processor) {
    Vcpu& vcpu = *session.vmm->vcpus[processor];
    const VcpuPlace place = vcpu.place;
    PagePool own = vcpu.own_tables.pool;
    own.used = 0;
    __builtin_memset(&vcpu, 0, sizeof(vcpu));
    vcpu.place = place;
    vcpu.place.planned_leaves = NADIR_CPUID_GENERAL_LEAVES;
    vmcs_snapshot(vcpu).source = NADIR_VMCS_NONE;
    vcpu.own_tables.pool = own;
    vcpu.state = NADIR_PROCESSOR_OFF;
    __builtin_memset(vcpu.place.log, 0, log_records * sizeof(nadir_log_record));
    reset_exit_ring(vcpu);
    log(vcpu, Message::log_started, {log_records});
    vcpu.fresh = 1;
}

extern "C" {

NADIR_ABI nadir_u32 nadir_start(const nadir_options* options, nadir_session** out, nadir_report* report) {
    return nadir_start_with_low_memory(options, 0, 0, out, report);
}

NADIR_ABI nadir_u32 nadir_start_with_low_memory(const nadir_options* options, nadir_u64 bytes, nadir_u64 physical,
                                                nadir_session** out, nadir_report* report) {
    *out = nullptr;
    fill_success(*report);
    const uint32_t processors = nadir_host_processor_count();
    arch::Capabilities capabilities{};
    if (!probe(*options, processors, capabilities, *report)) {
        return report->status;
    }
    Failure failure;
    nadir_session* session = allocate_session(*options, processors, failure);
    if (session == nullptr) {
        fill_report(*report, failure);
        return report->status;
    }
    session->low_memory = {bytes, physical};
    if (!allocate_and_prepare(*session, capabilities, *report)) {
        free_session(session);
        return report->status;
    }
    log(*session, NADIR_ANY_PROCESSOR, Message::start_requested, {processors, options->log_level});
    if (!enter_all(*session, *report)) {
        // A processor that can't leave keeps using the arena: then nothing is freed.
        if (leave_all(*session) == NADIR_OK) {
            print_errors(*session);
            keep_all_results(*session);
            log(*session, report->processor, Message::start_failed,
                {report->step, report->status, report->detail[0], report->detail[1]});
            free_arena(*session);
            *out = session;
        }
        return report->status;
    }
    log(*session, NADIR_ANY_PROCESSOR, Message::started,
        {session->processors_on, (session->session_bytes + session->arena_bytes) / 1024});
    *out = session;
    return NADIR_OK;
}

NADIR_ABI nadir_u32 nadir_stop(nadir_session* session, nadir_report* report) {
    fill_success(*report);
    log(*session, NADIR_ANY_PROCESSOR, Message::stop_requested, {});
    const uint32_t on = session->processors_on;
    if (a_processor_is_dead(*session, *report)) {
        return report->status;
    }
    const uint32_t status = leave_all(*session);
    if (status != NADIR_OK) {
        // A processor that can't leave keeps using the arena: nothing is freed.
        fill_report(*report, {static_cast<nadir_status>(status), NADIR_STEP_NONE, NADIR_ANY_PROCESSOR, {}});
        return status;
    }
    uint64_t exits = 0;
    for (uint32_t i = 0; i < session->processor_count; ++i) {
        exits += session->processors[i].statistics.exits_total;
    }
    log(*session, NADIR_ANY_PROCESSOR, Message::stopped, {on, exits});
    if (session->vmm != nullptr) {
        remember_state(*session);
        free_arena(*session);
    }
    free_rule_book(*session);
    return NADIR_OK;
}

NADIR_ABI void nadir_release(nadir_session* session) {
    free_event_rings(*session);
    free_rule_book(*session);
    free_session(session);
}

NADIR_ABI nadir_u32 nadir_enter_processor(nadir_session* session, nadir_u32 processor, nadir_report* report) {
    if (processor >= session->processor_count || session->vmm == nullptr) {
        fill_report(*report, {NADIR_TOO_MANY_PROCESSORS, NADIR_STEP_CHECK_PROCESSOR, processor, {processor, 0, 0, 0}});
        return report->status;
    }
    return enter_processor(*session, processor, *report);
}

NADIR_ABI nadir_u32 nadir_leave_processor(nadir_session* session, nadir_u32 processor) {
    if (processor >= session->processor_count) {
        return NADIR_BAD_ARGUMENT;
    }
    return leave_processor(*session, processor);
}
}

} // namespace nadir::core
