// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A picture of text, as it is to be on a terminal, and a terminal that shows such pictures. What is drawn is decided without one.
#pragma once

#include "tool/terminal_size.h"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace nadir::tool {

enum class Style { plain, title, heading, faint, strong, good, bad, bar };

struct Span {
    std::string text; // UTF-8; each character one column wide
    Style style = Style::plain;
};

using Line = std::vector<Span>;

struct Frame {
    std::vector<Line> lines;
};

// How many columns it takes.
std::size_t width_of(std::string_view text);
std::size_t width_of(const Line& line);
// As much of it as fits; where something is missing, that is to be seen.
std::string clipped(std::string_view text, std::size_t width, bool utf8);

class Screen {
public:
    Screen() = default;
    Screen(const Screen&) = delete;
    Screen& operator=(const Screen&) = delete;
    virtual ~Screen() = default;

    virtual TerminalSize size() = 0;
    [[nodiscard]] virtual bool utf8() const = 0;
    virtual void show(const Frame& frame) = 0;
    // The key that was pressed within this time; 0: none, or the size has changed.
    virtual char wait(std::chrono::milliseconds time) = 0;
};

} // namespace nadir::tool
