// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Walks for people and for programs.
#pragma once

#include "tool/json.h"
#include "tool/memory/ept_walk.h"
#include "tool/memory/page_walk.h"

#include <ostream>

namespace nadir::tool {

// One line, then one per level, then what it comes to.
void print_page_walk(std::ostream& out, const nadir_address_space& space, std::uint64_t linear, const PageWalk& walk);
void print_ept_walk(std::ostream& out, const nadir_ept_walk& raw, std::uint64_t address, const EptWalkWords& walk);

nlohmann::ordered_json to_json(const nadir_address_space& space, const PageWalk& walk);
nlohmann::ordered_json to_json(const nadir_ept_walk& raw, const EptWalkWords& walk);

} // namespace nadir::tool
