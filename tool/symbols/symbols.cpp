// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/symbols/symbols.h"

#include "tool/definitions/names.h"
#include "tool/definitions/nearness.h"
#include "tool/dump/log_lines.h"
#include "tool/exit_status.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <fmt/format.h>

namespace nadir::tool {

namespace {

// No function is larger: an address this far behind the last symbol has nothing to do with it.
constexpr std::uint64_t largest_function = 1u << 20;

constexpr std::string_view blanks = " \t\r";

// Takes the next word off the line.
std::string_view next_word(std::string_view& line) {
    line.remove_prefix(std::min(line.find_first_not_of(blanks), line.size()));
    const std::string_view word = line.substr(0, line.find_first_of(blanks));
    line.remove_prefix(word.size());
    return word;
}

bool is_undefined(std::string_view first) { return first == "U" || first == "w" || first == "v"; }

std::optional<Symbol> parse(std::string_view line) {
    const std::string_view address = next_word(line);
    std::string_view type = next_word(line);
    Symbol symbol;
    const auto [end, error] = std::from_chars(address.data(), address.data() + address.size(), symbol.address, 16);
    if (error != std::errc{} || end != address.data() + address.size() || type.size() != 1) {
        return std::nullopt;
    }
    symbol.type = type.front();
    symbol.name = trimmed(line);
    const std::size_t blank = symbol.name.find_last_of(blanks);
    if (blank != std::string_view::npos && symbol.name[blank + 1] == '[' && symbol.name.back() == ']') {
        symbol.module = symbol.name.substr(blank + 2, symbol.name.size() - blank - 3);
        symbol.name = trimmed(symbol.name.substr(0, blank));
    }
    return symbol.name.empty() ? std::nullopt : std::optional(symbol);
}

// Of symbols at one address: which one says most? A global one rather than a local one, code rather than data.
int rank(const Symbol& symbol) {
    switch (symbol.type) {
    case 'T': return 0;
    case 't': return 1;
    case 'W':
    case 'w': return 2;
    default: return 3;
    }
}

} // namespace

Symbols::Symbols(std::string text, std::string_view source, std::string note)
    : text_(text.begin(), text.end()), note_(std::move(note)) {
    std::string_view rest(text_.data(), text_.size());
    bool any_address = false;
    for (std::size_t number = 1; !rest.empty(); ++number) {
        const std::string_view line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
        std::string_view look = line;
        const std::string_view first = next_word(look);
        if (first.empty() || is_undefined(first)) {
            continue;
        }
        const std::optional<Symbol> symbol = parse(line);
        if (!symbol) {
            throw Failure(
                ExitStatus::usage, fmt::format("{}, line {}: \"{}\" is no symbol", source, number, printable(line)),
                "Each line is ADDRESS TYPE NAME, as in /proc/kallsyms, in a System.map, and as `nm` prints them.");
        }
        any_address = any_address || symbol->address != 0;
        symbols_.push_back(*symbol);
    }
    if (symbols_.empty()) {
        throw Failure(ExitStatus::failed, fmt::format("{} has no symbols.", source));
    }
    if (!any_address) {
        throw Failure(
            ExitStatus::failed, fmt::format("{} shows every address as zero: the kernel hides them.", source),
            "Run the command as root. If it is root already, kernel.kptr_restrict is 2: `sysctl kernel.kptr_restrict=1` lets root "
            "see them.");
    }
    std::ranges::stable_sort(symbols_, [](const Symbol& one, const Symbol& other) {
        return one.address != other.address ? one.address < other.address : rank(one) < rank(other);
    });
}

std::vector<const Symbol*> Symbols::find(std::string_view name) const {
    const QualifiedName wanted = qualified(name);
    std::vector<const Symbol*> found;
    for (const Symbol& symbol : symbols_) {
        if (symbol.name == wanted.name && is_of(symbol, wanted)) {
            found.push_back(&symbol);
        }
    }
    return found;
}

std::optional<SymbolPlace> Symbols::at(std::uint64_t address) const {
    const auto behind = std::ranges::upper_bound(symbols_, address, {}, &Symbol::address);
    if (behind == symbols_.begin()) {
        return std::nullopt;
    }
    const auto at = std::ranges::lower_bound(symbols_, (behind - 1)->address, {}, &Symbol::address);
    const std::uint64_t offset = address - at->address;
    return offset < largest_function ? std::optional(SymbolPlace{&*at, offset}) : std::nullopt;
}

std::vector<std::string> Symbols::near_names(std::string_view name) const {
    constexpr std::size_t most_letters_more = 6;
    name = qualified(name).name;
    const std::string word = squash(name);
    std::vector<Candidate> candidates;
    for (const Symbol& symbol : symbols_) {
        // There are hundreds of thousands: those that begin alike are enough to compare in earnest.
        const bool alike = symbol.name.size() <= name.size() + most_letters_more &&
                           squash(symbol.name.substr(0, 4)).substr(0, 1) == word.substr(0, 1);
        if (!word.empty() && (alike || symbol.name.starts_with(name))) {
            candidates.push_back({std::string(symbol.name), squash(symbol.name)});
        }
    }
    return nearest(word, candidates);
}

std::string Symbols::advice_for(std::string_view name) const {
    const std::string near = did_you_mean(near_names(name));
    return near + (near.empty() || note_.empty() ? "" : "\n") + note_;
}

QualifiedName qualified(std::string_view name) {
    const std::size_t end = name.find_first_of("!:"); // the first as Windows' debuggers write it
    if (end == std::string_view::npos || name.substr(end).starts_with("::")) { // a name alone, maybe of C++
        return {std::nullopt, name};
    }
    const std::string_view module = name.substr(0, end);
    const bool is_kernel = module == "kernel" || module == "nt";
    return {is_kernel ? std::string_view{} : module, name.substr(end + 1)};
}

bool is_of(const Symbol& symbol, const QualifiedName& wanted) {
    const auto lower = [](unsigned char letter) { return std::tolower(letter); };
    return !wanted.module || std::ranges::equal(symbol.module, *wanted.module, {}, lower, lower);
}

std::string words_of(const SymbolPlace& place) {
    const Symbol& symbol = *place.symbol;
    return fmt::format("{}{}{}", symbol.name, place.offset != 0 ? fmt::format("+{:#x}", place.offset) : "",
                       symbol.module.empty() ? "" : fmt::format(" [{}]", symbol.module));
}

std::string words_of(const Symbols& symbols, std::uint64_t address) {
    const std::optional<SymbolPlace> place = symbols.at(address);
    return place ? words_of(*place) : fmt::format("{:#x}", address);
}

bool fits(std::string_view name, std::string_view pattern) {
    // Where the last * stands, and what it has eaten: the only place to go back to.
    std::size_t star = std::string_view::npos;
    std::size_t eaten = 0;
    std::size_t at = 0;
    std::size_t in = 0;
    while (in < name.size()) {
        if (at < pattern.size() && pattern[at] == '*') {
            star = at++;
            eaten = in;
        } else if (at < pattern.size() && (pattern[at] == '?' || pattern[at] == name[in])) {
            ++at;
            ++in;
        } else if (star != std::string_view::npos) {
            at = star + 1;
            in = ++eaten;
        } else {
            return false;
        }
    }
    while (at < pattern.size() && pattern[at] == '*') {
        ++at;
    }
    return at == pattern.size();
}

} // namespace nadir::tool
