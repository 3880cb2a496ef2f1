// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tests/nt/kernel/options.h"

#include "hosts/bare/machine/print.h"
#include "hosts/bare/machine/words.h"
#include "tests/nt/kernel/memory.h"

namespace nadir::nt {

namespace {

// A number that tests nothing, such as rounds=0, would end the run as well as one that tests everything.
struct NumberWord {
    const char* key;
    u32 Options::*value;
    u32 least;
    u32 most;
};

constexpr u32 most_rounds = 1000;

constexpr NumberWord numbers[] = {
    {"group", &Options::group, 1, maximum_processors},
    {"held", &Options::held, 1, maximum_processors - 1},
    {"rounds", &Options::rounds, 1, most_rounds},
    {"step", &Options::step, NADIR_STEP_PROBE, NADIR_STEP_COUNT - 1},
};

struct TextWord {
    const char* key;
    char (Options::*value)[32];
};

constexpr TextWord texts[] = {{"test", &Options::test}, {"expect", &Options::expect}};

// Read by hosts/bare/entry/prepare.cpp.
constexpr const char* elsewhere[] = {"reserve", "below"};

// The words of which each may be given once.
class Given {
public:
    bool again(u32 word) {
        const u32 bit = 1U << word;
        const bool before = (words_ & bit) != 0;
        words_ |= bit;
        return before;
    }

private:
    u32 words_ = 0;
};

bool apply(const bare::Word& key, const bare::Word& value, Options& options, Given& given) {
    u32 index = 0; // of this word among all
    const auto once = [&] {
        const bool again = given.again(index);
        if (again)
            bare::print("a word may be given once\n");
        return !again;
    };
    for (const NumberWord& word : numbers) {
        ++index;
        if (!same(key, word.key))
            continue;
        u32& number = options.*word.value;
        if (read(value, number) && number >= word.least && number <= word.most)
            return once();
        bare::print("%s= is from %u to %u\n", word.key, word.least, word.most);
        return false;
    }
    for (const TextWord& word : texts) {
        ++index;
        if (same(key, word.key))
            return read(value, options.*word.value) && once();
    }
    for (const char* word : elsewhere) {
        ++index;
        u32 number = 0;
        if (same(key, word))
            return read(value, number) && once();
    }
    ++index;
    if (same(key, "list")) {
        options.list = true;
        return value.length == 0 && once();
    }
    return false;
}

} // namespace

bool parse_options(const char* line, Options& options) {
    options = {{}, 0, 0, 3, 0, {}, false};
    bool good = true;
    Given given;
    bare::for_each_word(
        line, [&](const bare::Word& key, const bare::Word& value) { return apply(key, value, options, given); },
        [&](const bare::Word& key) {
            bare::print("wrong word or value on the command line, at: %s\n", key.text);
            good = false;
        });
    return good;
}

} // namespace nadir::nt
