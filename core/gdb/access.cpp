// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/gdb/access.h"

namespace nadir::core::gdb {

using base::Writer;

namespace {

// Two digits a byte, and what else stands in an answer.
constexpr uint32_t most_bytes = (most_data - 16) / 2;

void put_value(Writer& reply, Vmm& vmm, uint32_t processor, Register which) {
    const uint32_t bytes = bytes_of(registers[static_cast<unsigned>(which)]);
    Value value = 0;
    if (is_available(which) && read_register(vmm, processor, which, value)) {
        put_little_endian(reply, value, bytes);
        return;
    }
    for (uint32_t i = 0; i < bytes; ++i) {
        reply.text("xx");
    }
}

} // namespace

void read_all(const Session& session, Vmm& vmm, Writer& reply) {
    for (uint32_t i = 0; i < general_registers; ++i) {
        put_value(reply, vmm, session.shown, static_cast<Register>(i));
    }
}

void write_all(const Session& session, Vmm& vmm, Words words, Writer& reply) {
    for (uint32_t i = 0; i < general_registers && !words.at_end(); ++i) {
        const auto which = static_cast<Register>(i);
        const uint32_t bytes = bytes_of(registers[i]);
        if (!is_available(which)) {
            for (uint32_t skipped = 0; skipped < bytes && (words.byte() || words.skip("xx")); ++skipped) {
            }
            continue;
        }
        const auto value = words.little_endian(bytes);
        Value present = 0;
        // GDB sends all back that it has been shown: only what differs is a wish.
        if (!value || !read_register(vmm, session.shown, which, present) ||
            (present != *value && !write_register(vmm, session.shown, which, *value))) {
            return put_error(reply, Error::bad_argument);
        }
    }
    put_done(reply);
}

void read_one(const Session& session, Vmm& vmm, Words words, Writer& reply) {
    const auto number = words.number();
    if (!number || *number >= registers.size() || !words.at_end()) {
        return put_error(reply, Error::bad_argument);
    }
    put_value(reply, vmm, session.shown, static_cast<Register>(*number));
}

void write_one(const Session& session, Vmm& vmm, Words words, Writer& reply) {
    const auto number = words.number();
    if (!number || *number >= registers.size() || !words.skip("=")) {
        return put_error(reply, Error::bad_argument);
    }
    if (!is_available(static_cast<Register>(*number))) {
        refuse(vmm, {Deed::write_register, Refusal::unavailable, *number});
        return put_error(reply, Error::bad_argument);
    }
    const auto value = words.little_endian(bytes_of(registers[*number]));
    if (!value || !words.at_end() || !write_register(vmm, session.shown, static_cast<Register>(*number), *value)) {
        return put_error(reply, Error::bad_argument);
    }
    put_done(reply);
}

std::optional<Range> take_range(Words& words) {
    const auto address = words.number();
    if (!address || !words.skip(",")) {
        return std::nullopt;
    }
    const auto bytes = words.number();
    return bytes ? std::optional(Range{*address, *bytes}) : std::nullopt;
}

void read_bytes(const Session& session, Vmm& vmm, Words words, Writer& reply) {
    const auto what = take_range(words);
    if (!what || !words.at_end()) {
        return put_error(reply, Error::bad_argument);
    }
    // Fewer than were asked for are an answer, too: GDB asks for the rest.
    uint64_t left = what->bytes < most_bytes ? what->bytes : most_bytes;
    uint64_t address = what->address;
    bool any = left == 0;
    while (left != 0) {
        uint8_t bytes[64];
        const auto part = static_cast<uint32_t>(left < sizeof(bytes) ? left : sizeof(bytes));
        const uint32_t done = read_memory(vmm, session.shown, address, bytes, part);
        for (uint32_t i = 0; i < done; ++i) {
            put_byte(reply, bytes[i]);
        }
        any = any || done != 0;
        left = done == part ? left - part : 0;
        address += done;
    }
    if (!any) {
        refuse(vmm, {Deed::read_memory, why_no_memory(vmm, session.shown, address), address});
        put_error(reply, Error::bad_address);
    }
}

void write_bytes(const Session& session, Vmm& vmm, Words words, bool binary, Writer& reply) {
    const auto what = take_range(words);
    if (!what || !words.skip(":") || words.rest().size() != what->bytes * (binary ? 1 : 2)) {
        return put_error(reply, Error::bad_argument);
    }
    const std::string_view raw = words.rest();
    for (uint64_t begin = 0; begin < what->bytes;) {
        uint8_t bytes[64];
        uint32_t part = 0;
        for (; part < sizeof(bytes) && begin + part < what->bytes; ++part) {
            const auto byte = binary ? std::optional(static_cast<uint8_t>(raw[begin + part])) : words.byte();
            if (!byte) {
                return put_error(reply, Error::bad_argument);
            }
            bytes[part] = *byte;
        }
        const uint64_t address = what->address + begin;
        if (const uint32_t done = write_memory(vmm, session.shown, address, bytes, part); done != part) {
            refuse(vmm, {Deed::write_memory, why_no_memory(vmm, session.shown, address + done), address + done});
            return put_error(reply, Error::bad_address);
        }
        begin += part;
    }
    put_done(reply);
}

// Z or z: type,address,kind
void change_point(const Session& session, Vmm& vmm, Words words, bool set, Writer& reply) {
    const auto kind = words.number();
    if (!kind || !words.skip(",")) {
        return put_error(reply, Error::bad_argument);
    }
    const auto what = take_range(words);
    const bool is_watch = kind && *kind >= static_cast<uint64_t>(Point::write);
    if (!what || what->bytes > ~uint32_t{0} || (is_watch && what->bytes == 0)) {
        return put_error(reply, Error::bad_argument);
    }
    if (*kind > static_cast<uint64_t>(Point::access)) {
        return; // an empty answer: unknown to us
    }
    const auto point = static_cast<Point>(*kind);
    const auto bytes = static_cast<uint32_t>(what->bytes);
    switch (set ? set_point(vmm, session.shown, point, what->address, bytes)
                : remove_point(vmm, session.shown, point, what->address, bytes)) {
    case PointAnswer::done: return put_done(reply);
    case PointAnswer::unknown: return;
    case PointAnswer::refused: return put_error(reply, Error::bad_address); // `monitor why` has the words
    }
}

} // namespace nadir::core::gdb
