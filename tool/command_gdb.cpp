// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/commands.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <fmt/ostream.h>

namespace nadir::tool {

namespace {

constexpr std::array<std::pair<std::string_view, nadir_u32>, 4> ports{
    {{"com1", 0x3F8}, {"com2", 0x2F8}, {"com3", 0x3E8}, {"com4", 0x2E8}}};
constexpr nadir_u32 last_port = 0xFFF8; // a UART has eight

nadir_u32 port_of(std::string_view word) {
    const auto* const known = std::ranges::find(ports, word, &std::pair<std::string_view, nadir_u32>::first);
    if (known != ports.end()) {
        return known->second;
    }
    nadir_u32 port = 0;
    const bool hexadecimal = word.starts_with("0x") || word.starts_with("0X");
    const std::string_view digits = word.substr(hexadecimal ? 2 : 0);
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), port, hexadecimal ? 16 : 10);
    if (error != std::errc{} || end != digits.data() + digits.size() || port == 0 || port > last_port) {
        throw Failure(ExitStatus::usage, fmt::format("There is no serial port '{}'.", word),
                      "com1, com2, com3 and com4 are known; another UART's I/O port is a number from 1 to 0xfff8.");
    }
    return port;
}

} // namespace

ExitStatus command_gdb(System& system, const GdbOptions& options, std::ostream& out) {
    OnOptions on;
    on.gdb_port = port_of(options.port);
    on.json = options.json;
    const ExitStatus status = command_on(system, on, out);
    if (status == ExitStatus::success && !options.json) {
        fmt::print(out,
                   "Its debugger listens at {}, 115200 baud. On the machine at the other end:\n"
                   "    gdb vmlinux -ex 'set remotetimeout 30' -ex 'target remote /dev/ttyUSB0'\n"
                   "The system stands still while GDB has stopped it. `nadir off` ends both.\n",
                   options.port);
    }
    return status;
}

} // namespace nadir::tool
