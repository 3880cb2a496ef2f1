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

// How many characters from the first on are the same, as far as one count can say.
constexpr std::size_t run_length(std::string_view data) {
    constexpr std::size_t most = 97;
    std::size_t length = 1;
    while (length < data.size() && length < most && data[length] == data[0]) {
        ++length;
    }
    return length;
}

// Behind a character, '*' and this say how often it comes once more; '#' and '$' can't say it. [Debugging with GDB, "Overview"]
constexpr char count_of(std::size_t repeats) { return static_cast<char>(repeats + 29); }
constexpr std::size_t fewest = 3;

// In ticks of the time-stamp counter: what two bytes take at 115200 baud and 3 GHz.
constexpr uint64_t patience_for_byte = uint64_t{1} << 19;

// A packet's bytes come one behind the other, and the next look is long in coming: GDB would have given up before its packet is read.
std::optional<uint8_t> receive_more(const Session& session, uint16_t port) {
    const uint64_t began = cpu::read_tsc();
    std::optional<uint8_t> byte = receive(port);
    while (!byte && session.reader.in_packet() && cpu::read_tsc() - began < patience_for_byte) {
        cpu::pause();
        byte = receive(port);
    }
    return byte;
}

class PacketWriter {
public:
    explicit PacketWriter(uint16_t port) : port_(port), sent_(send(port, '$')) {}

    void put(std::string_view data) {
        while (!data.empty() && sent_) {
            const char c = data[0];
            std::size_t repeats = is_special(c) ? 0 : run_length(data) - 1;
            while (repeats >= fewest && (count_of(repeats) == '#' || count_of(repeats) == '$')) {
                --repeats;
            }
            put_character(c);
            if (repeats >= fewest) {
                put_raw('*');
                put_raw(count_of(repeats));
                data.remove_prefix(repeats);
            }
            data.remove_prefix(1);
        }
    }

    // Not where nobody takes it: GDB would take a part of a packet for damaged.
    void end() {
        char text[4];
        base::Writer writer(text);
        writer.character('#');
        put_byte(writer, sum_);
        for (const char c : writer.view()) {
            sent_ = sent_ && send(port_, static_cast<uint8_t>(c));
        }
    }

private:
    void put_character(char c) {
        if (is_special(c)) {
            put_raw('}');
            c = static_cast<char>(c ^ 0x20);
        }
        put_raw(c);
    }

    void put_raw(char c) {
        sum_ = static_cast<uint8_t>(sum_ + static_cast<uint8_t>(c));
        sent_ = sent_ && send(port_, static_cast<uint8_t>(c));
    }

    uint16_t port_;
    bool sent_;
    uint8_t sum_ = 0;
};

void send_packet(uint16_t port, std::string_view data) {
    PacketWriter writer(port);
    writer.put(data);
    writer.end();
}

// A long answer comes in parts: `reply` has the last one, which isn't sent yet.
After answer_whole(Session& session, Vmm& vmm, uint16_t port, base::Writer& reply) {
    After after = answer(session, vmm, session.reader.data(), reply);
    while (after == After::partly) {
        send_packet(port, reply.view());
        reply = base::Writer(session.reply);
        after = answer_on(session, vmm, reply);
    }
    return after;
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
        // A GDB that has just come says this first, and awaits acknowledgements, whatever one before it had agreed to.
        if (got == Got::packet && session.reader.data().starts_with("qSupported")) {
            session.quiet = false;
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
        const After after = got == Got::packet ? answer_whole(session, vmm, port, reply) : After::answered;
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
    for (bool first = true;; first = false) {
        const std::optional<uint8_t> byte = first ? receive(port) : receive_more(session, port);
        if (!byte) {
            return StopWish::none;
        }
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
}

} // namespace nadir::core::gdb
