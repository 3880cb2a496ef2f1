// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/dump/field_list.h"

#include "arch/vmx/fields.h"
#include "tool/capability_json.h"
#include "tool/dump/field_names.h"
#include "tool/dump/log_lines.h"

#include <array>
#include <charconv>
#include <fmt/format.h>
#include <map>

namespace nadir::tool {

namespace {

std::optional<unsigned> whole_decimal(std::string_view text) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

// What follows `words` in `text`; nothing where it doesn't begin so.
std::optional<std::string_view> behind(std::string_view text, std::string_view words) {
    return text.starts_with(words) ? std::optional(trimmed(text.substr(words.size()))) : std::nullopt;
}

class FieldListReader {
public:
    explicit FieldListReader(DumpFormat format) { dump_.format = format; }

    Dump read(std::string_view text) {
        for (const LogLine& line : log_lines(text)) {
            std::string_view rest = line.text.substr(0, line.text.find('#'));
            rest = trimmed(rest);
            while (rest.ends_with(';') || rest.ends_with(',')) {
                rest = trimmed(rest.substr(0, rest.size() - 1));
            }
            if (!rest.empty() && !rest.starts_with("//")) {
                read_line(line, rest);
            }
        }
        finish();
        return std::move(dump_);
    }

private:
    void read_line(const LogLine& line, std::string_view text) {
        if (dump_.format == DumpFormat::nadir && (read_heading(line, text) || read_fact(line, text))) {
            return;
        }
        const std::size_t sign = text.find_first_of("=:");
        if (sign == std::string_view::npos || sign == 0) {
            dump_.complain(line.number, line.whole, "\"field = value\" is expected");
            return;
        }
        const std::string_view name = trimmed(text.substr(0, sign));
        const std::string_view value_text = trimmed(text.substr(sign + 1));
        const NamedField named = field_named(name);
        if (named.field == nullptr) {
            constexpr std::size_t helped = 20; // a file that isn't a dump would take long
            const std::string like = dump_.problems.size() < helped ? names_like(name) : std::string{};
            dump_.complain(line.number, line.whole,
                           fmt::format("no VMCS field is called \"{}\"{}", printable(name),
                                       like.empty() ? "" : fmt::format(" (is it one of {}?)", like)));
            return;
        }
        if (dump_.first_line == 0) {
            dump_.first_line = line.number;
        }
        const auto number = leading_hex(value_text);
        const std::string_view rest = number ? trimmed(value_text.substr(number->length)) : value_text;
        // Words in brackets behind the number are the writer's own.
        if (!number || (!rest.empty() && !rest.starts_with('('))) {
            dump_.complain(line.number, line.whole,
                           fmt::format("a hexadecimal number is expected as the value of {}", named.field->name));
            return;
        }
        if (named.high_half) {
            high_halves_[named.field->encoding.value] = {line.number, number->value};
            return;
        }
        dump_.read_field(line.number, line.whole, named.field->encoding.value, number->value);
    }

    bool read_heading(const LogLine& line, std::string_view text) {
        const auto version = behind(text, trimmed(nadir_dump_heading));
        if (!version) {
            return false;
        }
        dump_.first_line = line.number;
        if (const auto number = whole_decimal(*version); !number || *number != nadir_dump_version) {
            dump_.complain(line.number, line.whole,
                           fmt::format("this version of nadir reads version {} of the format", nadir_dump_version));
        }
        return true;
    }

    // What our own dumps say besides the fields.
    bool read_fact(const LogLine& line, std::string_view text) {
        if (const auto processor = behind(text, "processor ")) {
            dump_.processor = whole_decimal(*processor);
            if (!dump_.processor) {
                dump_.complain(line.number, line.whole, "a decimal number is expected behind \"processor\"");
            }
        } else if (const auto source = behind(text, "source ")) {
            dump_.source = printable(*source);
        } else if (const auto reason = behind(text, "exit reason ")) {
            dump_.recorded.exit_reason = number_of(line, *reason, "exit reason");
            dump_.recorded.where = fmt::format("line {}: {}", line.number, printable(text));
        } else if (const auto error = behind(text, "instruction error ")) {
            const auto number = whole_decimal(*error);
            dump_.recorded.instruction_error = number;
            dump_.recorded.where = fmt::format("line {}: {}", line.number, printable(text));
            if (!number) {
                dump_.complain(line.number, line.whole, "a decimal number is expected behind \"instruction error\"");
            }
        } else if (text.starts_with("cpuid ") || text.starts_with("msr ") || text.starts_with("register ")) {
            read_capability(line, text);
        } else {
            return false;
        }
        return true;
    }

    std::optional<std::uint32_t> number_of(const LogLine& line, std::string_view text, std::string_view what) {
        const auto number = whole_hex(text);
        if (!number || *number > 0xFFFF'FFFF) {
            dump_.complain(line.number, line.whole,
                           fmt::format("a hexadecimal number of 32 bits is expected behind \"{}\"", what));
            return std::nullopt;
        }
        return static_cast<std::uint32_t>(*number);
    }

    // "cpuid 0x7.0 = eax ebx ecx edx", "msr 0x480 = value", "register cr0 = value"
    void read_capability(const LogLine& line, std::string_view text) {
        const std::size_t equals = text.find('=');
        const std::string_view left = trimmed(text.substr(0, equals));
        const std::string_view name =
            trimmed(left.substr(left.find(' ') == std::string_view::npos ? left.size() : left.find(' ')));
        std::array<std::uint64_t, 4> values{};
        std::size_t count = 0;
        std::string_view rest =
            equals == std::string_view::npos ? std::string_view{} : trimmed(text.substr(equals + 1));
        while (count < values.size()) {
            const auto number = leading_hex(rest);
            if (!number) {
                break;
            }
            values[count++] = number->value;
            rest = trimmed(rest.substr(number->length));
        }
        arch::Capabilities& caps = dump_.capabilities.emplace(dump_.capabilities.value_or(arch::Capabilities{}));
        caps.layout = arch::Capabilities::current_layout;
        const bool fits = rest.empty() && (text.starts_with("cpuid ") ? count == 4 : count == 1);
        const bool set = fits && (text.starts_with("cpuid ") ? set_cpuid(caps, name, values)
                                  : text.starts_with("msr ") ? set_msr(caps, name, values[0])
                                                             : set_register(caps, name, values[0]));
        if (!set) {
            dump_.complain(
                line.number, line.whole,
                "\"cpuid LEAF = EAX EBX ECX EDX\", \"msr INDEX = VALUE\" or \"register cr0 = VALUE\" is expected");
        }
    }

    static bool set_cpuid(arch::Capabilities& caps, std::string_view name, const std::array<std::uint64_t, 4>& values) {
        arch::CpuidRegisters* leaf = capability_leaf(caps, name);
        for (const std::uint64_t value : values) {
            if (leaf == nullptr || value > 0xFFFF'FFFF) {
                return false;
            }
        }
        *leaf = {static_cast<std::uint32_t>(values[0]), static_cast<std::uint32_t>(values[1]),
                 static_cast<std::uint32_t>(values[2]), static_cast<std::uint32_t>(values[3])};
        return true;
    }

    static bool set_msr(arch::Capabilities& caps, std::string_view name, std::uint64_t value) {
        const auto index = whole_hex(name);
        if (!index || *index > 0xFFFF'FFFF) {
            return false;
        }
        // One that is of no use here is no mistake.
        caps.set_msr(static_cast<std::uint32_t>(*index), value);
        return true;
    }

    bool set_register(arch::Capabilities& caps, std::string_view name, std::uint64_t value) {
        if (name != "cr0" && name != "cr4") {
            return false;
        }
        (name == "cr0" ? caps.cr0 : caps.cr4) = value;
        registers_ |= name == "cr0" ? 1u : 2u;
        caps.has_control_registers = registers_ == 3 ? 1 : 0;
        return true;
    }

    void finish() {
        for (const auto& [encoding, half] : high_halves_) {
            std::uint64_t low = 0;
            if (!dump_.vmcs.get(encoding, low)) {
                dump_.complain(half.line, {},
                               fmt::format("the other half of {} is missing", arch::find_vmcs_field(encoding)->name));
            } else if (half.value > 0xFFFF'FFFF || (low >> 32 != 0 && low >> 32 != half.value)) {
                dump_.complain(
                    half.line, {},
                    fmt::format("the halves of {} don't fit together", arch::find_vmcs_field(encoding)->name));
            } else {
                dump_.vmcs.set(encoding, (low & 0xFFFF'FFFF) | half.value << 32);
            }
        }
        if (dump_.fields == 0) {
            dump_.truncated = "no field's value is in it";
        }
    }

    struct HighHalf {
        unsigned line;
        std::uint64_t value;
    };

    Dump dump_;
    std::map<std::uint32_t, HighHalf> high_halves_;
    unsigned registers_ = 0;
};

} // namespace

bool looks_like_nadir_dump(std::string_view text) {
    for (const LogLine& line : log_lines(text)) {
        if (line.text.starts_with(nadir_dump_heading)) {
            return true;
        }
    }
    return false;
}

Dump read_field_list(std::string_view text, DumpFormat format) { return FieldListReader(format).read(text); }

} // namespace nadir::tool
