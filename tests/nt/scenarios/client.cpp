// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tests/nt/scenarios/client.h"

#include "hosts/bare/machine/print.h"
#include "tests/nt/kernel/cpu.h"

namespace nadir::nt {

namespace {

void print_report(const char* what, const nadir_report& report) {
    bare::print("%s: status %u step %u processor %d: %s\n", what, report.status, report.step,
                static_cast<int>(report.processor), report.text);
    if (report.text[0] == 0)
        violation(rule::request, 0, "%s: a report without words", what);
}

} // namespace

FileObject* open_nadir() {
    Status why;
    FileObject* file = open_device(device_link, User::administrator, why);
    if (file == nullptr)
        violation(rule::request, 0, "an administrator can't open the device: %x", why);
    return file;
}

nadir_report turn_on(FileObject* file, const nadir_options& options, Status* refused) {
    nadir_on_request request{};
    request.options = options;
    const Answer answer = ask(file, NADIR_FUNCTION_ON, request);
    if (refused != nullptr)
        *refused = answer.status;
    if (is_error(answer.status)) {
        if (refused == nullptr)
            violation(rule::request, 0, "on: %x", answer.status);
        bare::print("on: refused with %x\n", answer.status);
        request.report.status = NADIR_REFUSED;
        return request.report;
    }
    print_report("on", request.report);
    return request.report;
}

nadir_report turn_off(FileObject* file) {
    nadir_off_request request{};
    const Answer answer = ask(file, NADIR_FUNCTION_OFF, request);
    if (answer.status != status::success)
        violation(rule::request, 0, "off: %x", answer.status);
    print_report("off", request.report);
    return request.report;
}

nadir_state state_of(FileObject* file) {
    nadir_state_request request{};
    const Answer answer = ask(file, NADIR_FUNCTION_STATE, request);
    if (answer.status != status::success)
        violation(rule::request, 0, "state: %x", answer.status);
    return request.state;
}

void require_on(FileObject* file) {
    const nadir_state state = state_of(file);
    if (state.active != 1 || state.processors_on != active_cpus())
        violation(rule::request, 0, "on, and yet active %u, %u of %u processors on", state.active, state.processors_on,
                  active_cpus());
}

void require_off(FileObject* file) {
    const nadir_state state = state_of(file);
    if (state.active != 0 || state.processors_on != 0)
        violation(rule::request, 0, "off, and yet active %u, %u processors on", state.active, state.processors_on);
}

void must_turn_on(FileObject* file) {
    if (turn_on(file, plain_options).status != NADIR_OK)
        violation(rule::request, 0, "it can't be turned on");
    require_on(file);
}

void must_turn_off(FileObject* file) {
    if (turn_off(file).status != NADIR_OK)
        violation(rule::request, 0, "it can't be turned off");
    require_off(file);
}

} // namespace nadir::nt
