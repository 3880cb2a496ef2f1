// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/pages/mdoc.h"

#include <algorithm>
#include <sstream>

namespace nadir::tool::pages {

namespace {

constexpr std::size_t line_width = 78;

// A line that begins with one of these is a command.
std::string guarded(const std::string& line) {
    return line.starts_with('.') || line.starts_with('\'') ? "\\&" + line : line;
}

} // namespace

std::string sentence(const std::string& text) { return text.ends_with('?') || text.ends_with('.') ? text : text + "."; }

std::string mdoc_text(std::string_view text) {
    std::string made;
    // `word` is set in bold; a backtick alone stays what it is.
    const bool paired = std::count(text.begin(), text.end(), '`') % 2 == 0;
    bool bold = false;
    for (const char c : text) {
        switch (c) {
        case '\\': made += "\\e"; break;
        case '-':
            made += "\\-"; // or else it becomes a hyphen that nobody can search for or paste
            break;
        case '~': made += "\\(ti"; break;
        case '^': made += "\\(ha"; break;
        case '\'': made += "\\(aq"; break;
        case '`':
            bold = !bold;
            made += !paired ? "\\(ga" : bold ? "\\fB" : "\\fP";
            break;
        default: made += c;
        }
    }
    return made;
}

std::string mdoc_argument(std::string_view text) {
    std::string quoted;
    for (const char c : mdoc_text(text)) {
        quoted += c == '"' ? std::string("\\(dq") : std::string(1, c);
    }
    return "\"\\&" + quoted + "\"";
}

std::string mdoc_paragraph(std::string_view text) {
    std::istringstream words{mdoc_text(text)};
    std::string made;
    std::string line;
    for (std::string word; words >> word;) {
        if (!line.empty() && line.size() + 1 + word.size() > line_width) {
            made += guarded(line) + "\n";
            line.clear();
        }
        line += (line.empty() ? "" : " ") + word;
        if (word.ends_with('.') || word.ends_with('?') || word.ends_with('!')) { // a sentence, a line
            made += guarded(line) + "\n";
            line.clear();
        }
    }
    return made + (line.empty() ? "" : guarded(line) + "\n");
}

std::string mdoc_display(std::string_view text) {
    std::istringstream lines{std::string(text)};
    std::string made = ".Bd -literal\n";
    for (std::string line; std::getline(lines, line);) {
        made += guarded(mdoc_text(line)) + "\n";
    }
    return made + ".Ed\n";
}

} // namespace nadir::tool::pages
