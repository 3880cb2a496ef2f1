// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A table for a terminal: the first column to the left, the others to the right, as wide as need be.
#pragma once

#include "tool/print_to.h"

#include <algorithm>
#include <fmt/format.h>
#include <ostream>
#include <string>
#include <vector>

namespace nadir::tool {

class Table {
public:
    explicit Table(std::vector<std::string> heading) { add(std::move(heading)); }

    void add(std::vector<std::string> row) {
        widths_.resize(std::max(widths_.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i) {
            widths_[i] = std::max(widths_[i], row[i].size());
        }
        rows_.push_back(std::move(row));
    }

    void print(std::ostream& out) const {
        for (const std::vector<std::string>& row : rows_) {
            std::string line;
            for (std::size_t i = 0; i < row.size(); ++i) {
                line +=
                    i == 0 ? fmt::format("{:<{}}", row[i], widths_[i]) : fmt::format("  {:>{}}", row[i], widths_[i]);
            }
            line.erase(line.find_last_not_of(' ') + 1);
            print_to(out, "{}\n", line);
        }
    }

private:
    std::vector<std::vector<std::string>> rows_;
    std::vector<std::size_t> widths_;
};

} // namespace nadir::tool
