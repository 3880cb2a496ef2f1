// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What many programs have around them: Nadir starts, does not keep any memory, and stops.
#pragma once

#include "core/nadir.h"
#include "hosts/bare/machine/memory.h"
#include "hosts/bare/programs/programs.h"

namespace nadir::bare {

// `parts(session)` says why it failed, or nullptr. What failed stays as it is, for whoever looks at it then.
template <typename Parts>
const char* with_nadir(const Options& options, Parts parts) {
    const u64 memory_before = bytes_in_use();
    u32 status = NADIR_OK;
    nadir_session* session = start_nadir(options, status);
    if (session == nullptr)
        return "Nadir didn't start";
    if (const char* why = parts(session); why != nullptr)
        return why;
    if (stop_nadir(session) != NADIR_OK)
        return "Nadir didn't stop";
    return bytes_in_use() == memory_before ? nullptr : "memory leaked";
}

// The same on a piece of memory with code or data.
template <typename Ground, typename Parts>
const char* with_nadir_on(Ground& ground, const Options& options, Parts parts) {
    if (!ground.prepare())
        return "there is no memory to work on";
    const char* why = with_nadir(options, [&ground, &parts](nadir_session* session) {
        ground.session = session;
        return parts(session, ground);
    });
    ground.give_back();
    return why;
}

} // namespace nadir::bare
