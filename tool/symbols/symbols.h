// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Names of the kernel's code and data, by address and the other way round: what /proc/kallsyms, a System.map and `nm` print, and
// what is made of a PDB.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nadir::tool {

struct Symbol {
    std::uint64_t address = 0;
    std::string_view name;   // these two point into the table
    std::string_view module; // empty: the kernel itself
    char type = '?';         // as `nm` says it: t and T are code; E: what an image exports
};

struct SymbolPlace {
    const Symbol* symbol = nullptr;
    std::uint64_t offset = 0;
};

class Symbols {
public:
    Symbols() = default;
    // Lines of "ADDRESS TYPE NAME [MODULE]"; a name may have blanks, as in "operator new". Undefined symbols, which have no address, are left out. Throws Failure that names `source` and
    // the line where something else stands, and where every address is zero, as the kernel shows them to whom it doesn't trust.
    Symbols(std::string text, std::string_view source, std::string note = {});
    Symbols(const Symbols&) = delete;
    Symbols& operator=(const Symbols&) = delete;
    Symbols(Symbols&&) = default;
    Symbols& operator=(Symbols&&) = default;
    ~Symbols() = default;

    // By address.
    [[nodiscard]] std::span<const Symbol> all() const { return symbols_; }

    // All of this name; "MODULE:NAME" and "MODULE!NAME" find those of one module only ("kernel:NAME", "nt!NAME": the kernel's own).
    [[nodiscard]] std::vector<const Symbol*> find(std::string_view name) const;

    // The symbol that the address lies in or behind, if one is near enough to have to do with it.
    [[nodiscard]] std::optional<SymbolPlace> at(std::uint64_t address) const;

    // Names that look like this one, nearest first.
    [[nodiscard]] std::vector<std::string> near_names(std::string_view name) const;

    // What to do where a name isn't there; sentences, or nothing.
    [[nodiscard]] std::string advice_for(std::string_view name) const;

private:
    std::vector<char> text_; // a string may move its characters when it is moved
    std::vector<Symbol> symbols_;
    std::string note_;
};

// The two parts of "MODULE:NAME" and "MODULE!NAME". The kernel's own symbols have an empty module; a name alone has none.
struct QualifiedName {
    std::optional<std::string_view> module;
    std::string_view name;
};
QualifiedName qualified(std::string_view name);
// As modules are named, whose letters' case means nothing on Windows.
bool is_of(const Symbol& symbol, const QualifiedName& wanted);

// "vfs_read", "vfs_read+0x10", "nf_hook_slow [netfilter]"; the address in hexadecimal where there is no symbol.
std::string words_of(const SymbolPlace& place);
std::string words_of(const Symbols& symbols, std::uint64_t address);

// Does the name fit a pattern with * (anything) and ? (one letter)? Without those it is the whole name.
bool fits(std::string_view name, std::string_view pattern);

} // namespace nadir::tool
