// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Lines as people paste them: out of a kernel log, a journal, a terminal, a mail that quotes another and wraps at column 72.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nadir::tool {

struct LogLine {
    unsigned number = 0;
    std::string_view whole; // as it stands in the file, for messages
    std::string_view text;  // without what a log, a journal or a mail put before it, and without spaces around it
};

// All lines of a text. The views are into it.
std::vector<LogLine> log_lines(std::string_view text);

// Quotes (">"), "<3>", "[  123.456]", "[T78789]", "Jun 24 17:25:51 host kernel:", "kvm_intel:", "(XEN)".
std::string_view without_log_prefix(std::string_view line);

std::string_view trimmed(std::string_view text);

// Cut to one short line, and what a terminal might obey made harmless.
std::string printable(std::string_view text);

struct HexNumber {
    std::uint64_t value = 0;
    std::size_t length = 0; // of the characters that it took
};

// The number that `text` begins with: hexadecimal digits, "0x" before them or not, ' or ` among them. Nothing where there
// is none, where it has more than 64 bits, or where it runs into letters.
std::optional<HexNumber> leading_hex(std::string_view text);

// The same for a text that is that number and nothing else.
std::optional<std::uint64_t> whole_hex(std::string_view text);

} // namespace nadir::tool
