// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/windows/text.h"

#include <fmt/format.h>

namespace nadir::tool {

std::string to_utf8(std::wstring_view text) {
    const int length = static_cast<int>(text.size());
    const int bytes = WideCharToMultiByte(CP_UTF8, 0, text.data(), length, nullptr, 0, nullptr, nullptr);
    std::string converted(static_cast<std::size_t>(bytes), '\0');
    WideCharToMultiByte(CP_UTF8, 0, text.data(), length, converted.data(), bytes, nullptr, nullptr);
    return converted;
}

std::wstring to_utf16(std::string_view text) {
    const int length = static_cast<int>(text.size());
    const int letters = MultiByteToWideChar(CP_UTF8, 0, text.data(), length, nullptr, 0);
    std::wstring converted(static_cast<std::size_t>(letters), L'\0');
    MultiByteToWideChar(CP_UTF8, 0, text.data(), length, converted.data(), letters);
    return converted;
}

std::string error_text(DWORD error) {
    wchar_t text[512];
    DWORD length = FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, nullptr, error, 0, text,
                                  static_cast<DWORD>(std::size(text)), nullptr);
    // The messages are sentences with a line's end; ours go on.
    while (length > 0 && (text[length - 1] <= L' ' || text[length - 1] == L'.')) {
        --length;
    }
    return length == 0 ? fmt::format("error {}", error) : fmt::format("{} (error {})", to_utf8({text, length}), error);
}

} // namespace nadir::tool
