// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/dump/read_dump.h"

#include "arch/vmx/fields.h"
#include "tool/dump/console_dump.h"
#include "tool/dump/field_list.h"
#include "tool/dump/json_dump.h"
#include "tool/exit_status.h"
#include "tool/files.h"

#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <fstream>
#include <iostream>
#include <iterator>

namespace nadir::tool {

namespace {

constexpr std::size_t largest_file = 64u << 20; // whole kernel logs are smaller

DumpFormat format_of(std::string_view text) {
    return looks_like_json_dump(text)      ? DumpFormat::json
           : looks_like_nadir_dump(text)   ? DumpFormat::nadir
           : looks_like_console_dump(text) ? DumpFormat::kvm
                                           : DumpFormat::list;
}

// What the fields themselves say about how the VM entry ended, where nothing else does.
void record_outcome_of_fields(Dump& dump) {
    std::uint64_t reason = 0;
    std::uint64_t qualification = 0;
    if (dump.vmcs.get(arch::vmcs::exit_reason.encoding, reason) && reason >> 31 != 0) {
        if (!dump.recorded.exit_reason && !dump.recorded.instruction_error) {
            dump.recorded.exit_reason = static_cast<std::uint32_t>(reason);
            dump.recorded.where = "the field exit_reason";
        }
        if (dump.recorded.exit_reason == reason &&
            dump.vmcs.get(arch::vmcs::exit_qualification.encoding, qualification)) {
            dump.recorded.qualification = qualification;
        }
    }
}

std::string text_of(std::istream& stream, const std::string& file) {
    std::string text;
    char part[65536];
    while (stream.read(part, sizeof(part)) || stream.gcount() > 0) {
        text.append(part, static_cast<std::size_t>(stream.gcount()));
        if (text.size() > largest_file) {
            throw Failure(ExitStatus::usage, fmt::format("{}: too large for a dump (more than 64 MiB)", file),
                          "Give the part of the log that has the dump.");
        }
    }
    return text;
}

} // namespace

std::vector<Dump> read_dumps(std::string_view text, std::optional<DumpFormat> format) {
    std::vector<Dump> dumps;
    const DumpFormat chosen = format.value_or(format_of(text));
    switch (chosen) {
    case DumpFormat::json: dumps.push_back(read_json_dump(text)); break;
    case DumpFormat::nadir:
    case DumpFormat::list: dumps.push_back(read_field_list(text, chosen)); break;
    case DumpFormat::kvm:
    case DumpFormat::xen: dumps = read_console_dumps(text); break;
    }
    if (dumps.empty()) {
        Dump none;
        none.format = chosen;
        none.truncated = "there is no \"*** Guest State ***\" in it";
        dumps.push_back(std::move(none));
    }
    for (Dump& dump : dumps) {
        record_outcome_of_fields(dump);
    }
    return dumps;
}

Dump read_dump_file(const std::string& file, std::optional<DumpFormat> format, unsigned number) {
    std::string text;
    std::string name = file;
    if (file == "-") {
        name = "standard input";
        text = text_of(std::cin, name);
    } else {
        errno = 0;
        std::ifstream stream(path_of(file), std::ios::binary);
        if (stream.is_open()) {
            text = text_of(stream, file);
        }
        if (!stream.is_open() || stream.bad()) {
            throw Failure(ExitStatus::usage, fmt::format("{}: {}", file, std::strerror(errno)),
                          "Give a file with a VMCS dump, or - for standard input.");
        }
    }
    std::vector<Dump> dumps = read_dumps(text, format);
    if (number == 0 || number > dumps.size()) {
        throw Failure(ExitStatus::usage, fmt::format("{}: there is no dump number {}", name, number),
                      fmt::format("It has {}.", dumps.size()));
    }
    Dump dump = std::move(dumps[number - 1]);
    dump.file = name;
    if (format && dump.format != *format) {
        throw Failure(ExitStatus::usage,
                      fmt::format("{}: this is {}, not what --format says", name, words_of(dump.format)),
                      "Leave --format out: the format is recognised.");
    }
    if (dumps.size() > 1) {
        dump.notes.push_back(
            fmt::format("this is dump {} of {} in the file; --number takes another", number, dumps.size()));
    }
    if (dump.fields == 0) {
        std::string why = dump.truncated;
        if (!dump.problems.empty()) {
            why = describe(dump, dump.problems.front());
        }
        throw Failure(
            ExitStatus::usage, fmt::format("{}: no VMCS field could be read: {}", name, why),
            "Dumps of Nadir, of Linux KVM, of Xen, and lists of \"field = value\" are understood; --format names "
            "one of them.");
    }
    return dump;
}

std::string describe(const Dump& dump, const DumpProblem& problem) {
    std::string text = dump.file;
    if (problem.line != 0) {
        text += fmt::format(":{}", problem.line);
    }
    if (!problem.text.empty()) {
        text += fmt::format(": {}", problem.text);
    }
    return fmt::format("{}{}{}", text, text.empty() ? "" : ": ", problem.expected);
}

} // namespace nadir::tool
