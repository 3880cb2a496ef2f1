// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "hosts/bare/options.h"

#include "hosts/bare/machine/print.h"

namespace nadir::bare {

namespace {

struct Word {
    const char* text;
    u32 length;
};

bool same(const Word& word, const char* text) {
    u32 i = 0;
    while (i < word.length && text[i] != 0 && word.text[i] == text[i])
        ++i;
    return i == word.length && text[i] == 0;
}

// Decimal, or hexadecimal behind 0x. False where it isn't a number, or too large.
template <typename Number>
bool read(const Word& word, Number& number) {
    const bool hexadecimal = word.length > 2 && word.text[0] == '0' && word.text[1] == 'x';
    const u64 base = hexadecimal ? 16 : 10;
    u64 value = 0;
    for (u32 i = hexadecimal ? 2 : 0; i < word.length; ++i) {
        const char c = word.text[i];
        const u64 digit = c >= '0' && c <= '9'   ? static_cast<u64>(c - '0')
                          : c >= 'a' && c <= 'f' ? static_cast<u64>(c - 'a' + 10)
                                                 : base;
        if (digit >= base || value > (~u64{0} - digit) / base)
            return false;
        value = value * base + digit;
    }
    number = static_cast<Number>(value);
    return word.length != 0 && number == value;
}

bool read_level(const Word& word, u32& level) {
    constexpr const char* levels[] = {"error", "warning", "info", "debug"};
    for (u32 i = 0; i < 4; ++i)
        if (same(word, levels[i])) {
            level = i;
            return true;
        }
    return false;
}

bool read_name(const Word& word, Options& options) {
    if (word.length == 0 || word.length >= sizeof options.test)
        return false;
    for (u32 i = 0; i < word.length; ++i)
        options.test[i] = word.text[i];
    options.test[word.length] = 0;
    return true;
}

// False: no such word, or not such a value.
bool apply(const Word& key, const Word& value, Options& options) {
    if (same(key, "test"))
        return read_name(value, options);
    if (same(key, "bare"))
        return options.bare = true;
    if (same(key, "set_vmxe"))
        return options.set_vmxe = true;
    if (same(key, "cycles"))
        return read(value, options.cycles);
    if (same(key, "provoke"))
        return read(value, options.provoke);
    if (same(key, "processors"))
        return read(value, options.processors);
    if (same(key, "fail_step"))
        return read(value, options.core.fail_step);
    if (same(key, "fail_processor"))
        return read(value, options.core.fail_processor);
    if (same(key, "fail_field"))
        return read(value, options.core.fail_field);
    if (same(key, "fail_value"))
        return read(value, options.core.fail_value);
    if (same(key, "log"))
        return read_level(value, options.core.log_level);
    return same(key, "reserve"); // read by entry/prepare.cpp
}

} // namespace

bool parse_options(const char* line, Options& options) {
    bool good = true;
    options = {};
    options.cycles = 1;
    options.core.log_level = NADIR_LEVEL_INFO;
    options.core.com1 = 0x3F8;
    options.core.fail_processor = NADIR_ANY_PROCESSOR;
    for (const char* p = line; *p != 0;) {
        if (*p == ' ') {
            ++p;
            continue;
        }
        const bool first = p == line;
        Word key{p, 0};
        for (; *p != 0 && *p != ' ' && *p != '='; ++p)
            ++key.length;
        Word value{p, 0};
        if (*p == '=')
            for (value.text = ++p; *p != 0 && *p != ' '; ++p)
                ++value.length;
        // GRUB's command line begins with the file's name.
        if (!apply(key, value, options) && !(first && key.text[0] == '/')) {
            print("nadir: unknown word or value on the command line, at: %s\n", key.text);
            good = false;
        }
    }
    return good;
}

} // namespace nadir::bare
