// SPDX-License-Identifier: MIT OR GPL-2.0-only
#pragma once

#include "hosts/bare/types.h"

namespace nadir::bare {

inline bool same_text(const char* a, const char* b) {
    for (; *a != 0 && *a == *b; ++a)
        ++b;
    return *a == *b;
}

inline u32 text_length(const char* text) {
    u32 length = 0;
    while (text[length] != 0)
        ++length;
    return length;
}

} // namespace nadir::bare
