// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/page/html.h"

#include <fmt/format.h>

namespace nadir::tool {

namespace {

std::string row_of(const std::vector<Cell>& cells, std::string_view tag) {
    std::string html = "<tr>";
    for (const Cell& cell : cells) {
        html += fmt::format("<{0}{1}>{2}</{0}>", tag, cell.number ? " class=\"number\"" : "", cell.html);
    }
    return html + "</tr>\n";
}

} // namespace

std::string escaped(std::string_view text) {
    std::string html;
    for (const char letter : text) {
        switch (letter) {
        case '&': html += "&amp;"; break;
        case '<': html += "&lt;"; break;
        case '>': html += "&gt;"; break;
        case '"': html += "&quot;"; break;
        case '\'': html += "&#39;"; break;
        default: html += letter; break;
        }
    }
    return html;
}

HtmlTable::HtmlTable(const std::vector<Cell>& heading)
    : rows_("<thead>" + row_of(heading, "th") + "</thead><tbody>\n") {}

void HtmlTable::add(const std::vector<Cell>& row) { rows_ += row_of(row, "td"); }

std::string HtmlTable::html() const {
    return fmt::format("<div class=\"wide\" tabindex=\"0\"><table>{}</tbody></table></div>\n", rows_);
}

} // namespace nadir::tool
