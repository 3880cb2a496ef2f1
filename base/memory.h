// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// The four functions that compilers call on their own accord. Where there is a C library or a kernel, it has them;
// where there is none (bare host, root mode's own image), base/memory.cpp does.
#pragma once

#include <cstddef>

extern "C" {
void* memcpy(void* __restrict to, const void* __restrict from, std::size_t bytes) noexcept;
void* memmove(void* to, const void* from, std::size_t bytes) noexcept;
void* memset(void* to, int byte, std::size_t bytes) noexcept;
int memcmp(const void* left, const void* right, std::size_t bytes) noexcept;
}
