// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/symbols/source.h"

#include "tool/exit_status.h"
#include "tool/files.h"

#include <fmt/format.h>
#include <fstream>
#include <sstream>

namespace nadir::tool {

Symbols read_symbols(System& system, const std::string& file) {
    if (file.empty()) {
        const KernelSymbols kernel = system.kernel_symbols();
        return {kernel.text, kernel.source};
    }
    std::ifstream stream(path_of(file), std::ios::binary);
    std::ostringstream text;
    text << stream.rdbuf();
    if (!stream || !text) {
        throw Failure(ExitStatus::usage, fmt::format("{} can't be read, or is empty.", file));
    }
    return {std::move(text).str(), file};
}

} // namespace nadir::tool
