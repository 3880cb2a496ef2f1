// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Serves the machine that is made up to a real GDB: nadir_gdb_debuggee FILE_DESCRIPTOR, a connected socket.
#include <cstdio>
#include <cstdlib>
#include <memory>

#include <poll.h>
#include <unistd.h>

#include "core/gdb/conversation.h"
#include "core/gdb/line.h"
#include "fake_machine.h"

namespace {
int socket_to_gdb = -1;
}

namespace nadir::core::gdb {

std::optional<uint8_t> receive(uint16_t) {
    pollfd waiting{socket_to_gdb, POLLIN, 0};
    if (poll(&waiting, 1, 1) != 1) {
        return std::nullopt;
    }
    uint8_t byte = 0;
    if (read(socket_to_gdb, &byte, 1) != 1) {
        std::exit(0); // GDB is gone; a serial line wouldn't tell
    }
    return byte;
}

bool send(uint16_t, uint8_t byte) { return write(socket_to_gdb, &byte, 1) == 1; }

} // namespace nadir::core::gdb

int main(int count, char** words) {
    using namespace nadir::core::gdb;
    if (count != 2) {
        std::fprintf(stderr, "nadir_gdb_debuggee FILE_DESCRIPTOR\n");
        return 2;
    }
    socket_to_gdb = std::atoi(words[1]);
    fake::reset();
    const auto session = std::make_unique<Session>();
    fake::serve(*session, ~0u);
    std::printf("detached\n");
    return 0;
}
