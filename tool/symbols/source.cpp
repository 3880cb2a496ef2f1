// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/symbols/source.h"

#include "tool/exit_status.h"
#include "tool/files.h"
#include "tool/symbols/image_source.h"

#include <fmt/format.h>
#include <fstream>
#include <sstream>

namespace nadir::tool {

namespace {

// Of which modules; none where a name, or an address, may be of any.
std::vector<std::string> modules_of(const std::vector<std::string>& names) {
    std::vector<std::string> modules;
    for (const std::string& name : names) {
        const QualifiedName parts = qualified(name);
        if (!parts.module) {
            return {};
        }
        modules.emplace_back(parts.module->empty() ? "nt" : *parts.module);
    }
    return modules;
}

// Programs and debuggers have their symbols in such files, and `--elf` writes one; here `nm` reads them.
void refuse_elf(const std::string& file, std::string_view text) {
    constexpr std::string_view magic = "\x7F"
                                       "ELF";
    if (text.starts_with(magic)) {
        throw Failure(ExitStatus::usage, fmt::format("{} is an ELF file; symbols are taken from text only.", file),
                      fmt::format("`nm {} > names.txt` makes text of it, and --symbols names.txt takes that.", file));
    }
}

} // namespace

Symbols read_symbols(System& system, const SymbolQuery& query) {
    if (query.file.empty()) {
        KernelSymbols kernel = system.kernel_symbols(modules_of(query.names));
        return {std::move(kernel.text), kernel.source, std::move(kernel.note)};
    }
    if (is_image_or_pdb(query.file)) {
        return read_image_symbols(system, query.file, query.at);
    }
    if (query.at) {
        throw Failure(ExitStatus::usage, fmt::format("{} has addresses of its own, and needs no --at.", query.file));
    }
    std::ifstream stream(path_of(query.file), std::ios::binary);
    std::ostringstream text;
    text << stream.rdbuf();
    if (!stream || !text) {
        throw Failure(ExitStatus::usage, fmt::format("{} can't be read, or is empty.", query.file));
    }
    refuse_elf(query.file, text.view());
    return {std::move(text).str(), query.file};
}

} // namespace nadir::tool
