// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Pieces of HTML.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace nadir::tool {

// Text from anywhere, which must not become anything but text.
std::string escaped(std::string_view text);

struct Cell {
    std::string html;
    bool number = false; // to the right
};

// A table that scrolls sideways by itself where the page is too narrow for it.
class HtmlTable {
public:
    explicit HtmlTable(const std::vector<Cell>& heading);
    void add(const std::vector<Cell>& row);
    [[nodiscard]] std::string html() const;

private:
    std::string rows_;
};

// The looks of the page: all of its style sheet.
std::string_view page_style();

} // namespace nadir::tool
