// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "arch/vmx/field_encoding.h"
#include "tool/commands.h"
#include "tool/json_output.h"
#include "tool/print_to.h"
#include "tool/report.h"
#include "tool/units.h"

#include <fmt/format.h>

namespace nadir::tool {

namespace {

// What a VM exit loads is not put back by a refused entry: a value that the processor takes ends the machine at the first exit.
void refuse_host_state(nadir_u32 field) {
    if (arch::FieldEncoding{field}.group() == arch::FieldGroup::host) {
        throw Failure(ExitStatus::usage,
                      fmt::format("--fail-field {:#x} is of the host-state area: if the processor took the value, the "
                                  "machine would stop at its first VM exit.",
                                  field),
                      "Give a control or a field of the guest-state area (`nadir list --kind vmcs`); the bare host in "
                      "the emulator takes any (docs/explainer.md).");
    }
}

} // namespace

ExitStatus command_on(System& system, const OnOptions& options, std::ostream& out) {
    refuse_host_state(options.fail_field);
    const auto device = system.open_device();
    nadir_options wish{};
    wish.log_level = options.log_level;
    wish.com1 = options.com1;
    wish.fail_step = options.fail_step;
    wish.fail_processor = options.fail_processor;
    wish.fail_field = options.fail_field;
    wish.fail_value = options.fail_value;
    wish.hook_pages = options.hook_pages.value_or(system.words().hook_pages);
    wish.gdb_port = options.gdb_port;
    wish.record_every_exit = options.record_every_exit ? 1 : 0;

    const nadir_report report = device->on(wish);
    const ExitStatus status = exit_status_of(report);
    if (options.json) {
        print_json(out, {{"command", "on"}, {"report", to_json(report)}});
        return status;
    }
    if (status == ExitStatus::already) {
        throw Failure(status, "Nadir is already on; nothing was changed.",
                      "`nadir status` shows how it is, `nadir off` ends it.");
    }
    if (status != ExitStatus::success) {
        const char* outcome = report.status == NADIR_PROCESSOR_LOST
                                  ? "Nadir is not on as it should be, and can't be turned off."
                                  : "Nadir did not start, and the machine is as it was.";
        throw Failure(status, fmt::format("{}\n{}", outcome, describe(report)),
                      fmt::format("`nadir caps` explains what this machine offers; {}.", system.words().messages));
    }
    const nadir_state state = device->state();
    print_to(out, "Nadir is on: {} in VMX non-root operation, {} of memory in use.\n",
             counted(state.processors_on, "processor"), bytes(state.bytes_total));
    return status;
}

} // namespace nadir::tool
