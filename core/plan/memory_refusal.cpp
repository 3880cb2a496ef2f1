// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/plan/memory_refusal.h"

#include "base/format.h"
#include "control/control.h"

namespace nadir::core {

namespace {

const char* reason(uint32_t status) {
    switch (status) {
    case NADIR_HOOKS_NOT_ASKED_FOR:
        return "Nadir was turned on without memory for the tables that it takes. Turn it off, and on again with hook_pages.";
    case NADIR_HOOK_NO_MEMORY: return "the processor has no memory there.";
    case NADIR_HOOK_DEVICE: return "a part of it is a device's, or other memory that isn't write-back.";
    case NADIR_HOOK_OURS: return "a part of it is Nadir's own.";
    case NADIR_MEMORY_HIDDEN:
        return "there is a hook in one of its pages, and a page can be one or the other. Remove the hook first.";
    case NADIR_MEMORY_TOO_MUCH:
        return "watched and protected memory may touch 4,096 pages of 4 KiB in all, which is 16 MiB.";
    case NADIR_NO_MEMORY:
        return "the memory for its tables is used up. Each 2 MiB in which there is some takes a page, or two with hooks; "
               "choose memory that lies closer together, or turn Nadir on with more hook_pages.";
    default: return nullptr;
    }
}

} // namespace

bool explain_memory_refusal(uint32_t status, std::span<char> words) {
    const char* const why = reason(status);
    if (why == nullptr) {
        return false;
    }
    base::Writer{words}.text("Nothing was changed. This memory can't be watched or protected: ").text(why);
    return true;
}

} // namespace nadir::core
