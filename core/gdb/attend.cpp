// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/gdb/attend.h"

#include "arch/msr/vmx_capabilities.h"
#include "arch/vmx/exit_reason.h"
#include "arch/vmx/fields.h"
#include "core/gdb/apply.h"
#include "core/gdb/conversation.h"
#include "core/gdb/line.h"
#include "core/gdb/plain_step.h"
#include "core/gdb/share.h"
#include "core/guest.h"
#include "core/step.h"
#include "core/views/flag_pass.h"
#include "core/views/views.h"
#include "cpu/instructions.h"
#include "cpu/vmx.h"

namespace nadir::core::gdb {

using namespace arch;
using cpu::vmread;
using cpu::vmwrite;

namespace {

// Between two looks, in ticks of the time-stamp counter: about a millisecond.
constexpr uint64_t period = uint64_t{1} << 21;
// While GDB is there, and while it steps: it waits that long for each instruction.
constexpr uint64_t period_of_visit = uint64_t{1} << 18;
constexpr uint64_t period_of_step = uint64_t{1} << 16;
// How long the server waits for a processor that may be in the midst of something long, or off.
constexpr uint64_t patience = uint64_t{1} << 28;

Debugger& debugger_of(const Vcpu& vcpu) { return *vcpu.place.vmm->debugger; }
Seat& seat_of(const Vcpu& vcpu) { return debugger_of(vcpu).seats[vcpu.place.processor]; }

bool has_to_stop(const Debugger& debugger) { return __atomic_load_n(&debugger.stop, __ATOMIC_ACQUIRE) != 0; }

bool has_answered(const Vmm& vmm, uint32_t processor) {
    if (__atomic_load_n(&vmm.vcpus[processor]->state, __ATOMIC_ACQUIRE) != NADIR_PROCESSOR_ON) {
        return true; // it won't come
    }
    return __atomic_load_n(&vmm.debugger->seats[processor].standing, __ATOMIC_ACQUIRE) != 0;
}

void wait_for_all(const Vmm& vmm, uint32_t server) {
    const uint64_t began = cpu::read_tsc();
    for (uint32_t i = 0; i < vmm.processor_count; ++i) {
        while (i != server && !has_answered(vmm, i) && cpu::read_tsc() - began < patience) {
            cpu::pause();
        }
    }
}

void set_timer(const Vcpu& vcpu) {
    const uint64_t ticks = debugger_of(vcpu).period != 0 ? debugger_of(vcpu).period : period;
    const VmxMisc misc{vcpu.place.vmm->capabilities.msr(capability_msr::vmx_misc)};
    vmwrite(vmcs::preemption_timer_value, static_cast<uint32_t>(ticks >> misc.preemption_timer_shift()));
}

// It goes on, in its own way. What it steps over is let through by the same means as what a watch does. False: it has made its step
// already.
bool go_on(Vcpu& vcpu) {
    Seat& seat = seat_of(vcpu);
    if (seat.motion != Motion::step) {
        return true;
    }
    // To step it is awake: an instruction that halts has been carried out.
    if (vmread(vmcs::guest_activity_state) == static_cast<uint32_t>(ActivityState::hlt)) {
        vmwrite(vmcs::guest_activity_state, static_cast<uint32_t>(ActivityState::active));
    }
    if (vmread(vmcs::entry_interruption_information).valid()) {
        // What it does next is to deliver an event. A timer of 0 exits behind that, before the handler's first instruction.
        seat.delivers = 1;
        vmwrite(vmcs::preemption_timer_value, 0);
        return true;
    }
    if (!needs_flag_pass(vcpu)) {
        begin_step(vcpu, StepEnd::debugger);
        return true;
    }
    if (step_over_sti(vcpu)) {
        seat.stepped = 1;
        return false;
    }
    seat.passes = 1;
    begin_flag_pass(vcpu);
    return true;
}

void stand_still(Vcpu& vcpu) {
    Debugger& debugger = debugger_of(vcpu);
    Seat& seat = seat_of(vcpu);
    // In a hypercall (HoldAll) its exit is still in work. The watchdog is not to blame it.
    __atomic_store_n(&vcpu.watch.waits, 1, __ATOMIC_RELEASE);
    __atomic_store_n(&seat.standing, 1, __ATOMIC_RELEASE);
    while (has_to_stop(debugger) || seat.motion == Motion::stay) {
        if (Task* const task = __atomic_load_n(&seat.task, __ATOMIC_ACQUIRE); task != nullptr) {
            do_here(vcpu, *task);
            __atomic_store_n(&seat.task, nullptr, __ATOMIC_RELEASE);
        }
        cpu::pause();
    }
    __atomic_store_n(&seat.standing, 0, __ATOMIC_RELEASE);
    __atomic_store_n(&vcpu.watch.waits, 0, __ATOMIC_RELEASE);
}

void let_go(Vmm& vmm, After after) {
    Debugger& debugger = *vmm.debugger;
    const bool is_attached = after == After::go_on;
    debugger.period = is_attached ? period_of_visit : period;
    for (uint32_t i = 0; i < vmm.processor_count; ++i) {
        if (is_attached && debugger.session.motions[i] == Motion::step) {
            debugger.period = period_of_step; // the others are soon to stop again
        }
        Seat& seat = debugger.seats[i];
        seat.stepped = 0;
        seat.delivers = 0;
        seat.hit = 0;
        seat.wish = StopWish::none;
        Motion motion = is_attached ? debugger.session.motions[i] : Motion::run;
        __atomic_store(&seat.motion, &motion, __ATOMIC_RELEASE); // Clang's __atomic_store_n takes no enumeration
    }
    __atomic_store_n(&debugger.stop, 0, __ATOMIC_RELEASE);
    __atomic_store_n(&debugger.server, 0, __ATOMIC_RELEASE);
}

// False: another processor is the server.
bool become_server(Vcpu& vcpu) {
    Debugger& debugger = debugger_of(vcpu);
    uint32_t nobody = 0;
    return __atomic_compare_exchange_n(&debugger.server, &nobody, vcpu.place.processor + 1, false, __ATOMIC_ACQ_REL,
                                       __ATOMIC_ACQUIRE);
}

void stop_all(const Vcpu& vcpu) {
    __atomic_store_n(&debugger_of(vcpu).stop, 1, __ATOMIC_RELEASE);
    wait_for_all(*vcpu.place.vmm, vcpu.place.processor);
}

// `waiting`: GDB has let the machine go on, and waits for what comes of it. False: another processor serves, and what stopped this
// one is still to be said.
bool serve(Vcpu& vcpu, Stop stop, bool waiting) {
    if (!become_server(vcpu)) {
        cpu::pause();
        return false;
    }
    Vmm& vmm = *vcpu.place.vmm;
    Debugger& debugger = *vmm.debugger;
    stop_all(vcpu);
    begin(debugger.session, stop);
    const After after = converse(debugger.session, vmm, debugger.port, waiting);
    if (after == After::detached) {
        remove_all_points(vmm);
    }
    let_go(vmm, after);
    return true;
}

// One processor at a time looks at the line.
void look_at_line(Debugger& debugger, Seat& seat) {
    const bool looks = seat.looks != 0;
    seat.looks = 0;
    if (!looks || __atomic_exchange_n(&debugger.polling, 1, __ATOMIC_ACQUIRE) != 0) {
        return;
    }
    if (!debugger.line_ready) {
        set_up_line(debugger.port);
        debugger.line_ready = true;
    }
    if (__atomic_load_n(&debugger.server, __ATOMIC_ACQUIRE) == 0) {
        seat.wish = wants_stop(debugger.session, debugger.port);
    }
    __atomic_store_n(&debugger.polling, 0, __ATOMIC_RELEASE);
}

// Is the watchpoint that was met still one?
bool is_still_watched(const Vmm& vmm, const Stop& stop) {
    for (const Watched& part : watched_parts(vmm)) {
        if (stop.address - part.linear <= part.last - part.first && reason_of(part.kind) == stop.reason) {
            return true;
        }
    }
    return false;
}

// The guest is in the midst of an instruction, or of the delivery of an event.
bool is_in_midst(const Vcpu& vcpu, const Seat& seat) {
    return is_stepping(vcpu) || seat.passes != 0 || (vcpu.view != nullptr && vcpu.view->stepping != 0);
}

// The instruction that went without a step is over: the window has opened behind it.
void end_pass(Seat& seat) {
    const auto reason = ExitReason{vmread(vmcs::exit_reason)}.basic();
    if (seat.passes != 0 && reason == BasicExitReason::nmi_window) {
        seat.passes = 0;
        seat.stepped = 1;
    }
}

// One processor at a time, and none while another one serves: the points don't change meanwhile.
void catch_up(Vcpu& vcpu) {
    if (!become_server(vcpu)) {
        cpu::pause();
        return;
    }
    take_here(vcpu);
    __atomic_store_n(&debugger_of(vcpu).server, 0, __ATOMIC_RELEASE);
}

// It has entered since the points were made. (Where the system changes its hooks, the end of that brings them to everybody.)
bool has_missed_points(const Vcpu& vcpu, const Seat& seat) {
    return seat.changes != debugger_of(vcpu).changes && !is_system_changing(*vcpu.place.vmm);
}

// Until nothing keeps the processor from going on. True: it has stood still.
bool stop_if_asked(Vcpu& vcpu) {
    Debugger& debugger = debugger_of(vcpu);
    Seat& seat = seat_of(vcpu);
    const uint32_t processor = vcpu.place.processor;
    bool stood = false;
    for (;;) {
        look_at_line(debugger, seat);
        if (has_to_stop(debugger) || seat.motion == Motion::stay) {
            stand_still(vcpu);
            stood = true;
        } else if (has_missed_points(vcpu, seat)) {
            catch_up(vcpu);
        } else if (seat.has_seen != 0) {
            const Stop stop = seat.saw;
            if (!is_still_watched(*vcpu.place.vmm, stop)) {
                seat.has_seen = 0;
            } else if (serve(vcpu, stop, true)) {
                seat.has_seen = 0;
                stood = true;
            }
        } else if (seat.stepped != 0) {
            stood |= serve(vcpu, {StopReason::step, processor, 0}, true);
        } else if (seat.hit != 0) {
            stood |= serve(vcpu, {StopReason::breakpoint, processor, 0}, true);
        } else if (seat.wish != StopWish::none) {
            stood |= serve(vcpu, {StopReason::asked_for, processor, 0}, seat.wish == StopWish::interrupt);
        } else {
            return stood;
        }
    }
}

} // namespace

void join(const Vcpu& vcpu) {
    seat_of(vcpu).changes = 0;
    set_timer(vcpu);
}

Outcome on_timer(Vcpu& vcpu) {
    wrap_guest_rip();
    set_timer(vcpu);
    Seat& seat = seat_of(vcpu);
    seat.looks = 1;
    if (!is_stepping(vcpu)) {
        prepare_steps_at(vcpu, vmread(vmcs::guest_rip)); // so that it is known when GDB comes
    }
    if (seat.delivers != 0) {
        seat.delivers = 0;
        seat.stepped = 1;
    }
    return Outcome::retry;
}

void on_breakpoint(Vcpu& vcpu) { seat_of(vcpu).hit = 1; }

void on_access(Vcpu& vcpu, const MemoryAccess& access) {
    Seat& seat = seat_of(vcpu);
    const Watched* const part = find_watched(*vcpu.place.vmm, access);
    if (part != nullptr && seat.has_seen == 0) {
        seat.saw = {reason_of(part->kind), vcpu.place.processor, watched_address(*part, access)};
        seat.has_seen = 1;
    }
}

void on_step_end(Vcpu& vcpu) { seat_of(vcpu).stepped = 1; }

void attend(Vcpu& vcpu) {
    Seat& seat = seat_of(vcpu);
    end_pass(seat);
    if (is_in_midst(vcpu, seat)) {
        return;
    }
    while (stop_if_asked(vcpu)) {
        set_timer(vcpu);
        if (go_on(vcpu)) {
            return;
        }
    }
}

HoldAll::HoldAll(Vcpu& vcpu) : vmm_(*vcpu.place.vmm) {
    while (!become_server(vcpu)) {
        stand_still(vcpu);
    }
    stop_all(vcpu);
}

HoldAll::~HoldAll() {
    __atomic_store_n(&vmm_.debugger->stop, 0, __ATOMIC_RELEASE);
    __atomic_store_n(&vmm_.debugger->server, 0, __ATOMIC_RELEASE);
}

} // namespace nadir::core::gdb
