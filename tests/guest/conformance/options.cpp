// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "hosts/bare/machine/print.h"
#include "hosts/bare/machine/words.h"
#include "tests/guest/conformance/conformance.h"

namespace nadir::conformance {

namespace {

bool apply(const Word& key, const Word& value, Options& options) {
    if (same(key, "seed"))
        return read(value, options.seed);
    if (same(key, "first"))
        return read(value, options.first);
    if (same(key, "block"))
        return read(value, options.block) && options.block != 0;
    if (same(key, "count"))
        return read(value, options.count);
    if (same(key, "detail"))
        return read(value, options.detail);
    if (same(key, "top"))
        return read(value, options.top);
    if (same(key, "find")) {
        u64 word;
        if (options.words == Options::most_words || !read(value, word))
            return false;
        options.find[options.words++] = disguise(word);
        return true;
    }
    if (same(key, "below")) // read by hosts/bare/entry/prepare.cpp
        return true;
    // The part is the word that stands alone; a second one is too many.
    return value.length == 0 && options.part[0] == 0 && read(key, options.part);
}

} // namespace

Options parse_options(const char* line) {
    Options options{};
    options.seed = 1;
    options.block = 256;
    options.detail = no_detail;
    for_each_word(
        line, [&](const Word& key, const Word& value) { return apply(key, value, options); },
        [&](const Word& key) {
            print("unknown word or value on the command line, at: %s\n", key.text);
            options.unknown = true;
        });
    return options;
}

} // namespace nadir::conformance
