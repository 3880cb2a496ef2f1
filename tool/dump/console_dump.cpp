// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/dump/console_dump.h"

#include "arch/vmx/fields.h"
#include "tool/dump/console_facts.h"
#include "tool/dump/console_labels.h"
#include "tool/dump/console_outcome.h"
#include "tool/dump/log_lines.h"

#include <algorithm>
#include <fmt/format.h>

namespace nadir::tool {

namespace {

// A line, and the ones that a mail program has broken off it.
struct JoinedLine {
    unsigned number = 0;
    std::string text;
};

// Does the line end where a mail program breaks one, and is the next one its rest? "CR0: actual=0x80050033," and "RIP =".
bool goes_on(std::string_view line, std::string_view next) {
    if (line.ends_with('=')) {
        return leading_hex(next).has_value();
    }
    return line.ends_with(',') && !section_heading(next) && !is_head(next.substr(0, next.find(':')));
}

std::vector<JoinedLine> joined(const std::vector<LogLine>& lines) {
    constexpr std::size_t longest = 400;
    std::vector<JoinedLine> all;
    for (const LogLine& line : lines) {
        if (line.text.empty()) {
            continue;
        }
        if (!all.empty() && all.back().text.size() < longest && goes_on(all.back().text, line.text)) {
            all.back().text += ' ';
            all.back().text += line.text;
        } else {
            all.push_back({line.number, std::string(line.text)});
        }
    }
    return all;
}

// "key=value" out of a line: "RSP = 0x0 (0x0)", "SVI|RVI = 00|2f", "CS:RIP=0010:ffffffff81851f60".
struct Pair {
    std::string_view key;
    std::string_view annotation;         // "autoload", of "EFER= 0x500 (autoload)"
    std::optional<std::uint64_t> before; // of ':' or '|'
    std::optional<std::uint64_t> value;
};

// Takes the value from the front of `rest`.
void take_value(std::string_view& rest, Pair& pair) {
    rest = trimmed(rest);
    std::optional<HexNumber> number = leading_hex(rest);
    if (!number) {
        rest.remove_prefix(std::min(rest.size(), std::max<std::size_t>(rest.find_first_of(" ,"), 1)));
        return;
    }
    pair.value = number->value;
    rest.remove_prefix(number->length);
    if (rest.starts_with(':') || rest.starts_with('|')) {
        number = leading_hex(rest.substr(1));
        pair.before = pair.value;
        pair.value = number ? std::optional(number->value) : std::nullopt;
        rest.remove_prefix(1 + (number ? number->length : 0));
    }
    rest = trimmed(rest);
    if (rest.starts_with('(')) {
        const std::size_t end = rest.find(')');
        pair.annotation = rest.substr(1, end == std::string_view::npos ? end : end - 1);
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
        rest = trimmed(rest);
    }
    if (rest.starts_with(',')) {
        rest.remove_prefix(1);
    }
}

class ConsoleReader {
public:
    std::vector<Dump> read(std::string_view text) {
        const std::vector<LogLine> lines = log_lines(text);
        xen_ = std::any_of(lines.begin(), lines.end(),
                           [](const LogLine& line) { return line.whole.find("(XEN)") != std::string_view::npos; });
        for (const JoinedLine& line : joined(lines)) {
            read_line(line);
        }
        end_dump();
        return std::move(dumps_);
    }

private:
    void read_line(const JoinedLine& line) {
        if (const auto section = section_heading(line.text)) {
            begin_section(line, *section);
            return;
        }
        if (const auto outcome = outcome_in(line.text, line.number)) {
            // Xen says it before the dump, QEMU after.
            RecordedOutcome& to =
                dumps_.empty() || (xen_ && section_ == DumpSection::none) ? next_ : dumps_.back().recorded;
            to = *outcome;
        }
        if (const auto processor = last_attempted_on(line.text)) {
            next_processor_ = processor;
            return;
        }
        if (section_ == DumpSection::none) {
            return;
        }
        if (ends_dump(line.text)) {
            end_dump();
            return;
        }
        last_line_ = line.number;
        if (!read_msr_list(line) && !read_row(line)) {
            read_pairs(line);
        }
    }

    void begin_section(const JoinedLine& line, DumpSection section) {
        if (section == DumpSection::guest) {
            end_dump();
            Dump dump;
            dump.format = xen_ ? DumpFormat::xen : DumpFormat::kvm;
            dump.first_line = line.number;
            dump.recorded = next_;
            next_ = {};
            facts_ = {};
            facts_.last_attempted_line = next_processor_.has_value();
            dump.processor = next_processor_;
            next_processor_.reset();
            dumps_.push_back(std::move(dump));
        } else if (section_ == DumpSection::none) {
            // It begins in the middle: what came before was cut off.
            Dump dump;
            dump.format = xen_ ? DumpFormat::xen : DumpFormat::kvm;
            dump.first_line = line.number;
            dump.recorded = next_;
            dump.truncated = fmt::format("it begins with its {} section, at line {}: what came before is missing",
                                         name_of(section), line.number);
            dumps_.push_back(std::move(dump));
            facts_ = {};
        }
        facts_.sections |= 1u << static_cast<unsigned>(section);
        section_ = section;
        last_line_ = line.number;
        head_ = {};
        list_ = {};
    }

    void end_dump() {
        if (section_ == DumpSection::none || dumps_.empty()) {
            return;
        }
        Dump& dump = dumps_.back();
        if (dump.truncated.empty()) {
            dump.truncated = where_cut_off(dump, section_, last_line_);
        }
        derive_facts(dump, facts_);
        section_ = DumpSection::none;
    }

    // "MSR guest autoload:" and its rows "  0: msr=0x600 value=0x0".
    bool read_msr_list(const JoinedLine& line) {
        const std::string_view text = line.text;
        if (text.starts_with("MSR ") && text.ends_with(':')) {
            list_ = text.substr(4, text.size() - 5);
            facts_.lists.emplace_back(list_, 0);
            return true;
        }
        if (facts_.lists.empty() || text.find(": msr=") == std::string_view::npos) {
            return false;
        }
        ++facts_.lists.back().second;
        return true;
    }

    // Xen's table: "CS: 0010 0a09b ffffffff 0000000000000000", "GDTR: 0000007f ffff88001f40c000".
    bool read_row(const JoinedLine& line) {
        const std::size_t colon = line.text.find(':');
        if (section_ != DumpSection::guest || colon == std::string::npos || line.text.find('=') != std::string::npos) {
            return false;
        }
        const std::string_view name = std::string_view(line.text).substr(0, colon);
        const auto selector = segment_selector(name);
        const auto limit = table_limit(name);
        if (!selector && !limit) {
            return false;
        }
        std::vector<std::uint64_t> values;
        std::string_view rest = trimmed(std::string_view(line.text).substr(colon + 1));
        while (!rest.empty()) {
            const auto number = leading_hex(rest);
            if (!number) {
                break;
            }
            values.push_back(number->value);
            rest = trimmed(rest.substr(number->length));
        }
        Dump& dump = dumps_.back();
        if (!rest.empty() || values.size() != (selector ? 4u : 2u)) {
            dump.complain(line.number, line.text,
                          selector ? "selector, attributes, limit and base are expected, in hexadecimal"
                                   : "limit and base are expected, in hexadecimal");
            return true;
        }
        if (selector) {
            dump.read_field(line.number, line.text, *selector, values[0]);
            dump.read_field(line.number, line.text, access_rights_of_segment(*selector), values[1]);
            dump.read_field(line.number, line.text, limit_of_segment(*selector), values[2]);
            dump.read_field(line.number, line.text, base_of_segment(*selector), values[3]);
        } else {
            dump.read_field(line.number, line.text, *limit, values[0]);
            dump.read_field(line.number, line.text, base_of_table(*limit), values[1]);
        }
        return true;
    }

    void read_pairs(const JoinedLine& line) {
        std::string_view rest = line.text;
        std::string head;
        const std::size_t colon = rest.find(':');
        if (colon != std::string_view::npos && is_head(rest.substr(0, colon)) && !rest.starts_with("CS:RIP")) {
            head = rest.substr(0, colon);
            rest.remove_prefix(colon + 1);
            head_ = head;
        }
        while (!rest.empty()) {
            const std::size_t equals = rest.find('=');
            if (equals == std::string_view::npos) {
                return;
            }
            Pair pair;
            pair.key = trimmed(rest.substr(0, equals));
            rest.remove_prefix(equals + 1);
            take_value(rest, pair);
            auto field = labelled_field(section_, head, pair.key);
            if (!field && head.empty()) {
                // The rest of a line that was broken without a comma.
                field = labelled_field(section_, head_, pair.key);
            }
            if (field) {
                read_pair(line, pair, *field);
            }
        }
    }

    void read_pair(const JoinedLine& line, const Pair& pair, std::uint32_t field) {
        Dump& dump = dumps_.back();
        if (!pair.value) {
            dump.complain(line.number, line.text,
                          fmt::format("a hexadecimal number is expected behind \"{}\"", pair.key));
            return;
        }
        if (field == not_a_field || pair.annotation == "autoload" || pair.annotation == "effective") {
            facts_.efer_elsewhere = true;
            return;
        }
        if (pair.key == "CS:RIP" && pair.before) {
            dump.read_field(line.number, line.text,
                            section_ == DumpSection::host ? arch::vmcs::host_sysenter_cs.encoding
                                                          : arch::vmcs::guest_sysenter_cs.encoding,
                            *pair.before);
        }
        const bool joint = pair.key == "SVI|RVI" && pair.before;
        dump.read_field(line.number, line.text, field, joint ? (*pair.before << 8 | *pair.value) : *pair.value);
        facts_.tertiary_line = facts_.tertiary_line || pair.key == "TertiaryExec";
    }

    std::vector<Dump> dumps_;
    DumpSection section_ = DumpSection::none;
    std::string head_; // of the line before
    std::string list_;
    bool xen_ = false;
    unsigned last_line_ = 0;
    ConsoleFacts facts_;
    RecordedOutcome next_; // of the dump that is to come
    std::optional<unsigned> next_processor_;
};

} // namespace

bool looks_like_console_dump(std::string_view text) {
    for (const LogLine& line : log_lines(text)) {
        if (section_heading(line.text)) {
            return true;
        }
    }
    return false;
}

std::vector<Dump> read_console_dumps(std::string_view text) {
    std::vector<Dump> dumps = ConsoleReader().read(text);
    if (text.empty() || text.back() == '\n' || dumps.empty()) {
        return dumps;
    }
    // The last line may have been cut off in the middle of a number: what is left of it would be a wrong one.
    const std::size_t last = text.rfind('\n');
    std::vector<Dump> without = ConsoleReader().read(text.substr(0, last == std::string_view::npos ? 0 : last + 1));
    if (without.empty() || (without.size() == dumps.size() && without.back().fields == dumps.back().fields &&
                            without.back().problems.size() == dumps.back().problems.size())) {
        return dumps; // nothing is in it
    }
    without.back().notes.emplace_back("the last line has no end, and may not be whole, so that it is not taken");
    return without;
}

} // namespace nadir::tool
