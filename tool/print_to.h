// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Formatted text for a stream. As fmt/ostream.h's print, with which each file that prints compiles the whole formatter anew, and takes
// three times as long: here the formatter is the one in the library.
#pragma once

#include <fmt/format.h>

#include <ostream>

namespace nadir::tool {

// Errors are the stream's, as with <<.
template <typename... Values>
void print_to(std::ostream& out, fmt::format_string<Values...> format, Values&&... values) {
    out << fmt::vformat(format, fmt::make_format_args(values...));
}

} // namespace nadir::tool
