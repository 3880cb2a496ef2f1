// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Short sequences of instructions, made from a seed or read from a module. One line for each block of them, with a number
// that must be the same bare and under Nadir. What differs is found by smaller blocks, and read by detail=.
#include "hosts/bare/machine/apic.h"
#include "hosts/bare/machine/memory.h"
#include "hosts/bare/machine/print.h"
#include "hosts/bare/machine/processor.h"
#include "tests/guest/conformance/fuzz/run.h"
#include "tests/guest/conformance/fuzz/window.h"

namespace nadir::conformance {

namespace {

using namespace fuzz;

constexpr u32 default_count = 4096;

// The lines of a script. It is copied, since the window takes the place of low memory, where modules may lie.
class Script {
public:
    bool copy(const char* text, u64 bytes) {
        text_ = static_cast<char*>(allocate(bytes + 1));
        if (text_ == nullptr)
            return false;
        __builtin_memcpy(text_, text, bytes);
        end_ = text_ + bytes;
        for (const char* p = text_; p < end_;) {
            const u32 length = line_length(p);
            count_ += is_sequence(p, length) ? 1 : 0;
            p += length + 1;
        }
        return true;
    }

    u32 count() const { return count_; }

    // The one with this number, comments and empty lines not counted.
    bool read(u32 number, Sequence& sequence) const {
        const Line line = find(number);
        return line.text != nullptr && parse_sequence(line.text, line_length(line.text), sequence);
    }

    // Where that one is, as an editor counts lines: from 1, all of them.
    u32 line_number(u32 number) const { return find(number).number; }

private:
    struct Line {
        const char* text; // nullptr: there is no such sequence
        u32 number;
    };
    Line find(u32 number) const {
        u32 lines = 0;
        for (const char* p = text_; p < end_;) {
            const u32 length = line_length(p);
            ++lines;
            if (is_sequence(p, length) && number-- == 0)
                return {p, lines};
            p += length + 1;
        }
        return {nullptr, lines};
    }
    u32 line_length(const char* line) const {
        u32 length = 0;
        while (line + length < end_ && line[length] != '\n')
            ++length;
        return length;
    }
    static bool is_sequence(const char* line, u32 length) { return length != 0 && line[0] != '#'; }

    char* text_ = nullptr;
    const char* end_ = nullptr;
    u32 count_ = 0;
};

struct Block {
    const Options* options;
    const Script* script; // nullptr: made from the seed
    u32 first;
    u32 end;
    u64 digest;
    const char* why; // it failed
};

bool make(const Block& block, u32 number, Sequence& sequence) {
    if (block.script != nullptr)
        return block.script->read(number, sequence);
    generate(block.options->seed, number, sequence);
    return true;
}

NADIR_ABI u32 run_block(void* argument, u32) {
    static Sequence sequence;
    auto& block = *static_cast<Block*>(argument);
    Digest digest;
    for (u32 number = block.first; number < block.end; ++number) {
        if (!make(block, number, sequence)) {
            print("fuzz: line %u of the script is no sequence\n", block.script->line_number(number));
            block.why = "the script holds something else than sequences";
            return 0;
        }
        const bool verbose = number == block.options->detail;
        if (verbose) {
            print("fuzz sequence %u: ", number);
            print_sequence(sequence);
        }
        digest.add(run_sequence(sequence, verbose));
    }
    block.digest = digest.value();
    return 0;
}

NADIR_ABI u32 prepare(void* argument, u32) {
    enable_local_apic();
    *static_cast<const char**>(argument) = prepare_processor();
    return 0;
}

} // namespace

const char* run_fuzz(const Options& options) {
    static Script script;
    const bool scripted = options.script != nullptr;
    if ((scripted && !script.copy(options.script, options.script_bytes)) || !prepare_window())
        return "no memory for the sequences";
    const u32 available = scripted ? script.count() : ~0u;
    const u32 wanted = options.count != 0 ? options.count : scripted ? available : default_count;
    const char* why = nullptr;
    for (u32 i = 0; i < processor_count() && why == nullptr; ++i)
        run_on(i, prepare, &why);
    const u32 end = wanted < available - options.first ? options.first + wanted : available;
    for (u32 first = options.first; first < end && why == nullptr;) {
        const u32 next = end - first > options.block ? first + options.block : end;
        Block block{&options, scripted ? &script : nullptr, first, next, 0, nullptr};
        run_on(first / options.block % processor_count(), run_block, &block);
        why = block.why;
        if (why == nullptr)
            print("fuzz %u %016llx\n", first, block.digest);
        first = next;
    }
    return why;
}

} // namespace nadir::conformance
