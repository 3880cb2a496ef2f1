// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/definitions/nearness.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>

namespace nadir::tool {

unsigned edit_distance(std::string_view from, std::string_view to) {
    // Rows of the usual table, of which three are needed at a time.
    std::vector<unsigned> before_last(to.size() + 1);
    std::vector<unsigned> last(to.size() + 1);
    std::vector<unsigned> row(to.size() + 1);
    std::iota(last.begin(), last.end(), 0u);
    for (std::size_t i = 0; i < from.size(); ++i) {
        row[0] = static_cast<unsigned>(i) + 1;
        for (std::size_t j = 0; j < to.size(); ++j) {
            const unsigned replaced = last[j] + (from[i] == to[j] ? 0 : 1);
            row[j + 1] = std::min({replaced, last[j + 1] + 1, row[j] + 1});
            if (i > 0 && j > 0 && from[i] == to[j - 1] && from[i - 1] == to[j]) {
                row[j + 1] = std::min(row[j + 1], before_last[j - 1] + 1);
            }
        }
        std::swap(before_last, last);
        std::swap(last, row);
    }
    return last[to.size()];
}

namespace {

// An abbreviation has the word's letters in their order.
bool abbreviates(std::string_view shorter, std::string_view longer) {
    if (shorter.empty() || shorter.front() != longer.front()) {
        return false;
    }
    for (const char letter : longer) {
        if (!shorter.empty() && shorter.front() == letter) {
            shorter.remove_prefix(1);
        }
    }
    return shorter.empty();
}

// Smaller is nearer.
std::optional<unsigned> score(std::string_view word, std::string_view key) {
    constexpr std::size_t shortest_part = 3; // "a" is in nearly everything
    constexpr std::size_t shortest_abbreviation = 5;
    const std::size_t longer = std::max(word.size(), key.size());
    const std::size_t shorter = std::min(word.size(), key.size());
    const unsigned edits = edit_distance(word, key);
    const unsigned allowed = std::max(1u, static_cast<unsigned>(shorter) / 3);
    std::optional<unsigned> best;
    if (edits <= allowed && edits < shorter) {
        best = 2 * edits;
    }
    const bool part = key.find(word) != std::string_view::npos || word.find(key) != std::string_view::npos;
    const bool abbreviation = shorter >= shortest_abbreviation && word.size() < key.size() && abbreviates(word, key);
    if ((part && shorter >= shortest_part) || abbreviation) {
        const auto as_part = static_cast<unsigned>((part ? 1 : 3) + (longer - shorter) / 2);
        best = best ? std::min(*best, as_part) : as_part;
    }
    return best;
}

} // namespace

std::vector<std::string> nearest(std::string_view word, const std::vector<Candidate>& candidates, std::size_t limit) {
    std::map<std::string, unsigned> scores;
    for (const Candidate& candidate : candidates) {
        if (const std::optional<unsigned> one = score(word, candidate.key)) {
            const auto [entry, is_new] = scores.emplace(candidate.name, *one);
            entry->second = std::min(entry->second, *one);
        }
    }
    std::vector<std::pair<unsigned, std::string>> order;
    order.reserve(scores.size());
    for (const auto& [name, one] : scores) {
        order.emplace_back(one, name);
    }
    std::sort(order.begin(), order.end());
    std::vector<std::string> names;
    for (std::size_t i = 0; i < std::min(limit, order.size()); ++i) {
        names.push_back(order[i].second);
    }
    return names;
}

} // namespace nadir::tool
