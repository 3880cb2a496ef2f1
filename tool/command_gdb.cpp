// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/commands.h"

#include "tool/print_to.h"
#include "tool/serial_port.h"

#include <fmt/format.h>

namespace nadir::tool {

namespace {

// Two that use one UART take each other's bytes. Returns a remark for who goes on, or nothing.
std::string check_use(System& system, nadir_u32 port, bool force) {
    const SerialUse use = system.serial_use(port);
    const std::string words = words_of_serial_port(port);
    if (force) {
        return {};
    }
    if (use.absent) {
        throw Failure(ExitStatus::failed, fmt::format("There is no UART at {}: its registers read as FFH.", words),
                      "`nadir gdb --port` takes another one; --force listens there all the same.");
    }
    if (!use.user.empty()) {
        throw Failure(ExitStatus::failed,
                      fmt::format("The system uses {} itself, as {}: {}.", words, use.name, use.user),
                      "GDB and the system would take each other's bytes. Free the port, or give another one by --port; "
                      "--force listens there all the same.");
    }
    return use.name.empty() ? std::string{}
                            : fmt::format("The system has a driver for this port ({}). Nobody has it open; leave it so "
                                          "while GDB is there.\n",
                                          use.name);
}

void check_whether_on(const nadir_state& state, nadir_u32 port) {
    if (state.active == 0) {
        return;
    }
    if (state.gdb_port == port) {
        throw Failure(ExitStatus::already,
                      fmt::format("Nadir is already on, and its debugger listens at {}.", words_of_serial_port(port)),
                      "Let GDB attach, or end both by `nadir off`.");
    }
    throw Failure(ExitStatus::already,
                  state.gdb_port == 0 ? std::string("Nadir is already on, without a debugger: only a start brings it.")
                                      : fmt::format("Nadir is already on, and its debugger listens at {}.",
                                                    words_of_serial_port(state.gdb_port)),
                  "`nadir off`, and then this command again.");
}

} // namespace

ExitStatus command_gdb(System& system, const GdbOptions& options, std::ostream& out) {
    OnOptions on;
    on.gdb_port = serial_port_of(options.port);
    on.hook_pages = options.hook_pages;
    on.json = options.json;
    check_whether_on(system.open_device()->state(), on.gdb_port);
    const std::string remark = check_use(system, on.gdb_port, options.force);
    const ExitStatus status = command_on(system, on, out);
    if (status == ExitStatus::success && !options.json) {
        print_to(out,
                 "Its debugger listens at {}, 115200 baud. On the machine at the other end, with the file that\n"
                 "`nadir symbols --elf kernel.elf` makes here:\n"
                 "    gdb kernel.elf -ex 'set remotetimeout 30' -ex 'target remote /dev/ttyUSB0'\n"
                 "{}The system stands still while GDB has stopped it. `nadir off` ends both.\n",
                 words_of_serial_port(on.gdb_port), remark);
    }
    return status;
}

} // namespace nadir::tool
