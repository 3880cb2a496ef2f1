// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What it means when the device can't be opened, or refuses a request. Apart from Windows' headers, so that tests on any
// system see it.
#pragma once

#include "tool/exit_status.h"

#include <string>

namespace nadir::tool {

// The errors that are told apart, by winerror.h's names.
enum class Win32Error : unsigned long {
    invalid_function = 1,
    file_not_found = 2,
    path_not_found = 3,
    access_denied = 5,
    bad_length = 24,
    busy = 170,
    operation_aborted = 995,
    revision_mismatch = 1306,
};

// `words` are the system's own for the error.
Failure failure_to_open(Win32Error error, const std::string& words);
Failure failure_to_ask(const std::string& what, Win32Error error, const std::string& words);
// It was answered, but by another structure.
Failure failure_of_answer(unsigned long bytes, unsigned long expected);

} // namespace nadir::tool
