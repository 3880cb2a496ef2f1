// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The exit statuses of the `nadir` command. Scripts rely on them: tool/README.md lists them, never renumber.
#pragma once

#include <stdexcept>
#include <string>

namespace nadir::tool {

enum class ExitStatus : int {
    success = 0,
    failed = 1,        // the machine, the system or the core said no; the reason was printed
    usage = 2,         // the command line was wrong
    no_module = 3,     // there is no device: Nadir's module is not loaded
    not_permitted = 4, // only administrators may do this
    wrong_version = 5, // the command and the module are of different versions
    already = 6,       // `on` when on, `off` when off
    unknown = 7,       // `caps`, `explain`: nothing speaks against it, but not everything could be seen
};

// Ends a command: what happened, and what to do about it.
class Failure : public std::runtime_error {
public:
    Failure(ExitStatus status, const std::string& what, std::string advice = {})
        : std::runtime_error(what), status_(status), advice_(std::move(advice)) {}

    [[nodiscard]] ExitStatus status() const { return status_; }
    [[nodiscard]] const std::string& advice() const { return advice_; }

private:
    ExitStatus status_;
    std::string advice_;
};

} // namespace nadir::tool
