// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/dump/field_names.h"

#include "tool/definitions/nearness.h"
#include "tool/dump/log_lines.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>
#include <vector>

namespace nadir::tool {

namespace {

struct Alias {
    std::uint32_t encoding;
    std::string_view name;
};

constexpr Alias aliases[] = {
#define NADIR_ALIAS(ours, theirs) {arch::vmcs::ours.encoding, theirs},
#include "tool/dump/field_names.inc"
#undef NADIR_ALIAS
};

using Words = std::vector<std::string>;

// "VMX_VMCS32_GUEST_CS_AR_BYTES" -> vmx vmcs32 guest cs ar bytes
Words words_in(std::string_view name) {
    Words words(1);
    for (const char c : name) {
        const bool upper = c >= 'A' && c <= 'Z';
        if (upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
            words.back() += upper ? static_cast<char>(c - 'A' + 'a') : c;
        } else if (!words.back().empty()) {
            words.emplace_back();
        }
    }
    if (words.back().empty()) {
        words.pop_back();
    }
    return words;
}

bool is_one_of(const std::string& word, std::initializer_list<std::string_view> list) {
    return std::find(list.begin(), list.end(), word) != list.end();
}

// What different people write differently, written in one way.
std::string uniform(Words words) {
    while (words.size() > 1 && is_one_of(words.front(), {"vmx", "vmcs", "vmcs16", "vmcs32", "vmcs64", "vm", "ctrl",
                                                         "field", "control", "the"})) {
        words.erase(words.begin());
    }
    while (words.size() > 1 && is_one_of(words.back(), {"full", "field", "bytes"})) {
        words.pop_back();
    }
    constexpr std::pair<std::string_view, std::string_view> spellings[] = {
        {"sel", "selector"},
        {"addr", "address"},
        {"len", "length"},
        {"control", "controls"},
        {"ia32", ""},
        {"attr", "accessrights"},
        {"ar", "accessrights"},
        {"arbytes", "accessrights"},
        {"attributes", "accessrights"},
        {"info", "information"},
        {"pdptr", "pdpte"},
        {"pdptr0", "pdpte0"},
        {"pdptr1", "pdpte1"},
        {"pdptr2", "pdpte2"},
        {"pdptr3", "pdpte3"},
    };
    std::string text;
    for (const std::string& word : words) {
        const auto* const found = std::find_if(std::begin(spellings), std::end(spellings),
                                               [&](const auto& spelling) { return spelling.first == word; });
        text += found == std::end(spellings) ? std::string_view(word) : found->second;
    }
    return text;
}

std::map<std::string, std::uint32_t> collect_names() {
    std::map<std::string, std::uint32_t> names;
    // Our own come first: where two would be the same, ours count.
    for (const arch::VmcsFieldInfo& field : arch::vmcs_fields) {
        names.emplace(uniform(words_in(field.name)), field.encoding.value);
    }
    for (const Alias& alias : aliases) {
        names.emplace(uniform(words_in(alias.name)), alias.encoding);
    }
    return names;
}

const arch::VmcsFieldInfo* field_of_words(const Words& words) {
    static const std::map<std::string, std::uint32_t> names = collect_names();
    const auto found = names.find(uniform(words));
    return found == names.end() ? nullptr : arch::find_vmcs_field(found->second);
}

} // namespace

NamedField field_named(std::string_view name) {
    if (const arch::VmcsFieldInfo* field = arch::find_vmcs_field(name)) {
        return {field, false};
    }
    if (name.starts_with("0x") || name.starts_with("0X")) {
        const std::uint64_t encoding = whole_hex(name).value_or(~0ull);
        const arch::VmcsFieldInfo* field =
            encoding <= 0xFFFF ? arch::find_vmcs_field(static_cast<std::uint32_t>(encoding)) : nullptr;
        return {field, field != nullptr && field->encoding.value != encoding};
    }
    Words words = words_in(name);
    if (const arch::VmcsFieldInfo* field = field_of_words(words)) {
        return {field, false};
    }
    if (words.size() > 1 && words.back() == "high") {
        words.pop_back();
        const arch::VmcsFieldInfo* field = field_of_words(words);
        if (field != nullptr && field->width() == arch::FieldWidth::bits64) {
            return {field, true};
        }
    }
    return {};
}

std::string names_like(std::string_view name) {
    constexpr std::size_t longest = 60; // of a name that is worth comparing
    if (name.size() > longest) {
        return {};
    }
    static const std::vector<Candidate> candidates = [] {
        std::vector<Candidate> all;
        for (const arch::VmcsFieldInfo& field : arch::vmcs_fields) {
            all.push_back({std::string(field.name), uniform(words_in(field.name))});
        }
        return all;
    }();
    std::string text;
    constexpr std::size_t most = 3;
    for (const std::string& one : nearest(uniform(words_in(name)), candidates, most)) {
        text += (text.empty() ? "" : ", ") + one;
    }
    return text;
}

} // namespace nadir::tool
