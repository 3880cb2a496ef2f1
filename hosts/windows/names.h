// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Names as Windows' kernel takes them.
#pragma once

#include "hosts/windows/nt/nt.h"

namespace nadir::windows {

template <size_t size>
UNICODE_STRING name_of(const wchar_t (&text)[size]) {
    return {(size - 1) * sizeof(wchar_t), size * sizeof(wchar_t), const_cast<wchar_t*>(text)};
}

} // namespace nadir::windows
