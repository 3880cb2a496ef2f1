// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/hook/place_names.h"

#include "tool/exit_status.h"
#include "tool/symbols/source.h"

#include <fmt/format.h>

namespace nadir::tool {

namespace {

std::string name_of(const Symbols& symbols, nadir_u64 address) {
    const std::optional<SymbolPlace> place = symbols.at(address);
    return place ? words_of(*place) : std::string{};
}

Symbols kernel_symbols_if_any(System& system) {
    try {
        return read_symbols(system, {});
    } catch (const Failure&) {
        return {};
    }
}

} // namespace

PlaceNames::PlaceNames(System& system, const std::string& file) : system_(system) {
    if (!file.empty()) {
        file_ = read_symbols(system, {file, {}, {}});
    }
}

const Places& PlaceNames::of(std::span<const nadir_listed_hook> hooks) {
    // Only what is hooked now is kept: behind a module's end another one's code may be at the same address.
    Places now;
    Places missing;
    for (const nadir_listed_hook& hook : hooks) {
        for (const nadir_u64 address : {hook.wish.address, hook.wish.target}) {
            const auto known = places_.find(address);
            if (known != places_.end()) {
                now.insert(*known);
            } else if (address != 0) { // without a target
                missing[address];
            }
        }
    }
    if (!missing.empty()) {
        const Symbols kernel = file_ ? Symbols{} : kernel_symbols_if_any(system_);
        for (auto& [address, name] : missing) {
            name = name_of(file_ ? *file_ : kernel, address);
        }
        now.merge(missing);
    }
    places_ = std::move(now);
    return places_;
}

std::string place_words(const std::string& name, nadir_u64 address) {
    return name.empty() ? fmt::format("{:#x}", address) : name;
}

} // namespace nadir::tool
