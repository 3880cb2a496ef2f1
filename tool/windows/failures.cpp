// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/windows/failures.h"

#include "control/control.h"

#include <fmt/format.h>

namespace nadir::tool {

namespace {

constexpr const char* as_administrator = "Run the command in a console that was opened by \"Run as administrator\".";
constexpr const char* one_build =
    "Use the nadir.exe and the nadir.sys of one build (`nadir --version`); end the old driver by `sc stop nadir`.";

} // namespace

Failure failure_to_open(Win32Error error, const std::string& words) {
    switch (error) {
    case Win32Error::file_not_found:
    case Win32Error::path_not_found:
        return {ExitStatus::no_module, "Nadir's driver is not loaded: there is no \\\\.\\Nadir.",
                "Load it as an administrator: sc start nadir (once before: sc create nadir type= kernel binPath= "
                "C:\\path\\to\\nadir.sys)."};
    case Win32Error::access_denied:
        return {ExitStatus::not_permitted, "\\\\.\\Nadir is for administrators only.", as_administrator};
    default: return {ExitStatus::failed, fmt::format("\\\\.\\Nadir can't be opened: {}.", words)};
    }
}

Failure failure_to_ask(const std::string& what, Win32Error error, const std::string& words) {
    switch (error) {
    case Win32Error::access_denied:
        return {ExitStatus::not_permitted, fmt::format("{}: only administrators may ask.", what), as_administrator};
    case Win32Error::invalid_function:
    case Win32Error::bad_length:
    case Win32Error::revision_mismatch:
        return {ExitStatus::wrong_version,
                fmt::format("{}: the driver does not understand this command (control version {}): {}.", what,
                            NADIR_CONTROL_VERSION, words),
                one_build};
    case Win32Error::busy:
    case Win32Error::operation_aborted:
        return {ExitStatus::failed, fmt::format("{}: interrupted, or another request is under way: {}.", what, words),
                "Try again."};
    default:
        return {ExitStatus::failed, fmt::format("{}: {}.", what, words),
                "What the driver has printed may say more (DebugView, or a kernel debugger)."};
    }
}

Failure failure_of_answer(unsigned long bytes, unsigned long expected) {
    return {ExitStatus::wrong_version,
            fmt::format("The driver answered with {} bytes in place of {}.", bytes, expected), one_build};
}

} // namespace nadir::tool
