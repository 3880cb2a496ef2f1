// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/definitions/names.h"

#include "tool/definitions/aliases.h"
#include "tool/definitions/nearness.h"

#include <cctype>
#include <fmt/format.h>
#include <map>

namespace nadir::tool {

namespace {

using Index = std::map<std::string, const arch::Definition*, std::less<>>;

const Index& own_names() {
    static const Index index = [] {
        Index names;
        for (const arch::Definition& definition : arch::registry) {
            if (definition.kind != arch::DefinitionKind::cpuid) {
                names.emplace(squash(definition.name), &definition);
            }
        }
        return names;
    }();
    return index;
}

const Index& other_names() {
    static const Index index = [] {
        Index names;
        for (const Alias& alias : aliases()) {
            names.emplace(squash(alias.other), arch::find_definition(alias.ours));
        }
        return names;
    }();
    return index;
}

const arch::Definition* find_exactly(std::string_view squashed) {
    for (const Index* index : {&own_names(), &other_names()}) {
        if (const auto found = index->find(squashed); found != index->end()) {
            return found->second;
        }
    }
    return nullptr;
}

bool drop_front(std::string& text, std::string_view front) {
    const bool there = text.size() > front.size() && text.starts_with(front);
    if (there) {
        text.erase(0, front.size());
    }
    return there;
}

bool drop_back(std::string& text, std::string_view back) {
    const bool there = text.size() > back.size() && text.ends_with(back);
    if (there) {
        text.erase(text.size() - back.size());
    }
    return there;
}

void replace(std::string& text, std::string_view from, std::string_view to) {
    if (const std::size_t place = text.find(from); place != std::string::npos) {
        text.replace(place, from.size(), to);
    }
}

// What Linux and Xen do differently in nearly every name of a VMCS field.
std::string vmcs_name_of_linux(std::string name) {
    drop_back(name, "full");
    if (name.starts_with("guest") || name.starts_with("host")) {
        replace(name, "ia32", "");
        replace(name, "pdptr", "pdpte");
        if (!name.ends_with("accessrights")) {
            replace(name, "arbytes", "accessrights");
        }
        if (name.starts_with("guest") && name.size() == std::string_view("guestcsar").size() && name.ends_with("ar")) {
            name.replace(name.size() - 2, 2, "accessrights");
        }
    }
    return name;
}

} // namespace

std::string squash(std::string_view text) {
    std::string squashed;
    for (const char character : text) {
        const auto byte = static_cast<unsigned char>(character);
        if (std::isalnum(byte) != 0) {
            squashed += static_cast<char>(std::tolower(byte));
        }
    }
    return squashed;
}

const arch::Definition* find_by_name(std::string_view name) {
    const std::string squashed = squash(name);
    std::string bare = squashed;
    if (!drop_back(bare, "msr")) {
        drop_back(bare, "field");
    }
    const bool msr = drop_front(bare, "msr");
    if (!msr) {
        drop_front(bare, "vmcs");
    }
    if (const arch::Definition* found = find_exactly(squashed)) {
        return found;
    }
    for (const std::string& variant : {bare, "ia32" + bare, vmcs_name_of_linux(bare)}) {
        const arch::Definition* found = find_exactly(variant);
        if (found != nullptr && (!msr || found->kind == arch::DefinitionKind::msr)) {
            return found;
        }
    }
    return nullptr;
}

std::vector<std::string> near_names(std::string_view name, std::optional<arch::DefinitionKind> kind) {
    std::vector<Candidate> candidates;
    for (const arch::Definition& definition : arch::registry) {
        if (kind && definition.kind != *kind) {
            continue;
        }
        const std::string ours(definition.name);
        std::string key = squash(ours);
        candidates.push_back({ours, key});
        if (drop_front(key, "ia32")) {
            candidates.push_back({ours, key});
        }
    }
    for (const Alias& alias : aliases()) {
        if (!kind || arch::find_definition(alias.ours)->kind == *kind) {
            candidates.push_back({std::string(alias.ours), squash(alias.other)});
        }
    }
    return nearest(vmcs_name_of_linux(squash(name)), candidates);
}

std::string did_you_mean(const std::vector<std::string>& names) {
    if (names.empty()) {
        return {};
    }
    std::string text = "Did you mean ";
    for (std::size_t i = 0; i < names.size(); ++i) {
        text += i == 0 ? "" : (i + 1 == names.size() ? " or " : ", ");
        text += fmt::format("\"{}\"", names[i]);
    }
    return text + "?";
}

} // namespace nadir::tool
