// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Places in the kernel's code as people write them: SYMBOL, SYMBOL+OFFSET, MODULE:SYMBOL, ADDRESS.
#pragma once

#include "tool/symbols/symbols.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace nadir::tool {

// Can it be read without any symbol?
bool is_address(std::string_view word);

// Throws Failure that says what is wrong, and what may have been meant.
std::uint64_t parse_place(const std::string& word, const Symbols& symbols);

} // namespace nadir::tool
