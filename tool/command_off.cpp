// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/commands.h"
#include "tool/json_output.h"
#include "tool/print_to.h"
#include "tool/report.h"

#include <fmt/format.h>

namespace nadir::tool {

ExitStatus command_off(System& system, const OffOptions& options, std::ostream& out) {
    const auto device = system.open_device();
    const nadir_report report = device->off();
    const ExitStatus status = exit_status_of(report);
    if (options.json) {
        print_json(out, {{"command", "off"}, {"report", to_json(report)}});
        return status;
    }
    if (status == ExitStatus::already) {
        throw Failure(status, "Nadir is already off; nothing was changed.", "`nadir on` starts it.");
    }
    if (status != ExitStatus::success) {
        throw Failure(status, fmt::format("Nadir did not stop everywhere.\n{}", describe(report)),
                      "`nadir status` shows which processors it still has, `nadir log` what happened.");
    }
    print_to(out, "Nadir is off: every processor was handed back.\n");
    return status;
}

} // namespace nadir::tool
