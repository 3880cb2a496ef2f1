// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/hook/places.h"

#include "tool/definitions/value.h"
#include "tool/exit_status.h"

#include <algorithm>
#include <fmt/format.h>

namespace nadir::tool {

namespace {

std::uint64_t address_of(const std::string& word, std::string_view name, const Symbols& symbols) {
    const std::vector<const Symbol*> found = symbols.find(name);
    if (found.empty()) {
        throw Failure(ExitStatus::usage, fmt::format("There is no symbol \"{}\" in \"{}\".", name, word),
                      symbols.advice_for(name));
    }
    const bool several =
        std::ranges::any_of(found, [&](const Symbol* symbol) { return symbol->address != found.front()->address; });
    if (several) {
        std::string all;
        for (const Symbol* symbol : found) {
            all += fmt::format("{}{:#x}{}", all.empty() ? "" : ", ", symbol->address,
                               symbol->module.empty() ? "" : fmt::format(" [{}]", symbol->module));
        }
        throw Failure(ExitStatus::usage, fmt::format("{} places are called \"{}\": {}.", found.size(), name, all),
                      "Give one of the addresses, or MODULE:SYMBOL (kernel:SYMBOL) where that tells them apart.");
    }
    return found.front()->address;
}

} // namespace

bool is_address(std::string_view word) {
    constexpr std::size_t shortest = 8; // shorter ones may be names
    return word.starts_with("0x") ||
           (word.size() >= shortest && looks_like_number(word) && word.find('_') == std::string_view::npos);
}

std::uint64_t parse_place(const std::string& word, const Symbols& symbols) {
    if (word.empty()) {
        throw Failure(ExitStatus::usage, "A place has no letters.", "Give SYMBOL, SYMBOL+OFFSET or ADDRESS.");
    }
    const std::size_t plus = word.find('+');
    const std::string_view name = std::string_view(word).substr(0, plus);
    std::uint64_t address =
        is_address(name) ? parse_value(name, Reading::hexadecimal).number : address_of(word, name, symbols);
    if (plus != std::string::npos) {
        const std::string_view offset = std::string_view(word).substr(plus + 1);
        if (!looks_like_number(offset)) {
            throw Failure(ExitStatus::usage, fmt::format("\"{}\" in \"{}\" is no offset.", offset, word),
                          "An offset is a number, as in vfs_read+0x10.");
        }
        address += parse_value(offset).number;
    }
    if (address >> 63 == 0) {
        throw Failure(
            ExitStatus::usage,
            fmt::format("{:#x} is an address of programs, and hooks are for the kernel's code so far.", address),
            "`nadir symbols PATTERN` finds the kernel's functions.");
    }
    return address;
}

} // namespace nadir::tool
