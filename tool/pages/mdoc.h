// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Text as mdoc, the language of manual pages, wants it.
#pragma once

#include <string>
#include <string_view>

namespace nadir::tool::pages {

// With a full stop, unless it ends in one or in a question mark.
[[nodiscard]] std::string sentence(const std::string& text);

// One word or sentence, for a line of text or for a macro's line: nothing in it is taken for a command.
[[nodiscard]] std::string mdoc_text(std::string_view text);

// An argument of a macro: one, whatever is in it, and never the name of another macro.
[[nodiscard]] std::string mdoc_argument(std::string_view text);

// Lines of at most 78 characters, ending in a line end.
[[nodiscard]] std::string mdoc_paragraph(std::string_view text);

// Lines that stay as they are.
[[nodiscard]] std::string mdoc_display(std::string_view text);

} // namespace nadir::tool::pages
