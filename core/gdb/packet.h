// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Packets of GDB's remote serial protocol, taken apart byte by byte: $data#checksum, and the single bytes between them. GDB may
// vanish within a packet, and a line may damage one: whatever comes, the next '$' begins anew.
// [Debugging with GDB, "Overview" of "GDB Remote Serial Protocol"]
#pragma once

#include <cstdint>
#include <string_view>

namespace nadir::core::gdb {

// Of a packet's data, in both directions: GDB learns it by PacketSize.
inline constexpr uint32_t most_data = 2048;
// Of words of ours, which are sent in hexadecimal, behind a letter or none.
inline constexpr uint32_t most_words = most_data / 2 - 8;

// Zeroed memory is one that waits for a packet.
class PacketReader {
public:
    enum class Got : uint8_t {
        nothing,      // yet
        packet,       // data() until the next byte
        damaged,      // the checksum is wrong: to be asked for again
        too_long,     // more than most_data
        interrupt,    // Ctrl-C
        acknowledged, // '+'
        asks_again,   // '-'
    };

    Got take(uint8_t byte);

    // With what was escaped as it was meant.
    [[nodiscard]] std::string_view data() const { return {data_, length_}; }
    // It has begun, and its end is still to come.
    [[nodiscard]] bool in_packet() const { return state_ != State::between; }

private:
    enum class State : uint8_t { between, data, escaped, first_digit, second_digit };

    void keep(uint8_t byte);
    Got end(uint8_t digit);

    State state_;
    uint8_t sum_;
    uint8_t said_; // the checksum's first digit
    bool damaged_; // no digit where one must be
    bool cut_;
    uint32_t length_;
    char data_[most_data];
};

// Modulo 256, of the data as it stands on the line.
constexpr uint8_t checksum(std::string_view data) {
    uint8_t sum = 0;
    for (const char c : data) {
        sum = static_cast<uint8_t>(sum + static_cast<uint8_t>(c));
    }
    return sum;
}

} // namespace nadir::core::gdb
