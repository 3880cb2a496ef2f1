// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Which of some words did somebody mean who wrote another one?
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace nadir::tool {

// How many letters must be put in, taken out, replaced, or swapped with their neighbour.
unsigned edit_distance(std::string_view from, std::string_view to);

struct Candidate {
    std::string name; // to be suggested
    std::string key;  // to be compared; a name may have several keys
};

// The names of the nearest candidates, nearest first: few edits away, one contains the other, or
// the word abbreviates it. At most `limit`.
std::vector<std::string> nearest(std::string_view word, const std::vector<Candidate>& candidates,
                                 std::size_t limit = 5);

} // namespace nadir::tool
