// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/gdb/conversation.h"

#include "core/gdb/hex.h"
#include "core/gdb/line.h"
#include "cpu/instructions.h"

namespace nadir::core::gdb {

namespace {

using Got = PacketReader::Got;

// What can't stand in a packet as it is.
constexpr bool is_special(char c) { return c == '#' || c == '$' || c == '}' || c == '*'; }

void send_packet(uint16_t port, std::string_view data) {
    uint8_t sum = 0;
    const auto put = [&](char c) {
        sum = static_cast<uint8_t>(sum + static_cast<uint8_t>(c));
        return send(port, static_cast<uint8_t>(c));
    };
    bool sent = send(port, '$');
    for (const char c : data) {
        if (!sent) {
            return; // nobody is there any more; GDB would take a part of a packet for damaged
        }
        sent = is_special(c) ? put('}') && put(static_cast<char>(c ^ 0x20)) : put(c);
    }
    char end[4];
    base::Writer writer(end);
    writer.character('#');
    put_byte(writer, sum);
    for (const char c : writer.view()) {
        send(port, static_cast<uint8_t>(c));
    }
}

} // namespace

After converse(Session& session, Vmm& vmm, uint16_t port, bool waiting) {
    base::Writer reply(session.reply);
    if (waiting) {
        put_stop(session, reply);
        send_packet(port, reply.view());
    }
    for (;;) {
        const std::optional<uint8_t> byte = receive(port);
        if (!byte) {
            cpu::pause();
            continue;
        }
        const Got got = session.reader.take(*byte);
        if (got == Got::asks_again) {
            send_packet(port, reply.view());
            continue;
        }
        const bool complete = got == Got::packet || got == Got::too_long;
        if (!session.quiet && (complete || got == Got::damaged)) {
            send(port, complete ? '+' : '-');
        }
        if (!complete) {
            continue;
        }
        reply = base::Writer(session.reply);
        // A packet that is too long can't be understood: the empty answer says so.
        const After after = got == Got::packet ? answer(session, vmm, session.reader.data(), reply) : After::answered;
        if (after == After::go_on) {
            return after;
        }
        send_packet(port, reply.view());
        if (after == After::detached) {
            session.quiet = false;
            return after;
        }
    }
}

StopWish wants_stop(Session& session, uint16_t port) {
    while (const std::optional<uint8_t> byte = receive(port)) {
        const Got got = session.reader.take(*byte);
        if (got == Got::interrupt) {
            return StopWish::interrupt;
        }
        // A new GDB, whose predecessor vanished: its first packet stops the machine, and is asked for once more.
        if (got == Got::packet) {
            session.quiet = false;
            send(port, '-');
            return StopWish::visit;
        }
    }
    return StopWish::none;
}

} // namespace nadir::core::gdb
