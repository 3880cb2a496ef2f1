// SPDX-License-Identifier: MIT OR GPL-2.0-only
// `nadir memory`: what is in memory, and how an address becomes a physical one, and then another one (docs/memory.md).
#include "tool/commands.h"
#include "tool/definitions/names.h"
#include "tool/files.h"
#include "tool/json_output.h"
#include "tool/memory/address.h"
#include "tool/memory/disassembly.h"
#include "tool/memory/ept_walk.h"
#include "tool/memory/guest_memory.h"
#include "tool/memory/print_walk.h"
#include "tool/print_to.h"
#include "tool/report.h"
#include "tool/symbols/source.h"
#include "tool/units.h"

#include <algorithm>

#include <fmt/format.h>
#include <fstream>

namespace nadir::tool {

namespace {

constexpr std::uint64_t usual_size = 64;
constexpr std::uint64_t most_in_words = std::uint64_t{1} << 20;
constexpr std::uint64_t most_in_file = std::uint64_t{1} << 30;

// Read when there is a name to be found, which takes a moment, and once.
class LazySymbols {
public:
    explicit LazySymbols(System& system) : system_(system) {}

    // Throws Failure where there are none. Of the module that the name says, if it says one.
    const Symbols& get(std::string_view name = {}) {
        if (!symbols_) {
            symbols_ = read_symbols(system_, {.file = {}, .names = {std::string(name)}, .at = {}});
        }
        return *symbols_;
    }
    // Names that are only for the reader's comfort.
    const Symbols* find() {
        try {
            return &get();
        } catch (const Failure&) {
            return nullptr;
        }
    }

private:
    System& system_;
    std::optional<Symbols> symbols_;
};

FindSymbol finder(LazySymbols& symbols) {
    return [&symbols](std::string_view name) {
        const std::vector<const Symbol*> found = symbols.get(name).find(name);
        if (found.empty()) {
            throw Failure(ExitStatus::usage,
                          fmt::format("\"{}\" is neither an address nor a symbol of the kernel", name),
                          symbols.get().advice_for(name));
        }
        if (found.size() > 1) {
            throw Failure(ExitStatus::usage, fmt::format("there are {} symbols \"{}\"", found.size(), name),
                          fmt::format("`nadir symbols {}` has their addresses.", name));
        }
        return found.front()->address;
    };
}

std::uint64_t size_of(const MemoryRange& range, const MemoryReadOptions& options) {
    const std::uint64_t size = range.size.value_or(usual_size);
    const std::uint64_t most = options.raw.empty() ? most_in_words : most_in_file;
    if (size > most) {
        throw Failure(ExitStatus::usage,
                      fmt::format("{} bytes are too many: at most {} at once", grouped(size), grouped(most)),
                      options.raw.empty() ? "--raw FILE writes up to 1 GiB into a file." : "");
    }
    return size;
}

// Null: without names.
void print_disassembly(std::ostream& out, const Symbols* symbols, std::uint64_t address, const Bytes& bytes,
                       std::size_t size) {
    // Up to the first byte that couldn't be read; the failure says why.
    std::vector<std::uint8_t> code;
    for (const std::optional<std::uint8_t>& byte : bytes) {
        if (!byte) {
            break;
        }
        code.push_back(*byte);
    }
    for (const Instruction& instruction : disassemble(code, size, address)) {
        const std::optional<SymbolPlace> place = symbols != nullptr ? symbols->at(instruction.address) : std::nullopt;
        if (place && (place->offset == 0 || instruction.address == address)) {
            print_to(out, "{}:\n", words_of(*place));
        }
        std::string hex;
        for (const std::uint8_t byte : instruction.bytes) {
            hex += fmt::format("{:02x} ", byte);
        }
        print_to(out, "{:016x}  {:<30} {}", instruction.address, hex, instruction.text);
        if (symbols != nullptr && instruction.target) {
            if (const std::optional<SymbolPlace> target = symbols->at(*instruction.target)) {
                print_to(out, "  # {}", words_of(*target));
            }
        }
        print_to(out, "\n");
    }
}

std::string text_of(const Bytes& bytes) {
    std::string hex;
    for (const std::optional<std::uint8_t>& byte : bytes) {
        hex += byte ? fmt::format("{:02x}", *byte) : "--";
    }
    return hex;
}

void write_file(const std::string& name, const Bytes& bytes, std::ostream& out) {
    std::string data;
    for (const std::optional<std::uint8_t>& byte : bytes) {
        data += static_cast<char>(byte.value_or(0));
    }
    if (name == "-") {
        out.write(data.data(), static_cast<std::streamsize>(data.size()));
        return;
    }
    std::ofstream file(path_of(name), std::ios::binary);
    file.write(data.data(), static_cast<std::streamsize>(data.size()));
    if (!file.flush()) {
        throw Failure(ExitStatus::failed, fmt::format("{} can't be written", name));
    }
    print_to(out, "{} bytes written to {}\n", grouped(data.size()), name);
}

void print_content(std::ostream& out, std::uint64_t address, const MemoryReadOptions& options,
                   const MemoryContent& content) {
    nlohmann::ordered_json json{{"address", fmt::format("{:#x}", address)},
                                {"physical", options.physical},
                                {"size", content.bytes.size()},
                                {"data", text_of(content.bytes)},
                                {"holes", nlohmann::ordered_json::array()}};
    for (const Hole& hole : content.holes) {
        json["holes"].push_back(
            {{"address", fmt::format("{:#x}", hole.address)}, {"size", hole.size}, {"why", hole.why}});
    }
    print_json(out, json);
}

// Only what was asked for may be said to be missing.
void cut_to(MemoryContent& content, std::uint64_t address, std::uint64_t size) {
    while (!content.holes.empty() && content.holes.back().address - address >= size) {
        content.holes.pop_back();
    }
    if (!content.holes.empty()) {
        Hole& last = content.holes.back();
        last.size = std::min(last.size, size - (last.address - address));
    }
}

void expect_no_hole(const MemoryContent& content) {
    if (content.holes.empty()) {
        return;
    }
    const Hole& hole = content.holes.front();
    std::string text =
        fmt::format("{} from {:#x} on can't be read: {}", counted(hole.size, "byte"), hole.address, hole.why);
    if (const std::size_t more = content.holes.size() - 1; more != 0) {
        text += fmt::format("; and {} behind", counted(more, "other part"));
    }
    throw Failure(ExitStatus::failed, text, "`nadir memory translate` shows how far a walk to the address gets.");
}

// The walk in the tables in use, and in the other view where that differs.
void show_ept(Device& device, std::uint64_t physical, const MemoryTranslateOptions& options, std::ostream& out,
              nlohmann::ordered_json& json) {
    const nadir_u32 processor = options.processor.value_or(NADIR_ANY_PROCESSOR);
    const nadir_memory_ept_request answer = device.memory_ept(physical, processor, NADIR_EPT_IN_USE);
    json["ept"] = nlohmann::ordered_json::array();
    if (answer.report.status == NADIR_ALREADY_OFF) {
        json["host_physical"] = fmt::format("{:#x}", physical);
        if (!options.json) {
            print_to(out, "{}\n", words_of(answer.report));
        }
        return;
    }
    const auto show = [&](const nadir_memory_ept_request& one) {
        EptWalkWords walk = take_ept_apart(one.walk, physical);
        json["ept"].push_back(to_json(one.walk, walk));
        if (!options.json) {
            print_ept_walk(out, one.walk, physical, walk);
        }
        return walk;
    };
    if (answer.report.status != NADIR_OK) {
        throw Failure(exit_status_of(answer.report), words_of(answer.report));
    }
    const EptWalkWords first = show(answer);
    const nadir_u32 tables = answer.walk.tables;
    if (tables != NADIR_EPT_READING && tables != NADIR_EPT_EXECUTING) {
        return;
    }
    const nadir_u32 other = tables == NADIR_EPT_READING ? NADIR_EPT_EXECUTING : NADIR_EPT_READING;
    const nadir_memory_ept_request there = device.memory_ept(physical, answer.walk.processor, other);
    const EptWalkWords second = take_ept_apart(there.walk, physical);
    const bool alike = there.report.status == NADIR_OK && first.steps.size() == second.steps.size() &&
                       first.steps.back().entry == second.steps.back().entry;
    if (there.report.status == NADIR_OK && !alike) {
        (void)show(there);
    }
    if (!options.json) {
        print_to(out, "{}\n",
                 alike ? fmt::format("In {} the page is the same.", name_of_ept_tables(other))
                       : "The page is hidden (docs/views.md): who reads it and who executes it don't get the same.");
    }
}

} // namespace

ExitStatus command_memory_read(System& system, const MemoryReadOptions& options, std::ostream& out) {
    LazySymbols symbols(system);
    const MemoryRange range = parse_range(options.range, finder(symbols));
    const std::uint64_t size = size_of(range, options);
    // The last instruction may go on behind the last byte.
    const std::uint64_t beyond =
        options.disassemble
            ? std::min<std::uint64_t>(longest_instruction - 1, ~std::uint64_t{0} - (range.address + (size - 1)))
            : 0;
    const auto device = system.open_device();
    MemoryContent content;
    if (options.physical) {
        content = read_physical(*device, range.address, size + beyond);
    } else {
        const nadir_address_space space = address_space_of(*device, options.process);
        content = read_linear(*device, space, range.address, size + beyond);
        expect_same_process(*device, space);
    }
    cut_to(content, range.address, size);
    if (!options.raw.empty()) {
        expect_no_hole(content); // a file doesn't show where there is nothing
        write_file(options.raw, content.bytes, out);
    } else if (options.json) {
        print_content(out, range.address, options, content);
    } else if (options.disassemble) {
        const bool is_kernels = !options.physical && range.address >> 63 != 0;
        print_disassembly(out, is_kernels ? symbols.find() : nullptr, range.address, content.bytes, size);
    } else {
        print_hexdump(out, range.address, content.bytes);
    }
    expect_no_hole(content);
    return ExitStatus::success;
}

ExitStatus command_memory_translate(System& system, const MemoryTranslateOptions& options, std::ostream& out) {
    LazySymbols symbols(system);
    const std::uint64_t address = parse_address(options.address, finder(symbols));
    const auto device = system.open_device();
    nlohmann::ordered_json json{{"address", fmt::format("{:#x}", address)}, {"physical", options.physical}};
    std::uint64_t physical = address;
    ExitStatus status = ExitStatus::success;
    if (!options.physical) {
        const nadir_address_space space = address_space_of(*device, options.process);
        const PageWalk walk = walk_pages(space, address, physical_reader(*device));
        expect_same_process(*device, space);
        json["page_walk"] = to_json(space, walk);
        physical = walk.physical;
        status = walk.mapped() ? ExitStatus::success : ExitStatus::failed;
        if (!options.json) {
            print_page_walk(out, space, address, walk);
        }
    }
    if (status == ExitStatus::success) {
        show_ept(*device, physical, options, out, json);
    }
    if (options.json) {
        print_json(out, json);
    }
    return status;
}

} // namespace nadir::tool
