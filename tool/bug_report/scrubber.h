// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Takes out of a text what nobody should have to give away. It is the second barrier: the first is not to put it in.
#pragma once

#include "tool/machine_notes.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace nadir::tool {

class Scrubber {
public:
    Scrubber(const KernelPlaces& kernel, const std::vector<std::string>& names);

    // Names of this machine and its users, addresses of networks and mail, serial numbers of the UUID kind.
    [[nodiscard]] std::string without_names(std::string text) const;

    // The same, and linear addresses moved to where they would be without randomisation: what is left of one says which kind of
    // memory it is, for the kernel's code also which instruction.
    [[nodiscard]] std::string without_addresses(std::string_view text) const;

    // One address; others are what they were.
    [[nodiscard]] std::uint64_t moved(std::uint64_t value) const;

private:
    KernelPlaces kernel_;
    std::vector<std::string> names_; // the longest first
};

} // namespace nadir::tool
