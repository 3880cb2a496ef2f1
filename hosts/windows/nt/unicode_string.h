// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Names of Windows' objects.
#pragma once

#include "hosts/windows/nt/types.h"

struct UNICODE_STRING {
    USHORT Length;        // in bytes, without a terminator
    USHORT MaximumLength; // in bytes
    wchar_t* Buffer;
};
static_assert(sizeof(wchar_t) == 2 && sizeof(UNICODE_STRING) == 16);
