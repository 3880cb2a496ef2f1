// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/serial_port.h"

#include "tool/exit_status.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>
#include <utility>

namespace nadir::tool {

namespace {

using Known = std::pair<std::string_view, nadir_u32>;
constexpr std::array<Known, 4> ports{{{"com1", 0x3F8}, {"com2", 0x2F8}, {"com3", 0x3E8}, {"com4", 0x2E8}}};
constexpr nadir_u32 last_port = 0xFFF8; // a UART has eight

} // namespace

nadir_u32 serial_port_of(std::string_view word) {
    const auto* const known = std::ranges::find(ports, word, &Known::first);
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

std::string words_of_serial_port(nadir_u32 port) {
    const auto* const known = std::ranges::find(ports, port, &Known::second);
    return known != ports.end() ? fmt::format("{} ({:#x})", known->first, port) : fmt::format("{:#x}", port);
}

} // namespace nadir::tool
