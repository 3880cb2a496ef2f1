// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/views/hooks.h"

#include "base/format.h"
#include "core/enter.h"
#include "core/guest_call.h"
#include "core/nadir.h"
#include "core/plan/make_plan.h"
#include "core/report.h"
#include "core/views/prepare.h"

namespace nadir::core {

namespace {

struct Request {
    const nadir_session* session;
    const nadir_hook* hooks;
    uint32_t count;
    uint32_t failed; // the hook that was refused
    bool begun;      // there may be something to be taken back
};

uint32_t ask(const Request& request, Hypercall function, uint64_t first = 0, uint64_t second = 0) {
    return static_cast<uint32_t>(call_root(*request.session, function, first, second).status);
}

NADIR_ABI nadir_u32 prepare_here(void* argument, nadir_u32) {
    Request& request = *static_cast<Request*>(argument);
    request.failed = request.count;
    uint32_t status = ask(request, Hypercall::views_prepare);
    request.begun = status == NADIR_OK;
    for (uint32_t i = 0; status == NADIR_OK && i < request.count; ++i) {
        const nadir_hook& hook = request.hooks[i];
        status = ask(request, Hypercall::views_add, packed_hook(hook.address, hook.kind), hook.target);
        request.failed = status == NADIR_OK ? request.count : i;
    }
    return status;
}

NADIR_ABI nadir_u32 arm_here(void* argument, nadir_u32) {
    Request& request = *static_cast<Request*>(argument);
    const GuestCall answer = call_root(*request.session, Hypercall::views_arm);
    if (answer.status == NADIR_HOOK_INSTRUCTION) {
        request.failed = static_cast<uint32_t>(answer.word[0]);
    }
    return static_cast<nadir_u32>(answer.status);
}

template <Hypercall function>
NADIR_ABI nadir_u32 ask_here(void* argument, nadir_u32) {
    return ask(*static_cast<const Request*>(argument), function);
}

bool can_be_asked(const nadir_session& session, uint32_t processor) {
    if (session.processors[processor].state != NADIR_PROCESSOR_ON) {
        return false;
    }
    nadir_statistics statistics;
    (void)nadir_get_statistics(&session, processor, &statistics);
    return !is_lost(statistics.state);
}

// On so many of the processors that can be asked; the first failure.
uint32_t run_on(Request& request, nadir_procedure procedure, uint32_t most) {
    const nadir_session& session = *request.session;
    uint32_t asked = 0;
    for (uint32_t i = 0; i < session.processor_count && asked < most; ++i) {
        if (!can_be_asked(session, i)) {
            continue;
        }
        ++asked;
        const uint32_t status = nadir_host_run_on(i, procedure, &request);
        if (status != NADIR_OK && status != NADIR_PROCESSOR_OFFLINE) {
            return status;
        }
    }
    return asked != 0 ? NADIR_OK : NADIR_PROCESSOR_OFFLINE;
}

uint32_t run_on_one(Request& request, nadir_procedure procedure) { return run_on(request, procedure, 1); }
uint32_t run_on_all(Request& request, nadir_procedure procedure) { return run_on(request, procedure, ~0u); }

// What is watched is from now on watched in the tables of all; then each processor leaves the views.
uint32_t end_hooks(Request& request) {
    const uint32_t status = guards_memory(*request.session) ? renew_plan(*request.session) : uint32_t{NADIR_OK};
    const uint32_t left = run_on_all(request, ask_here<Hypercall::views_leave>);
    return status != NADIR_OK ? status : left;
}

bool are_well_formed(const nadir_hook* hooks, uint32_t count) {
    for (uint32_t i = 0; i < count; ++i) {
        const nadir_hook& hook = hooks[i];
        const bool has_target =
            hook.kind == NADIR_HOOK_CALL || (hook.kind == NADIR_HOOK_REDIRECT) == (hook.target != 0);
        if (hook.kind > NADIR_HOOK_CALL || !has_target || hook.address != packed_hook(hook.address, 0)) {
            return false;
        }
    }
    return count != 0;
}

nadir_u32 fail(nadir_report& report, uint32_t status, const Request& request) {
    const bool of_hook = request.failed < request.count;
    const uint64_t address = of_hook ? request.hooks[request.failed].address : 0;
    fill_report(report, {static_cast<nadir_status>(status), NADIR_STEP_NONE, NADIR_ANY_PROCESSOR, {address, 0, 0, 0}});
    base::Writer words{report.text};
    if (of_hook) {
        words.text("Hook ")
            .decimal(request.failed)
            .text(" at physical address ")
            .hex(address)
            .text(" was refused, and none was set: ");
    }
    switch (status) {
    case NADIR_HOOKS_NOT_ASKED_FOR:
        words.text("Nadir was turned on without memory for hidden pages. Turn it off, and on again with hook_pages.");
        break;
    case NADIR_HOOKS_UNSUPPORTED:
        words.text("This processor's EPT can't make memory executable without making it readable "
                   "(IA32_VMX_EPT_VPID_CAP bit 0), and what is hidden could be read.");
        break;
    case NADIR_BUSY:
        words.text("There are hooks already. Remove them first: a change is an end and a new beginning.");
        break;
    case NADIR_NO_MEMORY:
        words.text(
            "the memory for hidden pages is used up. Each takes 4 KiB and, where no other one lies near, up to 24 KiB for tables; "
            "turn Nadir on with more hook_pages.");
        break;
    case NADIR_HOOK_NO_MEMORY: words.text("the processor has no memory there."); break;
    case NADIR_HOOK_DEVICE: words.text("it is a device's, or other memory that isn't write-back."); break;
    case NADIR_HOOK_INSTRUCTION:
        words.text(
            "the instruction there reads or writes RFLAGS.TF or IF, or loads SS, and this processor's monitor trap flag, by which it "
            "could be stepped over, is missing or doesn't work. Choose the instruction before or behind it.");
        break;
    case NADIR_HOOK_EXTENSION:
        words.text("no extension of that number is compiled in, or it has no callback `hook`.");
        break;
    case NADIR_HOOK_WATCHED:
        words.text(
            "its page is watched or protected. A page can be one or the other: end `nadir trace`, or remove the rule.");
        break;
    case NADIR_HOOK_OURS: words.text("it is Nadir's own memory."); break;
    case NADIR_BAD_ARGUMENT:
        words.text(
            of_hook ? "there is another one at this address."
                    : "Nothing was set: no hook at all, one of an unknown kind, a redirection without a target, or a "
                      "breakpoint with one was asked for.");
        break;
    default: break; // fill_report has the words
    }
    return report.status;
}

} // namespace

void continue_hooks(const nadir_session& session) {
    if (session.options.hook_pages != 0) {
        (void)call_root(session, Hypercall::views_take); // refused where there are none
    }
}

extern "C" {

NADIR_ABI nadir_u32 nadir_hooks_begin(nadir_session* session, const nadir_hook* hooks, nadir_u32 count,
                                      nadir_report* report) {
    Request request{session, hooks, count, count, false};
    fill_success(*report);
    if (!are_well_formed(hooks, count)) {
        return fail(*report, NADIR_BAD_ARGUMENT, request);
    }
    constexpr auto take = &ask_here<Hypercall::views_take>;
    uint32_t status = run_on_one(request, prepare_here);
    if (status == NADIR_OK && guards_memory(*session)) {
        status = renew_plan(*session); // what is watched is from now on watched in the views of the hooks
    }
    status = status == NADIR_OK ? run_on_all(request, take) : status;
    status = status == NADIR_OK ? run_on_one(request, arm_here) : status;
    status = status == NADIR_OK ? run_on_all(request, take) : status;
    if (status != NADIR_OK) {
        if (request.begun) {
            (void)run_on_one(request, ask_here<Hypercall::views_disarm>);
            (void)end_hooks(request);
        }
        return fail(*report, status, request);
    }
    return NADIR_OK;
}

NADIR_ABI nadir_u32 nadir_hooks_read(const nadir_session* session, nadir_u32 hook, nadir_hook_state* state) {
    const GuestCall answer = call_root(*session, Hypercall::read_hook, hook);
    *state = {answer.word[0], answer.word[1], answer.word[2]};
    return static_cast<nadir_u32>(answer.status);
}

NADIR_ABI nadir_u32 nadir_views_read(const nadir_session* session, nadir_view_state* state) {
    const GuestCall answer = call_root(*session, Hypercall::read_views);
    *state = {answer.word[0], answer.word[1], answer.word[2], answer.word[3], answer.word[4], answer.word[5]};
    return static_cast<nadir_u32>(answer.status);
}

NADIR_ABI nadir_u32 nadir_hooks_end(nadir_session* session, nadir_report* report) {
    Request request{session, nullptr, 0, 0, false};
    fill_success(*report);
    // Nobody may be left with a copy when the first one can write to the pages unseen.
    if (run_on_one(request, ask_here<Hypercall::views_disarm>) == NADIR_OK) {
        (void)run_on_all(request, ask_here<Hypercall::views_take>);
    }
    const uint32_t status = end_hooks(request);
    return status == NADIR_OK ? status : fail(*report, status, request);
}
}

} // namespace nadir::core
