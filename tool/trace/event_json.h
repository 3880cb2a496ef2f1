// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What an event says, for programs.
#pragma once

#include "tool/json.h"
#include "tool/trace/seen_event.h"

namespace nadir::tool {

// {"msr": "0xc0000080", "value": "0xd01"}: by the names of docs/trace.md.
nlohmann::ordered_json fields_json(const nadir_event& event);

// {"name": "cat", "pid": 7, "tid": 7, "kernel": false}; null where nobody knows whose it is.
nlohmann::ordered_json process_json(const SeenEvent& one);

// {"rax": "0x0", ...}; null where there are none.
nlohmann::ordered_json registers_json(const SeenEvent& one);

} // namespace nadir::tool
