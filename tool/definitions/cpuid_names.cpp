// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/definitions/cpuid_names.h"

#include "tool/definitions/names.h"

#include <cctype>
#include <charconv>
#include <string>
#include <vector>

namespace nadir::tool {

namespace {

std::vector<std::string> split_words(std::string_view text) {
    std::vector<std::string> words(1);
    for (const char character : text) {
        if (std::isalnum(static_cast<unsigned char>(character)) != 0) {
            words.back() += character;
        } else if (character == '=' || !words.back().empty()) {
            // "EAX=" is an input: the word goes, the number that follows stays.
            words.back() = character == '=' ? std::string{} : words.back();
            words.emplace_back();
        }
    }
    std::erase_if(words, [](const std::string& word) { return word.empty(); });
    return words;
}

std::optional<std::uint32_t> hexadecimal(std::string_view word) {
    if (word.starts_with("0x") || word.starts_with("0X")) {
        word.remove_prefix(2);
    } else if (!word.empty() && (word.back() == 'h' || word.back() == 'H')) {
        word.remove_suffix(1);
    }
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number, 16);
    return error == std::errc{} && end == word.data() + word.size() ? std::optional(number) : std::nullopt;
}

std::optional<arch::CpuidRegister> register_named(std::string_view word) {
    constexpr std::string_view names[] = {"eax", "ebx", "ecx", "edx"};
    for (std::size_t i = 0; i < std::size(names); ++i) {
        if (squash(word) == names[i]) {
            return static_cast<arch::CpuidRegister>(i);
        }
    }
    return std::nullopt;
}

} // namespace

std::optional<CpuidName> parse_cpuid_name(std::string_view text) {
    const std::vector<std::string> words = split_words(text);
    const std::optional<std::uint32_t> leaf = words.empty() ? std::nullopt : hexadecimal(words[0]);
    if (!leaf) {
        return std::nullopt;
    }
    CpuidName name{*leaf, 0, std::nullopt};
    std::size_t next = 1;
    if (const auto sub_leaf = next < words.size() ? hexadecimal(words[next]) : std::nullopt) {
        name.sub_leaf = *sub_leaf;
        ++next;
    }
    if (next < words.size()) {
        name.output = register_named(words[next]);
        if (!name.output) {
            return std::nullopt;
        }
    }
    return name;
}

const arch::Definition* find_cpuid(std::uint32_t leaf, std::uint32_t sub_leaf, arch::CpuidRegister output) {
    if (leaf == 0xD && sub_leaf > 2) {
        sub_leaf = 2; // one state component each
    } else if (leaf == 0x4 || leaf == 0xB || leaf == 0x1F) {
        sub_leaf = 0; // one cache or level each
    }
    for (const arch::Definition& definition : arch::registry) {
        if (definition.kind == arch::DefinitionKind::cpuid && definition.number == leaf &&
            definition.sub_leaf == sub_leaf && definition.output == output) {
            return &definition;
        }
    }
    return nullptr;
}

} // namespace nadir::tool
