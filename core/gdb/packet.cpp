// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/gdb/packet.h"

#include "core/gdb/hex.h"

namespace nadir::core::gdb {

namespace {

constexpr uint8_t ctrl_c = 3;
constexpr uint8_t escape = '}';
constexpr uint8_t escaped_by = 0x20; // what follows has this bit the other way round

} // namespace

void PacketReader::keep(uint8_t byte) {
    if (length_ == most_data) {
        cut_ = true;
        return;
    }
    data_[length_] = static_cast<char>(byte);
    ++length_;
}

PacketReader::Got PacketReader::end(uint8_t digit) {
    state_ = State::between;
    const uint32_t low = digit_value(static_cast<char>(digit));
    if (damaged_ || low > 15 || (uint32_t{said_} << 4 | low) != sum_) {
        return Got::damaged;
    }
    return cut_ ? Got::too_long : Got::packet;
}

PacketReader::Got PacketReader::take(uint8_t byte) {
    // Data have it escaped, so wherever it comes, it begins a packet.
    if (byte == '$') {
        state_ = State::data;
        sum_ = 0;
        length_ = 0;
        damaged_ = false;
        cut_ = false;
        return Got::nothing;
    }
    switch (state_) {
    case State::between:
        switch (byte) {
        case ctrl_c: return Got::interrupt;
        case '+': return Got::acknowledged;
        case '-': return Got::asks_again;
        default: return Got::nothing;
        }
    case State::data:
        if (byte == '#') {
            state_ = State::first_digit;
            return Got::nothing;
        }
        sum_ = static_cast<uint8_t>(sum_ + byte);
        if (byte == escape) {
            state_ = State::escaped;
        } else {
            keep(byte);
        }
        return Got::nothing;
    case State::escaped:
        sum_ = static_cast<uint8_t>(sum_ + byte);
        keep(byte ^ escaped_by);
        state_ = State::data;
        return Got::nothing;
    case State::first_digit: {
        const uint32_t high = digit_value(static_cast<char>(byte));
        damaged_ = high > 15;
        said_ = static_cast<uint8_t>(high);
        state_ = State::second_digit;
        return Got::nothing;
    }
    case State::second_digit: return end(byte);
    }
    return Got::nothing;
}

} // namespace nadir::core::gdb
