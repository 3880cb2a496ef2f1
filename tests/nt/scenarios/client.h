// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What the `nadir` command would do: the requests of control/control.h through an opened device. Whatever isn't answered as it
// must be ends the run as a violation of the rule `request`.
#pragma once

#include "control/control.h"
#include "tests/nt/imports/requests.h"
#include "tests/nt/kernel/violation.h"

namespace nadir::nt {

constexpr const char16_t* device_link = u"\\DosDevices\\Nadir";

// The control code of a function (enum nadir_function); hosts/windows/ioctl.h says the same.
constexpr u32 nadir_code(u32 function, u32 method = method_buffered, u32 access = 3, u32 type = 0x22) {
    return control_code(type, 0x800 + function, method, access);
}

FileObject* open_nadir();

// In and out: the whole structure, with its header filled in.
template <typename Request>
Answer ask(FileObject* file, u32 function, Request& request) {
    request.header = {NADIR_CONTROL_VERSION, sizeof request};
    const Answer answer =
        control_device(file, nadir_code(function), &request, sizeof request, &request, sizeof request);
    if (succeeded(answer.status) && answer.bytes != sizeof request)
        violation(rule::request, 0, "function %u succeeded with %llu bytes of %u", function, answer.bytes,
                  static_cast<u32>(sizeof request));
    return answer;
}

// Prints the report. `refused`: the request itself failed, and there is no report.
nadir_report turn_on(FileObject* file, const nadir_options& options, Status* refused = nullptr);
nadir_report turn_off(FileObject* file);
nadir_state state_of(FileObject* file);

constexpr nadir_options plain_options{NADIR_LEVEL_DEBUG, 0x3F8, 0, NADIR_ANY_PROCESSOR, 0, 0, 0, 0, 0, 0, 0};

// These end the run unless it is so.
void require_on(FileObject* file);
void require_off(FileObject* file);
void must_turn_on(FileObject* file);
void must_turn_off(FileObject* file);

} // namespace nadir::nt
