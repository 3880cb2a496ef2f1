// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Text of Windows, which is UTF-16, as ours.
#pragma once

#include "tool/windows/windows.h"

#include <string>
#include <string_view>

namespace nadir::tool {

// What isn't UTF-16 (a half of a pair) becomes U+FFFD.
std::string to_utf8(std::wstring_view text);

std::wstring to_utf16(std::string_view text);

// "Access is denied (error 5)", in the language of the system.
std::string error_text(DWORD error);

} // namespace nadir::tool
