// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Finds the flight recorders in an image of memory, by nothing but their own look.
#pragma once

#include "tool/recorder/memory_image.h"
#include "tool/recorder/recording.h"

#include <vector>

namespace nadir::tool {

struct FoundRings {
    std::vector<Recording> recordings; // by processor
    unsigned of_other_versions = 0;
    unsigned damaged = 0; // which begin as a recorder, and go on otherwise
};

FoundRings find_rings(MemoryImage& image);

} // namespace nadir::tool
