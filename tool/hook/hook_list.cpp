// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/hook/hook_list.h"

#include <algorithm>

namespace nadir::tool {

std::vector<nadir_listed_hook> list_hooks(Device& device) {
    std::vector<nadir_listed_hook> all;
    for (;;) {
        const nadir_hooks_list_request answer = device.hooks_list(static_cast<nadir_u32>(all.size()));
        const nadir_u32 count = std::min(answer.count, NADIR_HOOK_BATCH);
        all.insert(all.end(), answer.hooks, answer.hooks + count);
        if (count == 0 || all.size() >= answer.total) {
            return all;
        }
    }
}

std::string_view owner_of(const nadir_listed_hook& hook) {
    if (is_staying(hook)) {
        return "stays";
    }
    return is_mine(hook) ? "mine" : "a program's";
}

} // namespace nadir::tool
