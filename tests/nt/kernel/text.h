// SPDX-License-Identifier: MIT OR GPL-2.0-only
#pragma once

#include "tests/nt/abi/types.h"

namespace nadir::nt {

// Without regard to case, of which names here only have ASCII's.
inline bool same_name(const UnicodeString& a, const char16_t* b) {
    auto lower = [](char16_t c) { return c >= u'A' && c <= u'Z' ? static_cast<char16_t>(c + 32) : c; };
    u32 i = 0;
    for (; i < a.length / 2u && b[i] != 0; ++i)
        if (lower(a.buffer[i]) != lower(b[i]))
            return false;
    return i == a.length / 2u && b[i] == 0;
}

} // namespace nadir::nt
