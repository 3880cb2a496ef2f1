// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/look/frame.h"

#include <algorithm>

namespace nadir::tool {

namespace {

bool begins_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; }

} // namespace

std::size_t width_of(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(text, begins_character));
}

std::size_t width_of(const Line& line) {
    std::size_t width = 0;
    for (const Span& span : line) {
        width += width_of(span.text);
    }
    return width;
}

std::string clipped(std::string_view text, std::size_t width, bool utf8) {
    if (width_of(text) <= width) {
        return std::string(text);
    }
    const std::string_view mark = utf8 ? "\xE2\x80\xA6" : ".."; // an ellipsis
    const std::size_t left = width > width_of(mark) ? width - width_of(mark) : 0;
    std::size_t bytes = 0;
    for (std::size_t seen = 0; bytes < text.size(); ++bytes) {
        if (begins_character(text[bytes]) && seen++ == left) {
            break;
        }
    }
    return left == 0 ? std::string(width, '.') : std::string(text.substr(0, bytes)) + std::string(mark);
}

} // namespace nadir::tool
