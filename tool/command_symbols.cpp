// SPDX-License-Identifier: MIT OR GPL-2.0-only
// `nadir symbols`: names of the kernel's code and data, and which one an address belongs to; or all of them, for GDB.
#include "tool/commands.h"
#include "tool/definitions/value.h"
#include "tool/files.h"
#include "tool/json_output.h"
#include "tool/print_to.h"
#include "tool/symbols/elf_file.h"
#include "tool/symbols/source.h"
#include "tool/units.h"

#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <fstream>

namespace nadir::tool {

namespace {

// A place that was found, for what was asked.
struct FoundSymbol {
    std::string asked;
    std::uint64_t address = 0;
    SymbolPlace place;
};

std::vector<FoundSymbol> find(const Symbols& symbols, const std::string& wish) {
    std::vector<FoundSymbol> found;
    for (const Symbol* symbol : symbols.find(wish)) {
        found.push_back({wish, symbol->address, {symbol, 0}});
    }
    if (!found.empty()) {
        return found;
    }
    if (wish.find_first_of("*?") != std::string::npos) {
        const QualifiedName wanted = qualified(wish);
        for (const Symbol& symbol : symbols.all()) {
            if (is_of(symbol, wanted) && fits(symbol.name, wanted.name)) {
                found.push_back({wish, symbol.address, {&symbol, 0}});
            }
        }
    } else if (looks_like_number(wish)) {
        const std::uint64_t address = parse_value(wish, Reading::hexadecimal).number;
        if (const std::optional<SymbolPlace> place = symbols.at(address)) {
            found.push_back({wish, address, *place});
        }
    }
    if (found.empty()) {
        throw Failure(ExitStatus::failed, fmt::format("There is no symbol \"{}\".", wish), symbols.advice_for(wish));
    }
    return found;
}

nlohmann::ordered_json to_json(const FoundSymbol& one) {
    const Symbol& symbol = *one.place.symbol;
    nlohmann::ordered_json json{
        {"asked", one.asked},         {"address", fmt::format("{:#x}", one.address)}, {"name", symbol.name},
        {"offset", one.place.offset}, {"type", std::string(1, symbol.type)},          {"module", nullptr}};
    if (!symbol.module.empty()) {
        json["module"] = symbol.module;
    }
    return json;
}

void write_elf(const Symbols& symbols, const std::string& name) {
    errno = 0;
    std::ofstream file(path_of(name), std::ios::binary | std::ios::trunc);
    file << elf_file(symbols);
    file.close();
    if (!file) {
        throw Failure(ExitStatus::usage, fmt::format("{}: {}", name, std::strerror(errno)),
                      "Give a file that can be written.");
    }
}

} // namespace

ExitStatus command_symbols(System& system, const SymbolsOptions& options, std::ostream& out) {
    const Symbols symbols = read_symbols(system, {options.file, options.wishes, options.at});
    if (!options.elf.empty()) {
        write_elf(symbols, options.elf);
        print_to(out, "{} written to {}, for `gdb {}`\n", counted(symbols.all().size(), "symbol"), options.elf,
                 options.elf);
        return ExitStatus::success;
    }
    std::vector<FoundSymbol> all;
    for (const std::string& wish : options.wishes) {
        const std::vector<FoundSymbol> found = find(symbols, wish);
        all.insert(all.end(), found.begin(), found.end());
    }
    if (options.wishes.empty()) {
        all = find(symbols, "*");
    }
    nlohmann::ordered_json json{{"symbols", nlohmann::ordered_json::array()}};
    for (const FoundSymbol& one : all) {
        if (options.json) {
            json["symbols"].push_back(to_json(one));
        } else {
            print_to(out, "{:016x} {} {}\n", one.address, one.place.symbol->type, words_of(one.place));
        }
    }
    if (options.json) {
        print_json(out, json);
    }
    return ExitStatus::success;
}

} // namespace nadir::tool
