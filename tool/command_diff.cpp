// SPDX-License-Identifier: MIT OR GPL-2.0-only
// `nadir diff`: which fields differ between two VMCS dumps, in words.
#include "tool/commands.h"
#include "tool/dump/compare_dumps.h"
#include "tool/dump/field_words.h"
#include "tool/dump/read_dump.h"
#include "tool/json_output.h"
#include "tool/print_to.h"
#include "tool/units.h"

#include <fmt/format.h>

namespace nadir::tool {

namespace {

using Json = nlohmann::ordered_json;

void print_header(std::ostream& out, const char* sign, const Dump& dump) {
    print_to(out, "{} {}: {}; {}\n", sign, dump.file, words_of(dump.format), counted(dump.fields, "field"));
    for (const DumpProblem& problem : dump.problems) {
        print_to(out, "  could not be read: {}\n", describe(dump, problem));
    }
    if (!dump.truncated.empty()) {
        print_to(out, "  cut off: {}\n", dump.truncated);
    }
}

void print_only(std::ostream& out, const char* sign, const std::string& file,
                const std::vector<FieldDifference>& fields) {
    if (fields.empty()) {
        return;
    }
    print_to(out, "\nOnly in {}: {}\n", file, counted(fields.size(), "field"));
    for (const FieldDifference& one : fields) {
        print_to(out, "  {} {} = {}\n", sign, one.field->name,
                 value_and_words(*one.field, one.left.value_or(one.right.value_or(0))));
    }
}

Json to_json(const std::vector<FieldDifference>& fields) {
    Json list = Json::array();
    for (const FieldDifference& one : fields) {
        Json json = {{"field", one.field->name}, {"left", nullptr}, {"right", nullptr}};
        if (one.left) {
            json["left"] = fmt::format("{:#x}", *one.left);
        }
        if (one.right) {
            json["right"] = fmt::format("{:#x}", *one.right);
        }
        if (one.left && one.right) {
            json["words"] = differing_parts(*one.field, *one.left, *one.right);
        }
        list.push_back(json);
    }
    return list;
}

Json problems_of(const Dump& dump) {
    Json list = Json::array();
    for (const DumpProblem& problem : dump.problems) {
        list.push_back(describe(dump, problem));
    }
    return list;
}

void print(std::ostream& out, const Dump& left, const Dump& right, const DumpComparison& result) {
    print_header(out, "-", left);
    print_header(out, "+", right);
    if (!result.different.empty()) {
        print_to(out, "\nDifferent: {} (the same: {})\n", counted(result.different.size(), "field"), result.same);
    }
    for (const FieldDifference& one : result.different) {
        const std::uint64_t before = one.left.value_or(0);
        const std::uint64_t after = one.right.value_or(0);
        print_to(out, "  {}\n    - {}\n    + {}\n", one.field->name, value_and_words(*one.field, before),
                 value_and_words(*one.field, after));
        const std::string parts = differing_parts(*one.field, before, after);
        if (!parts.empty()) {
            print_to(out, "    {}\n", parts);
        }
    }
    print_only(out, "-", left.file, result.only_left);
    print_only(out, "+", right.file, result.only_right);
    if (result.different.empty()) {
        print_to(out, "\nThe {} of both have the same values.\n", counted(result.same, "field"));
    }
}

} // namespace

ExitStatus command_diff(const DiffOptions& options, std::ostream& out) {
    if (options.left == "-" && options.right == "-") {
        throw Failure(ExitStatus::usage, "Standard input can't be both dumps.", "Give one of them as a file.");
    }
    const auto format = dump_format_of(options.format);
    const Dump left = read_dump_file(options.left, format);
    const Dump right = read_dump_file(options.right, format);
    const DumpComparison result = compare_dumps(left, right);
    const bool same = result.different.empty() && result.only_left.empty() && result.only_right.empty();
    if (options.json) {
        Json json = {{"format", 1},
                     {"left", left.file},
                     {"right", right.file},
                     {"same", result.same},
                     {"different", to_json(result.different)},
                     {"only_left", to_json(result.only_left)},
                     {"only_right", to_json(result.only_right)},
                     {"problems", problems_of(left)}};
        for (const Json& problem : problems_of(right)) {
            json["problems"].push_back(problem);
        }
        print_json(out, json);
    } else {
        print(out, left, right, result);
    }
    return !left.problems.empty() || !right.problems.empty() ? ExitStatus::usage
           : same                                            ? ExitStatus::success
                                                             : ExitStatus::failed;
}

} // namespace nadir::tool
