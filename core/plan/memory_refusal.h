// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Why memory can't be watched or protected, in words. The host's side.
#pragma once

#include <cstdint>
#include <span>

namespace nadir::core {

// False, with nothing written: the status is about something else.
bool explain_memory_refusal(uint32_t status, std::span<char> words);

} // namespace nadir::core
