// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "hosts/bare/options.h"

#include "hosts/bare/machine/print.h"
#include "hosts/bare/machine/words.h"

namespace nadir::bare {

namespace {

bool read_level(const Word& word, u32& level) {
    constexpr const char* levels[] = {"error", "warning", "info", "debug"};
    for (u32 i = 0; i < 4; ++i)
        if (same(word, levels[i])) {
            level = i;
            return true;
        }
    return false;
}

// False: no such word, or not such a value.
bool apply(const Word& key, const Word& value, Options& options) {
    if (same(key, "test"))
        return read(value, options.test);
    if (same(key, "bare"))
        return options.bare = true;
    if (same(key, "set_vmxe"))
        return options.set_vmxe = true;
    if (same(key, "dirty"))
        return options.dirty = true;
    if (same(key, "cycles"))
        return read(value, options.cycles);
    if (same(key, "seed"))
        return read(value, options.seed);
    if (same(key, "provoke"))
        return read(value, options.provoke);
    if (same(key, "events"))
        return read(value, options.events);
    if (same(key, "hook"))
        return options.hook_count < maximum_hooks && read(value, options.hooks[options.hook_count++]);
    if (same(key, "watched"))
        return options.watched_count < NADIR_MEMORY_RANGES && read(value, options.watched[options.watched_count++]);
    if (same(key, "hook_pages"))
        return read(value, options.core.hook_pages);
    if (same(key, "gdb"))
        return read(value, options.core.gdb_port);
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
    if (same(key, "record"))
        return same(value, "every") && (options.core.record_every_exit = 1) != 0;
    if (same(key, "log"))
        return read_level(value, options.core.log_level);
    return same(key, "reserve") || same(key, "below"); // read by entry/prepare.cpp
}

} // namespace

bool parse_options(const char* line, Options& options) {
    bool good = true;
    options = {};
    options.cycles = 1;
    options.seed = 1;
    options.core.log_level = NADIR_LEVEL_INFO;
    options.core.com1 = 0x3F8;
    options.core.fail_processor = NADIR_ANY_PROCESSOR;
    for_each_word(
        line, [&](const Word& key, const Word& value) { return apply(key, value, options); },
        [&](const Word& key) {
            print("nadir: unknown word or value on the command line, at: %s\n", key.text);
            good = false;
        });
    return good;
}

} // namespace nadir::bare
