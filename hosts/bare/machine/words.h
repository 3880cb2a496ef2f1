// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A command line: words separated by spaces, "key" or "key=value".
#pragma once

#include "hosts/bare/types.h"

namespace nadir::bare {

struct Word {
    const char* text;
    u32 length;
};

inline bool same(const Word& word, const char* text) {
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

// A text that fits, with its end.
template <u32 capacity>
bool read(const Word& word, char (&text)[capacity]) {
    if (word.length == 0 || word.length >= capacity)
        return false;
    for (u32 i = 0; i < word.length; ++i)
        text[i] = word.text[i];
    text[word.length] = 0;
    return true;
}

// Calls apply(key, value) for each word, the value being empty where there is none; calls refuse(key) where it answers
// false. GRUB's command line begins with the file's name, which is passed over.
template <typename Apply, typename Refuse>
void for_each_word(const char* line, Apply apply, Refuse refuse) {
    for (const char* p = line; *p != 0;) {
        if (*p == ' ') {
            ++p;
            continue;
        }
        const bool file_name = p == line && *p == '/';
        Word key{p, 0};
        for (; *p != 0 && *p != ' ' && *p != '='; ++p)
            ++key.length;
        Word value{p, 0};
        if (*p == '=')
            for (value.text = ++p; *p != 0 && *p != ' '; ++p)
                ++value.length;
        if (!file_name && !apply(key, value))
            refuse(key);
    }
}

} // namespace nadir::bare
