// SPDX-License-Identifier: MIT OR GPL-2.0-only
// `nadir explain`: why does VM entry with this VMCS fail? And what does this VM-instruction error mean?
#include "tool/capability_json.h"
#include "tool/commands.h"
#include "tool/files.h"
#include "tool/definitions/names.h"
#include "tool/definitions/nearness.h"
#include "tool/dump/explain_error.h"
#include "tool/dump/print_explanation.h"
#include "tool/dump/read_dump.h"
#include "tool/json_output.h"
#include "tool/models/models.h"
#include "tool/print_to.h"

#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <fstream>
#include <iterator>

namespace nadir::tool {

namespace {

struct Chosen {
    std::optional<arch::Capabilities> capabilities;
    std::string whose;
};

std::string whose(const ProcessorKind& kind, const std::string& where) {
    return fmt::format("{}{}", kind.name.empty() ? "" : kind.name + ", ", where);
}

Chosen capabilities_from_file(const std::string& file, const Dump& dump) {
    std::ifstream stream(path_of(file), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    if (!stream) {
        throw Failure(ExitStatus::usage, fmt::format("{}: {}", file, std::strerror(errno)),
                      "Give a file that `nadir caps --json` wrote.");
    }
    const std::vector<ProcessorKind> kinds = kinds_from_json(text, file);
    for (const ProcessorKind& kind : kinds) {
        for (const unsigned number : kind.numbers) {
            if (dump.processor == number) {
                return {kind.capabilities, whose(kind, fmt::format("processor {} in {}", number, file))};
            }
        }
    }
    return {kinds.front().capabilities, whose(kinds.front(), "from " + file)};
}

Chosen capabilities_of_model(const std::string& name) {
    const std::optional<ProcessorKind> kind = processor_model(name);
    if (!kind) {
        std::vector<Candidate> candidates;
        for (const EmbeddedModel& model : processor_models()) {
            candidates.push_back({std::string(model.name), squash(model.name)});
        }
        const std::string near = did_you_mean(nearest(squash(name), candidates));
        throw Failure(ExitStatus::usage, fmt::format("There is no processor model \"{}\".", name),
                      fmt::format("{}{}--list-models prints all of them.", near, near.empty() ? "" : " "));
    }
    return {kind->capabilities, fmt::format("the model {} ({})", name, kind->name)};
}

Chosen choose(const ExplainOptions& options, const Dump& dump) {
    if (!options.caps.empty()) {
        return capabilities_from_file(options.caps, dump);
    }
    if (!options.model.empty()) {
        return capabilities_of_model(options.model);
    }
    if (dump.capabilities) {
        return {dump.capabilities, "from the dump"};
    }
    return {};
}

ExitStatus status_of(const Dump& dump, const Explanation& explanation) {
    return !dump.problems.empty()            ? ExitStatus::usage
           : !explanation.violations.empty() ? ExitStatus::failed
           : !explanation.unchecked.empty()  ? ExitStatus::unknown
                                             : ExitStatus::success;
}

void list_models(std::ostream& out, bool json) {
    nlohmann::ordered_json models = nlohmann::ordered_json::array();
    for (const EmbeddedModel& model : processor_models()) {
        const std::string name = processor_model(model.name).value_or(ProcessorKind{}).name;
        if (json) {
            models.push_back({{"model", model.name}, {"name", name}});
        } else {
            print_to(out, "{:<28} {}\n", model.name, name);
        }
    }
    if (json) {
        print_json(out, models);
    }
}

} // namespace

ExitStatus command_explain(const ExplainOptions& options, std::ostream& out) {
    if (options.list_models) {
        list_models(out, options.json);
        return ExitStatus::success;
    }
    if (!options.error.empty()) {
        return explain_error(options.error, options.instruction, options.json, out);
    }
    if (options.file.empty()) {
        throw Failure(
            ExitStatus::usage, "There is nothing to explain.",
            "Give a file with a VMCS dump (- for standard input), or --error N. `nadir explain --help` has more.");
    }
    const Dump dump = read_dump_file(options.file, dump_format_of(options.format), options.number);
    const Chosen chosen = choose(options, dump);
    const Explanation explanation = explain_dump(dump, chosen.capabilities);
    const ExplanationContext context{chosen.whose, options.verbose};
    if (options.json) {
        print_json(out, explanation_to_json(dump, explanation, context));
    } else {
        print_explanation(out, dump, explanation, context);
    }
    return status_of(dump, explanation);
}

} // namespace nadir::tool
