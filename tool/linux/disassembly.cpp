// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/memory/disassembly.h"

#include "tool/exit_status.h"

#include <algorithm>
#include <capstone/capstone.h>
#include <memory>

namespace nadir::tool {

namespace {

class Capstone {
public:
    Capstone() {
        cs_err error = cs_open(CS_ARCH_X86, CS_MODE_64, &handle_);
        error = error == CS_ERR_OK ? cs_option(handle_, CS_OPT_DETAIL, CS_OPT_ON) : error;
        if (error != CS_ERR_OK) {
            throw Failure(ExitStatus::failed, std::string("the disassembler doesn't start: ") + cs_strerror(error));
        }
    }
    ~Capstone() { cs_close(&handle_); }
    Capstone(const Capstone&) = delete;
    Capstone& operator=(const Capstone&) = delete;

    [[nodiscard]] csh handle() const { return handle_; }

private:
    csh handle_ = 0;
};

struct FreeInstruction {
    void operator()(cs_insn* instruction) const { cs_free(instruction, 1); }
};

std::optional<std::uint64_t> target_of(csh handle, const cs_insn& instruction) {
    const cs_x86& details = instruction.detail->x86;
    const bool goes =
        cs_insn_group(handle, &instruction, CS_GRP_JUMP) || cs_insn_group(handle, &instruction, CS_GRP_CALL);
    for (unsigned i = 0; i < details.op_count; ++i) {
        const cs_x86_op& operand = details.operands[i];
        if (goes && operand.type == X86_OP_IMM) {
            return static_cast<std::uint64_t>(operand.imm);
        }
        if (operand.type == X86_OP_MEM && operand.mem.base == X86_REG_RIP) {
            return instruction.address + instruction.size + static_cast<std::uint64_t>(operand.mem.disp);
        }
    }
    return std::nullopt;
}

} // namespace

std::vector<Instruction> disassemble(std::span<const std::uint8_t> code, std::size_t size, std::uint64_t address) {
    const Capstone capstone;
    const std::unique_ptr<cs_insn, FreeInstruction> decoded(cs_malloc(capstone.handle()));
    std::vector<Instruction> all;
    const std::uint8_t* at = code.data();
    std::size_t left = code.size();
    const std::size_t behind = left - std::min(left, size); // bytes that only complete what began before
    while (left > behind) {
        const std::uint8_t* const begin = at;
        const std::uint64_t begin_address = address;
        if (cs_disasm_iter(capstone.handle(), &at, &left, &address, decoded.get())) {
            std::string text = decoded->mnemonic;
            if (decoded->op_str[0] != '\0') {
                text += std::string(" ") + decoded->op_str;
            }
            all.push_back({begin_address, {begin, at}, std::move(text), target_of(capstone.handle(), *decoded)});
            continue;
        }
        // As objdump: one byte is given up, and the next one may begin an instruction.
        ++at;
        --left;
        ++address;
        all.push_back({begin_address, {*begin}, "(bad)", {}});
    }
    return all;
}

} // namespace nadir::tool
