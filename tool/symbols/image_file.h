// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What the headers of an image of 64-bit Windows (.sys, .exe, .dll) say about its symbols. [PE Format]
#pragma once

#include "tool/symbols/binary_file.h"
#include "tool/symbols/build_id.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace nadir::tool {

struct PdbReference {
    BuildId id;
    std::string name; // with or without folders of the machine that linked it
};

struct ImageSection {
    std::uint32_t address = 0; // from the image's beginning, as it is loaded
    std::uint32_t size = 0;
    bool executable = false;
};

struct ImageFacts {
    std::uint64_t base = 0; // where it wants to be loaded
    std::uint32_t size = 0;
    std::vector<ImageSection> sections;
    std::optional<PdbReference> pdb; // what the linker wrote, if it wrote one

    // By the offset from the image's beginning.
    [[nodiscard]] bool is_code(std::uint64_t offset) const;
};

// Does it begin as one?
bool is_image(BinaryFile& file);

// Throws Failure where it is none of 64-bit Windows, or damaged.
ImageFacts read_image(BinaryFile& file);

} // namespace nadir::tool
