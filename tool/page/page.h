// SPDX-License-Identifier: MIT OR GPL-2.0-only
// One page of HTML that needs nothing else: no network, no script, no font, no picture from elsewhere.
#pragma once

#include "tool/page/collect.h"

#include <ostream>
#include <string>

namespace nadir::tool {

void write_page(const PageData& page, std::ostream& out);

// Its sections.
std::string figures_section(const PageData& page);
std::string over_time_section(const PageData& page);
std::string processors_section(const PageData& page);
std::string reasons_section(const PageData& page);
std::string rules_section(const PageData& page);
std::string hooks_section(const PageData& page);
std::string events_section(const PageData& page);
std::string capabilities_section(const PageData& page);

} // namespace nadir::tool
