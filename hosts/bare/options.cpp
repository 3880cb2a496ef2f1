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

u32 number(const Word& word) {
    u32 value = 0;
    for (u32 i = 0; i < word.length && word.text[i] >= '0' && word.text[i] <= '9'; ++i)
        value = value * 10 + static_cast<u32>(word.text[i] - '0');
    return value;
}

bool apply(const Word& key, const Word& value, Options& options) {
    if (same(key, "test")) {
        u32 i = 0;
        for (; i < value.length && i + 1 < sizeof options.test; ++i)
            options.test[i] = value.text[i];
        options.test[i] = 0;
    } else if (same(key, "bare")) {
        options.bare = true;
    } else if (same(key, "set_vmxe")) {
        options.set_vmxe = true;
    } else if (same(key, "cycles")) {
        options.cycles = number(value);
    } else if (same(key, "provoke")) {
        options.provoke = number(value);
    } else if (same(key, "processors")) {
        options.processors = number(value);
    } else if (same(key, "fail_step")) {
        options.core.fail_step = number(value);
    } else if (same(key, "fail_processor")) {
        options.core.fail_processor = number(value);
    } else if (same(key, "log")) {
        constexpr const char* levels[] = {"error", "warning", "info", "debug"};
        for (u32 i = 0; i < 4; ++i)
            if (same(value, levels[i]))
                options.core.log_level = i;
    } else if (!same(key, "reserve")) { // read by entry/prepare.cpp
        return false;
    }
    return true;
}

} // namespace

void parse_options(const char* line, Options& options) {
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
        if (!apply(key, value, options) && !(first && key.text[0] == '/'))
            print("nadir: unknown word on the command line, at: %s\n", key.text);
    }
}

} // namespace nadir::bare
