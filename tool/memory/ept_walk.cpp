// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/memory/ept_walk.h"

#include "arch/vmx/ept.h"

#include <algorithm>
#include <fmt/format.h>

namespace nadir::tool {

namespace {

constexpr const char* not_mapped_yet =
    "the entry is not present: nobody has touched this part of the address space, and Nadir maps it when somebody does";
constexpr const char* denied = "the entry is not present: an access is an EPT violation, which Nadir answers";

} // namespace

EptWalkWords take_ept_apart(const nadir_ept_walk& walk, std::uint64_t address) {
    EptWalkWords words;
    const arch::Eptp eptp{walk.eptp};
    std::uint64_t table = eptp.address();
    words.read = words.write = words.execute = true;
    unsigned level = eptp.walk_length();
    const unsigned count = std::min(walk.count, nadir_u32{NADIR_EPT_LEVELS});
    for (unsigned i = 0; i < count && level != 0; ++i, --level) {
        const arch::EptEntry entry{walk.entries[i]};
        const bool leaf = entry.present() && entry.is_leaf(level);
        words.steps.push_back(
            {level, table + arch::table_index(address, level) * sizeof(std::uint64_t), entry.value, leaf});
        words.read = words.read && entry.read();
        words.write = words.write && entry.write();
        words.execute = words.execute && entry.execute();
        if (!entry.present()) {
            words.problem = level == 1 ? denied : not_mapped_yet;
            return words;
        }
        if (leaf) {
            words.page_size = arch::page_level_size(level);
            const std::uint64_t offset = words.page_size - 1;
            words.physical = (entry.address() & ~offset) | (address & offset);
            words.type = entry.memory_type();
            return words;
        }
        table = entry.address();
    }
    words.problem = "the walk has no end: these tables are being changed. Ask again";
    return words;
}

std::string_view name_of_ept_tables(nadir_u32 tables) {
    constexpr std::string_view names[] = {"the tables in use",          "the tables of all processors",
                                          "the processor's own tables", "the reading view",
                                          "the executing view",         "the processor's step tables"};
    static_assert(std::size(names) == NADIR_EPT_TABLES);
    return tables < std::size(names) ? names[tables] : std::string_view{"unknown tables"};
}

std::string rights_of(const EptWalkWords& walk) {
    std::string text;
    const auto add = [&text](bool allowed, const char* word) {
        if (allowed) {
            text += (text.empty() ? "" : ", ") + std::string(word);
        }
    };
    add(walk.read, "read");
    add(walk.write, "write");
    add(walk.execute, "execute");
    return text.empty() ? "nothing" : text;
}

} // namespace nadir::tool
