// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Whatever comes over the debugger's line: every answer is a whole packet, and GDB can detach behind it. On a machine that is made up.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>

#include "core/gdb/conversation.h"
#include "core/gdb/line.h"
#include "tests/unit/gdb/fake_machine.h"

namespace {

constexpr std::string_view detach = "$D#44";

struct Input {
    const std::uint8_t* data;
    std::size_t size;
    std::size_t taken;
};

Input input;
nadir::core::gdb::PacketReader answers;

} // namespace

namespace nadir::core::gdb {

std::optional<std::uint8_t> receive(std::uint16_t) {
    const std::size_t at = input.taken++;
    return at < input.size ? input.data[at] : static_cast<std::uint8_t>(detach[(at - input.size) % detach.size()]);
}

bool send(std::uint16_t, std::uint8_t byte) {
    const auto got = answers.take(byte);
    if (got == PacketReader::Got::damaged) {
        std::abort();
    }
    return true;
}

} // namespace nadir::core::gdb

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace nadir::core::gdb;
    input = {data, size, 0};
    answers = {};
    fake::reset();
    const auto session = std::make_unique<Session>();
    constexpr unsigned rounds = 4;
    fake::serve(*session, rounds);
    return 0;
}
