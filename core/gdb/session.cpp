// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/gdb/session.h"

#include "core/gdb/access.h"
#include "core/gdb/description.h"
#include "core/gdb/hex.h"
#include "core/gdb/motion.h"

namespace nadir::core::gdb {

namespace {

using base::Writer;

bool is_processor(const Vmm& vmm, uint64_t thread) {
    return thread != 0 && thread <= processor_count(vmm) && is_there(vmm, static_cast<uint32_t>(thread - 1));
}

// Hg or Hc and a thread
void select(Session& session, const Vmm& vmm, Words words, Writer& reply) {
    const bool general = words.skip("g");
    if (!general && !words.skip("c")) {
        return put_error(reply, Error::bad_argument);
    }
    uint32_t& chosen = general ? session.shown : session.moved;
    if (words.skip("-1")) {
        chosen = general ? session.shown : every_processor;
        return put_done(reply);
    }
    const auto thread = words.number();
    if (!thread || (*thread != 0 && !is_processor(vmm, *thread))) {
        return put_error(reply, Error::bad_argument);
    }
    if (*thread != 0) { // any one will do: the one that stopped
        chosen = static_cast<uint32_t>(*thread - 1);
    } else {
        chosen = session.stop.processor;
    }
    put_done(reply);
}

// As many as fit; the rest is asked for.
void list_threads(Session& session, const Vmm& vmm, Writer& reply) {
    char separator = 'm';
    const uint32_t all = processor_count(vmm);
    for (; session.listed < all && reply.length() + 8 < most_data; ++session.listed) {
        if (is_there(vmm, session.listed)) {
            reply.character(separator).hex_digits(session.listed + uint64_t{1});
            separator = ',';
        }
    }
    if (separator == 'm') {
        reply.character('l');
    }
}

void put_as_hex(Writer& reply, std::string_view words) {
    for (const char c : words) {
        put_byte(reply, static_cast<uint8_t>(c));
    }
}

// GDB prints what stands behind an O, and waits for more.
// [Debugging with GDB, "qRcmd" of "General Query Packets"]
After put_part(Session& session, Vmm& vmm, Writer& reply, std::string_view command) {
    Writer out(session.answer);
    switch (put_monitor(vmm, session.shown, command, session.next_part, out)) {
    case Monitored::unknown: return After::answered; // empty: GDB says that the target doesn't know it
    case Monitored::partly:
        reply.character('O');
        put_as_hex(reply, out.view());
        return After::partly;
    case Monitored::whole: break;
    }
    if (out.length() == 0) {
        put_done(reply);
    } else {
        put_as_hex(reply, out.view());
    }
    return After::answered;
}

After monitor(Session& session, Vmm& vmm, Words words, Writer& reply) {
    Writer text(session.command);
    for (;;) {
        const auto byte = words.byte();
        if (!byte) {
            break;
        }
        text.character(static_cast<char>(*byte));
    }
    session.next_part = 0;
    session.command_length = static_cast<uint32_t>(text.length());
    return text.truncated() || !words.at_end() ? After::answered : put_part(session, vmm, reply, text.view());
}

void describe_thread(Session& session, Vmm& vmm, Words words, Writer& reply) {
    const auto thread = words.number();
    if (!thread || !is_processor(vmm, *thread)) {
        return put_error(reply, Error::bad_argument);
    }
    Writer out(session.answer);
    put_processor(vmm, static_cast<uint32_t>(*thread - 1), out);
    put_as_hex(reply, out.view());
}

void read_description(Words words, Writer& reply) {
    const auto what = take_range(words);
    if (!what || !words.at_end()) {
        return put_error(reply, Error::bad_argument);
    }
    Writer nowhere({});
    const uint64_t whole = put_description(nowhere, 0, 0);
    const uint64_t most = what->bytes < most_data - 16 ? what->bytes : most_data - 16;
    const bool more = what->address < whole && whole - what->address > most;
    reply.character(more ? 'm' : 'l');
    put_description(reply, what->address, most);
}

// std::string_view's own would call the C library.
bool contains(std::string_view text, std::string_view word) {
    for (; !text.empty(); text.remove_prefix(1)) {
        if (text.starts_with(word)) {
            return true;
        }
    }
    return false;
}

void query(Session& session, Vmm& vmm, Words words, Writer& reply) {
    if (words.skip("Supported")) {
        forget_refusal(vmm); // it is the first thing that a GDB says
        session.knows_points = contains(words.rest(), "swbreak+");
        reply.text("PacketSize=").hex_digits(most_data);
        reply.text(";QStartNoAckMode+;qXfer:features:read+;swbreak+;hwbreak+;vContSupported+");
    } else if (words.skip("Xfer:features:read:target.xml:")) {
        read_description(words, reply);
    } else if (words.skip("fThreadInfo")) {
        session.listed = 0;
        list_threads(session, vmm, reply);
    } else if (words.skip("sThreadInfo")) {
        list_threads(session, vmm, reply);
    } else if (words.skip("ThreadExtraInfo,")) {
        describe_thread(session, vmm, words, reply);
    } else if (words.skip("Attached")) {
        reply.character('1'); // so that GDB detaches at its end, and doesn't kill
    } else if (words.skip("C") && words.at_end()) {
        reply.text("QC").hex_digits(session.shown + uint64_t{1});
    }
}

// With the motions that were understood, if they were.
After go_on(const Session& session, Vmm& vmm, bool understood, Writer& reply) {
    const uint32_t all = processor_count(vmm);
    bool any = false;
    for (uint32_t i = 0; understood && i < all; ++i) {
        if (!is_there(vmm, i) || session.motions[i] == Motion::stay) {
            continue;
        }
        if (session.motions[i] == Motion::step && !can_step(vmm, i)) {
            put_error(reply, Error::not_permitted);
            return After::answered;
        }
        any = true;
    }
    if (!any) {
        put_error(reply, Error::bad_argument);
    }
    return any ? After::go_on : After::answered;
}

// c, s, C and S: with a signal, which a machine doesn't have, and an address to go on at
After move(Session& session, Vmm& vmm, Words words, Motion motion, bool signal, Writer& reply) {
    if (signal && (!words.number() || (!words.at_end() && !words.skip(";")))) {
        put_error(reply, Error::bad_argument);
        return After::answered;
    }
    const uint32_t one = session.moved == every_processor ? session.stop.processor : session.moved;
    if (!words.at_end()) {
        const auto address = words.number();
        if (!address || !words.at_end() || !write_register(vmm, one, Register::rip, *address)) {
            put_error(reply, Error::bad_argument);
            return After::answered;
        }
    }
    set_motions(session, vmm, motion, one);
    return go_on(session, vmm, true, reply);
}

} // namespace

void begin(Session& session, Stop stop) {
    session.stop = stop;
    session.shown = stop.processor;
    session.moved = every_processor;
}

After answer(Session& session, Vmm& vmm, std::string_view packet, Writer& reply) {
    Words words(packet);
    if (words.skip("vCont?")) {
        reply.text("vCont;c;C;s;S");
    } else if (words.skip("vCont;")) {
        return go_on(session, vmm, parse_motions(session, vmm, words), reply);
    } else if (words.skip("QStartNoAckMode")) {
        session.quiet = true;
        put_done(reply);
    } else if (words.skip("qRcmd,")) {
        return monitor(session, vmm, words, reply);
    } else if (words.skip("q")) {
        query(session, vmm, words, reply);
    } else if (words.skip("?")) {
        put_stop(session, reply);
    } else if (words.skip("g")) {
        read_all(session, vmm, reply);
    } else if (words.skip("G")) {
        write_all(session, vmm, words, reply);
    } else if (words.skip("p")) {
        read_one(session, vmm, words, reply);
    } else if (words.skip("P")) {
        write_one(session, vmm, words, reply);
    } else if (words.skip("m")) {
        read_bytes(session, vmm, words, reply);
    } else if (words.skip("M")) {
        write_bytes(session, vmm, words, false, reply);
    } else if (words.skip("X")) {
        write_bytes(session, vmm, words, true, reply);
    } else if (words.skip("Z")) {
        change_point(session, vmm, words, true, reply);
    } else if (words.skip("z")) {
        change_point(session, vmm, words, false, reply);
    } else if (words.skip("H")) {
        select(session, vmm, words, reply);
    } else if (words.skip("T")) {
        const auto thread = words.number();
        if (thread && is_processor(vmm, *thread)) {
            put_done(reply);
        } else {
            put_error(reply, Error::bad_argument);
        }
    } else if (words.skip("c")) {
        return move(session, vmm, words, Motion::run, false, reply);
    } else if (words.skip("s")) {
        return move(session, vmm, words, Motion::step, false, reply);
    } else if (words.skip("C")) {
        return move(session, vmm, words, Motion::run, true, reply);
    } else if (words.skip("S")) {
        return move(session, vmm, words, Motion::step, true, reply);
    } else if (words.skip("D") || words.skip("k") || words.skip("vKill")) {
        // A machine is not killed: GDB goes, and it runs on.
        put_done(reply);
        return After::detached;
    }
    return After::answered; // empty: unknown to us
}

After answer_on(Session& session, Vmm& vmm, Writer& reply) {
    return put_part(session, vmm, reply, {session.command, session.command_length});
}

void put_stop(const Session& session, Writer& reply) {
    constexpr uint8_t sigint = 2;
    constexpr uint8_t sigtrap = 5;
    reply.character('T');
    put_byte(reply, session.stop.reason == StopReason::asked_for ? sigint : sigtrap);
    reply.text("thread:").hex_digits(session.stop.processor + uint64_t{1}).character(';');
    switch (session.stop.reason) {
    case StopReason::breakpoint: reply.text(session.knows_points ? "swbreak:;" : ""); break;
    case StopReason::write: reply.text("watch:").hex_digits(session.stop.address).character(';'); break;
    case StopReason::read: reply.text("rwatch:").hex_digits(session.stop.address).character(';'); break;
    case StopReason::access: reply.text("awatch:").hex_digits(session.stop.address).character(';'); break;
    case StopReason::asked_for:
    case StopReason::step: break;
    }
}

} // namespace nadir::core::gdb
