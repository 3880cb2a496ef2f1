// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Hooks as the host lists them, and whose they are.
#pragma once

#include "tool/device.h"

#include <string_view>
#include <vector>

namespace nadir::tool {

// Everybody's, in the order in which they were set.
std::vector<nadir_listed_hook> list_hooks(Device& device);

inline bool is_mine(const nadir_listed_hook& hook) { return (hook.flags & NADIR_HOOK_MINE) != 0; }
inline bool is_staying(const nadir_listed_hook& hook) { return (hook.flags & NADIR_HOOK_STAYS) != 0; }
inline bool is_gone(const nadir_listed_hook& hook) { return (hook.flags & NADIR_HOOK_GONE) != 0; }

// "mine", "stays", "a program's"
std::string_view owner_of(const nadir_listed_hook& hook);

} // namespace nadir::tool
