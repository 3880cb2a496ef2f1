// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/bug_report/scrubber.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <fmt/format.h>
#include <optional>
#include <regex>
#include <sstream>

namespace nadir::tool {

namespace {

// [Linux Documentation/arch/x86/x86_64/mm.rst]
constexpr std::uint64_t lowest_of_kernel = 0xFF00'0000'0000'0000; // with five levels of page tables, too
constexpr std::uint64_t fixed_of_kernel =
    0xFFFF'FFFF'FF00'0000; // the same after each start; and masks of all ones but a few
constexpr std::uint64_t lowest_of_image = 0xFFFF'FFFF'8000'0000;
constexpr std::uint64_t image_bytes = 0x400'0000;
constexpr std::uint64_t lowest_of_programs = 0x5500'0000'0000; // where programs, libraries and stacks are put at random
constexpr std::uint64_t end_of_programs = 0x8000'0000'0000;
constexpr std::uint64_t offset_in_page = 0xFFF;

// Where Linux is without randomisation; the last two are only to be told from the others.
constexpr std::uint64_t text_unmoved = 0xFFFF'FFFF'8100'0000;
constexpr std::uint64_t module_unmoved = 0xFFFF'FFFF'C000'0000;
constexpr std::uint64_t other_image_unmoved = 0xFFFF'FFFF'D000'0000;
constexpr std::uint64_t data_unmoved = 0xFFFF'8880'0000'0000;
constexpr std::uint64_t program_unmoved = 0x5555'5555'4000;

// Names that tell nothing, and words that the report itself needs.
constexpr std::array<std::string_view, 11> common_names = {"root",   "localhost", "(none)", "nadir", "linux", "debian",
                                                           "nobody", "user",      "admin",  "test",  "guest"};

// An expression is slow, and most lines haven't even the letters that it takes.
struct Pattern {
    std::string_view letters;
    std::ptrdiff_t least; // of them in a line
    std::regex what;
    const char* instead;
};

const std::vector<Pattern>& patterns() {
    static const std::vector<Pattern> all = [] {
        constexpr auto kind = std::regex::ECMAScript | std::regex::icase | std::regex::optimize;
        return std::vector<Pattern>{
            {"@", 1, std::regex(R"([\w.+-]+@[\w-]+(\.[\w-]+)*)", kind), "[mail]"},
            {"-", 4, std::regex(R"(\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b)", kind), "[identifier]"},
            {":-", 5, std::regex(R"(\b[0-9a-f]{2}([:-][0-9a-f]{2}){5}\b)", kind), "[MAC]"},
            {":", 2,
             std::regex(R"(\b([0-9a-f]{1,4}:){1,6}(:[0-9a-f]{1,4}){1,6}\b|\b([0-9a-f]{1,4}:){7}[0-9a-f]{1,4}\b)", kind),
             "[IP]"},
            {".", 3, std::regex(R"(\b\d{1,3}(\.\d{1,3}){3}\b)", kind), "[IP]"},
            // Half of a register is half of an address: what WRMSR and its like were given.
            {"W", 1, std::regex(R"((WRMSR[^\n]*?\b(EAX|detail) )(0x)?[0-9a-f]+)", kind), "$1[left out]"},
        };
    }();
    return all;
}

bool may_match(const Pattern& pattern, const std::string& line) {
    return std::ranges::count_if(line, [&](char letter) {
               return pattern.letters.find(letter) != std::string_view::npos;
           }) >= pattern.least;
}

bool is_of_word(char letter) { return std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '_'; }
bool is_hexadecimal(char letter) { return std::isxdigit(static_cast<unsigned char>(letter)) != 0; }

void replace_word(std::string& text, const std::string& word) {
    constexpr std::string_view instead = "[name]";
    for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at)) {
        const std::size_t end = at + word.size();
        if ((at == 0 || !is_of_word(text[at - 1])) && (end == text.size() || !is_of_word(text[end]))) {
            text.replace(at, word.size(), instead);
            at += instead.size();
        } else {
            at = end;
        }
    }
}

} // namespace

Scrubber::Scrubber(const KernelPlaces& kernel, const std::vector<std::string>& names) : kernel_(kernel) {
    for (const std::string& name : names) {
        if (name.size() > 1 && std::ranges::find(common_names, name) == common_names.end()) {
            names_.push_back(name);
        }
    }
    std::ranges::sort(names_, std::ranges::greater{}, &std::string::size);
}

std::string Scrubber::without_names(std::string text) const {
    for (const std::string& name : names_) {
        replace_word(text, name);
    }
    // Line by line: the library's expressions need a stack as deep as what they are looked for in.
    std::istringstream lines(text);
    std::string all;
    for (std::string line; std::getline(lines, line);) {
        for (const Pattern& pattern : patterns()) {
            if (may_match(pattern, line)) {
                line = std::regex_replace(line, pattern.what, pattern.instead);
            }
        }
        all += line + (lines.eof() ? "" : "\n");
    }
    return all;
}

std::uint64_t Scrubber::moved(std::uint64_t value) const {
    const std::uint64_t offset = value & offset_in_page;
    if (value >= lowest_of_programs && value < end_of_programs) {
        return program_unmoved | offset;
    }
    if (value < lowest_of_kernel || value >= fixed_of_kernel) {
        return value;
    }
    if (kernel_.text != 0 && value >= kernel_.text && value - kernel_.text < image_bytes) {
        return text_unmoved + (value - kernel_.text);
    }
    if (kernel_.module != 0 && value >= kernel_.module && value - kernel_.module < kernel_.module_bytes) {
        return module_unmoved + (value - kernel_.module);
    }
    return (value >= lowest_of_image ? other_image_unmoved : data_unmoved) | offset;
}

std::string Scrubber::without_addresses(std::string_view text) const {
    // An address has at least 11 digits; what has more than 16 is none.
    constexpr std::size_t fewest = 11;
    constexpr std::size_t most = 16;
    std::string all;
    for (std::size_t at = 0; at < text.size();) {
        if (!is_hexadecimal(text[at]) || (at != 0 && is_of_word(text[at - 1]) && !text.substr(0, at).ends_with("0x"))) {
            all += text[at++];
            continue;
        }
        std::size_t end = at;
        while (end < text.size() && is_hexadecimal(text[end])) {
            ++end;
        }
        const std::string digits(text.substr(at, end - at));
        if (digits.size() >= fewest && digits.size() <= most && (end == text.size() || !is_of_word(text[end]))) {
            const std::uint64_t value = std::stoull(digits, nullptr, 16);
            const std::uint64_t instead = moved(value);
            all += instead == value ? digits : fmt::format("{:0{}x}", instead, digits.size());
        } else {
            all += digits;
        }
        at = end;
    }
    return without_names(std::move(all));
}

} // namespace nadir::tool
