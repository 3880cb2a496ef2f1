// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A sequence as a line of text, and back: words of the form key=value, those that are 0 left out.
#include "hosts/bare/machine/print.h"
#include "hosts/bare/machine/words.h"
#include "tests/guest/conformance/fuzz/sequence.h"
#include "tests/guest/conformance/fuzz/window.h"

namespace nadir::conformance::fuzz {

namespace {

constexpr const char* mode_names[mode_count] = {"kernel64", "user64", "kernel32", "user32"};
constexpr const char* register_names[16] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
                                            "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15"};
constexpr const char* breakpoint_names[4] = {"dr0", "dr1", "dr2", "dr3"};
constexpr const char* switches[4] = {"wraps", "pending", "timer", "timed"};

bool& switch_of(Sequence& s, u32 index) {
    bool* const places[4] = {&s.wraps, &s.pending, &s.timer, &s.timed};
    return *places[index];
}

template <u32 count>
u32 index_of(const Word& word, const char* const (&names)[count]) {
    u32 i = 0;
    while (i < count && !same(word, names[i]))
        ++i;
    return i;
}

u32 digit(char c) {
    return c >= '0' && c <= '9'   ? static_cast<u32>(c - '0')
           : c >= 'a' && c <= 'f' ? static_cast<u32>(c - 'a' + 10)
                                  : 16;
}

// "0fa2/cpuid": bytes and a name for the reader.
bool read_instruction(const Word& value, Instruction& instruction) {
    u32 i = 0;
    for (; i + 1 < value.length && value.text[i] != '/'; i += 2) {
        const u32 high = digit(value.text[i]);
        const u32 low = digit(value.text[i + 1]);
        if (high > 15 || low > 15 || instruction.length == sizeof instruction.bytes)
            return false;
        instruction.bytes[instruction.length++] = static_cast<u8>(high << 4 | low);
    }
    if (i == value.length)
        return instruction.length != 0;
    return value.text[i] == '/' && read(Word{value.text + i + 1, value.length - i - 1}, instruction.name);
}

bool apply(const Word& key, const Word& value, Sequence& s) {
    u32 i = 0;
    if (same(key, "mode")) {
        s.mode = static_cast<Mode>(index_of(value, mode_names));
        return static_cast<u32>(s.mode) < mode_count;
    }
    if (same(key, "offset"))
        return read(value, s.offset);
    if (same(key, "rflags"))
        return read(value, s.flags);
    if (same(key, "dr7"))
        return read(value, s.dr7);
    if (same(key, "msr"))
        return s.msr_count < maximum_msrs && read(value, s.msrs[s.msr_count++]);
    if (same(key, "code"))
        return s.count < maximum_instructions && read_instruction(value, s.instructions[s.count++]);
    if ((i = index_of(key, register_names)) < 16)
        return read(value, s.registers[i]);
    if ((i = index_of(key, breakpoint_names)) < 4)
        return read(value, s.breakpoints[i]);
    if ((i = index_of(key, switches)) < 4) {
        switch_of(s, i) = true;
        return value.length == 0;
    }
    return false;
}

void print_number(const char* name, u64 value) {
    if (value != 0)
        print(" %s=0x%llx", name, value);
}

} // namespace

bool parse_sequence(const char* line, u32 length, Sequence& sequence) {
    char text[1500];
    sequence = {};
    if (length >= sizeof text)
        return false;
    __builtin_memcpy(text, line, length);
    text[length] = 0;
    bool good = true;
    for_each_word(
        text, [&](const Word& key, const Word& value) { return apply(key, value, sequence); },
        [&](const Word&) { good = false; });
    u32 bytes = 0;
    for (u32 i = 0; i < sequence.count; ++i)
        bytes += sequence.instructions[i].length;
    return good && sequence.offset < page_size && sequence.offset + bytes < code_bytes;
}

void print_sequence(const Sequence& s) {
    Sequence copy = s;
    print("mode=%s", mode_names[static_cast<u32>(s.mode)]);
    for (u32 i = 0; i < 4; ++i)
        if (switch_of(copy, i))
            print(" %s", switches[i]);
    print_number("offset", s.offset);
    print_number("rflags", s.flags);
    for (u32 i = 0; i < 16; ++i)
        print_number(register_names[i], s.registers[i]);
    for (u32 i = 0; i < 4; ++i)
        print_number(breakpoint_names[i], s.breakpoints[i]);
    print_number("dr7", s.dr7);
    for (u32 i = 0; i < s.msr_count; ++i)
        print_number("msr", s.msrs[i]);
    for (u32 i = 0; i < s.count; ++i) {
        print(" code=");
        for (u32 k = 0; k < s.instructions[i].length; ++k)
            print("%02x", static_cast<u32>(s.instructions[i].bytes[k]));
        print("/%s", s.instructions[i].name);
    }
    print("\n");
}

} // namespace nadir::conformance::fuzz
