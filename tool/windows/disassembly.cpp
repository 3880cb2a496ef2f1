// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/memory/disassembly.h"

#include "tool/exit_status.h"

namespace nadir::tool {

std::vector<Instruction> disassemble(std::span<const std::uint8_t>, std::size_t, std::uint64_t) {
    throw Failure(ExitStatus::failed, "nadir.exe has no disassembler",
                  "Write the bytes into a file by --raw FILE, and disassemble that elsewhere.");
}

} // namespace nadir::tool
