// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tests/nt/kernel/options.h"

#include "hosts/bare/machine/print.h"
#include "hosts/bare/machine/words.h"

namespace nadir::nt {

bool parse_options(const char* line, Options& options) {
    options = {{}, 0, 0, 3, 0, {}};
    bool good = true;
    const auto apply = [&](const bare::Word& key, const bare::Word& value) {
        if (same(key, "test"))
            return read(value, options.test);
        if (same(key, "group"))
            return read(value, options.group);
        if (same(key, "held"))
            return read(value, options.held);
        if (same(key, "rounds"))
            return read(value, options.rounds);
        if (same(key, "step"))
            return read(value, options.step);
        if (same(key, "expect"))
            return read(value, options.expect);
        return same(key, "reserve") || same(key, "below"); // read by hosts/bare/entry/prepare.cpp
    };
    bare::for_each_word(line, apply, [&](const bare::Word& key) {
        bare::print("unknown word or value on the command line, at: %s\n", key.text);
        good = false;
    });
    return good;
}

} // namespace nadir::nt
