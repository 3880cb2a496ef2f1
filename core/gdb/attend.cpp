// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/gdb/attend.h"

#include "arch/msr/vmx_capabilities.h"
#include "arch/vmx/fields.h"
#include "core/gdb/conversation.h"
#include "core/gdb/line.h"
#include "core/guest.h"
#include "core/step.h"
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

// It goes on, in its own way. What it steps over is let through by the same means as what a watch does.
void go_on(Vcpu& vcpu) {
    Seat& seat = seat_of(vcpu);
    seat.hit = 0;
    if (seat.motion != Motion::step) {
        return;
    }
    // To step it is awake: an instruction that halts has been carried out.
    if (vmread(vmcs::guest_activity_state) == static_cast<uint32_t>(ActivityState::hlt)) {
        vmwrite(vmcs::guest_activity_state, static_cast<uint32_t>(ActivityState::active));
    }
    if (vmread(vmcs::entry_interruption_information).valid()) {
        // What it does next is to deliver an event. A timer of 0 exits behind that, before the handler's first instruction.
        seat.delivers = 1;
        vmwrite(vmcs::preemption_timer_value, 0);
        return;
    }
    prepare_steps(vcpu);
    begin_step(vcpu, StepEnd::debugger);
}

void stand_still(Vcpu& vcpu) {
    Debugger& debugger = debugger_of(vcpu);
    Seat& seat = seat_of(vcpu);
    // The watchdog is not to blame who waits.
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
    for (uint32_t i = 0; i < debugger.seat_count; ++i) {
        Seat& seat = debugger.seats[i];
        seat.stepped = 0;
        seat.delivers = 0;
        __atomic_store_n(&seat.motion, after == After::detached ? Motion::run : debugger.session.motions[i],
                         __ATOMIC_RELEASE);
    }
    __atomic_store_n(&debugger.stop, 0, __ATOMIC_RELEASE);
    __atomic_store_n(&debugger.server, 0, __ATOMIC_RELEASE);
}

// `waiting`: GDB has let the machine go on, and waits for what comes of it.
void serve(Vcpu& vcpu, Stop stop, bool waiting) {
    Vmm& vmm = *vcpu.place.vmm;
    Debugger& debugger = *vmm.debugger;
    uint32_t nobody = 0;
    if (!__atomic_compare_exchange_n(&debugger.server, &nobody, vcpu.place.processor + 1, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_ACQUIRE)) {
        return; // another one was faster; what stopped this one will do so again
    }
    __atomic_store_n(&vcpu.watch.waits, 1, __ATOMIC_RELEASE);
    __atomic_store_n(&debugger.stop, 1, __ATOMIC_RELEASE);
    wait_for_all(vmm, vcpu.place.processor);
    begin(debugger.session, stop);
    const After after = converse(debugger.session, vmm, debugger.port, waiting);
    if (after == After::detached) {
        remove_all_points(vmm);
    }
    let_go(vmm, after);
    __atomic_store_n(&vcpu.watch.waits, 0, __ATOMIC_RELEASE);
}

// One processor at a time looks at the line.
StopWish look_at_line(Debugger& debugger, Seat& seat) {
    const bool looks = seat.looks != 0;
    seat.looks = 0;
    if (!looks || __atomic_exchange_n(&debugger.polling, 1, __ATOMIC_ACQUIRE) != 0) {
        return StopWish::none;
    }
    if (!debugger.line_ready) {
        set_up_line(debugger.port);
        debugger.line_ready = true;
    }
    const StopWish wish = has_to_stop(debugger) ? StopWish::none : wants_stop(debugger.session, debugger.port);
    __atomic_store_n(&debugger.polling, 0, __ATOMIC_RELEASE);
    return wish;
}

} // namespace

void set_timer(const Vcpu& vcpu) {
    const VmxMisc misc{vcpu.place.vmm->capabilities.msr(capability_msr::vmx_misc)};
    vmwrite(vmcs::preemption_timer_value, static_cast<uint32_t>(period >> misc.preemption_timer_shift()));
}

Outcome on_timer(Vcpu& vcpu) {
    wrap_guest_rip();
    set_timer(vcpu);
    Seat& seat = seat_of(vcpu);
    seat.looks = 1;
    if (seat.delivers != 0) {
        seat.delivers = 0;
        seat.stepped = 1;
    }
    return Outcome::retry;
}

void on_breakpoint(Vcpu& vcpu) { seat_of(vcpu).hit = 1; }

void on_step_end(Vcpu& vcpu) { seat_of(vcpu).stepped = 1; }

void attend(Vcpu& vcpu) {
    Debugger& debugger = debugger_of(vcpu);
    Seat& seat = seat_of(vcpu);
    if (is_stepping(vcpu)) {
        return; // the guest is in the midst of an instruction
    }
    const uint32_t processor = vcpu.place.processor;
    for (;;) {
        if (has_to_stop(debugger)) {
            stand_still(vcpu);
        } else if (seat.stepped != 0) {
            serve(vcpu, {StopReason::step, processor, 0}, true);
        } else if (seat.hit != 0) {
            serve(vcpu, {StopReason::breakpoint, processor, 0}, true);
        } else if (const StopWish wish = look_at_line(debugger, seat); wish != StopWish::none) {
            serve(vcpu, {StopReason::asked_for, processor, 0}, wish == StopWish::interrupt);
        } else {
            return;
        }
        if (seat.motion == Motion::stay) {
            stand_still(vcpu);
        }
        if (!has_to_stop(debugger)) {
            go_on(vcpu);
            return;
        }
    }
}

} // namespace nadir::core::gdb
