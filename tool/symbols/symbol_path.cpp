// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/symbols/symbol_path.h"

#include "tool/definitions/names.h"

#include <algorithm>
#include <vector>

namespace nadir::tool {

namespace {

std::vector<std::string_view> split(std::string_view text, char at) {
    std::vector<std::string_view> parts;
    while (true) {
        const std::size_t end = text.find(at);
        parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos) {
            return parts;
        }
        text.remove_prefix(end + 1);
    }
}

bool is_remote(std::string_view place) {
    const std::string word = squash(place.substr(0, place.find(':')));
    return place.starts_with("\\\\") || place.starts_with("//") ||
           (place.find("://") != std::string_view::npos && (word == "http" || word == "https" || word == "ftp"));
}

// "srv*STORE*SERVER", "symsrv*symsrv.dll*STORE*SERVER", "cache*STORE", or a folder.
std::string local_element(std::string_view element) {
    std::vector<std::string_view> parts = split(element, '*');
    const std::string kind = squash(parts.front());
    const std::size_t heads = parts.size() == 1 ? 0 : kind == "symsrv" ? 2 : 1;
    std::string kept;
    for (std::size_t i = 0; i < std::min(heads, parts.size()); ++i) {
        kept += (i == 0 ? "" : "*") + std::string(parts[i]);
    }
    bool any = false;
    for (std::size_t i = heads; i < parts.size(); ++i) {
        if (!parts[i].empty() && !is_remote(parts[i])) {
            kept += (heads == 0 ? "" : "*") + std::string(parts[i]);
            any = true;
        }
    }
    return any ? kept : std::string{};
}

} // namespace

std::string local_part(std::string_view symbol_path) {
    std::string local;
    for (const std::string_view element : split(symbol_path, ';')) {
        if (const std::string kept = local_element(element); !kept.empty()) {
            local += (local.empty() ? "" : ";") + kept;
        }
    }
    return local;
}

} // namespace nadir::tool
