// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The fake host's side of core/host.h: what a test may set and look at.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "core/host.h"

namespace nadir::fake {

struct Host {
    std::set<uint32_t> offline;
    uint32_t processors = 1;
    // The image: page-aligned memory with recognisable content.
    std::vector<nadir_image_range> image;
    std::vector<std::string> printed;
    unsigned runs = 0;
};

extern Host host;

} // namespace nadir::fake
