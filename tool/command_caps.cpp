// SPDX-License-Identifier: MIT OR GPL-2.0-only
// `nadir caps`: can Nadir run on this machine, and if not, why not? Works without the module, and on a file.
#include "check/support.h"
#include "check/wanted_controls.h"
#include "tool/capability_json.h"
#include "tool/commands.h"
#include "tool/files.h"
#include "tool/json_output.h"
#include "tool/memory_estimate.h"
#include "tool/print_to.h"
#include "tool/units.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <fstream>
#include <iterator>

namespace nadir::tool {

namespace {

// Processors that say the same about themselves, and what follows.
struct Assessed {
    ProcessorKind kind;
    check::SupportReport report;
};

bool same(const ProcessorFacts& facts, const ProcessorKind& kind) {
    return facts.source == kind.source &&
           std::memcmp(&facts.capabilities, &kind.capabilities, sizeof(arch::Capabilities)) == 0;
}

std::vector<ProcessorKind> kinds_of(System& system, const std::vector<unsigned>& processors) {
    std::vector<ProcessorKind> kinds;
    for (const unsigned number : processors) {
        ProcessorFacts facts = system.facts(number);
        // The initial APIC identifier is in leaf 1 and differs everywhere; nothing here depends on it.
        facts.capabilities.leaf_1.ebx &= 0x00FF'FFFF;
        const auto found =
            std::find_if(kinds.begin(), kinds.end(), [&](const ProcessorKind& kind) { return same(facts, kind); });
        if (found != kinds.end()) {
            found->numbers.push_back(number);
        } else {
            kinds.push_back({{number}, system.processor_name(), facts.source, facts.notes, facts.capabilities});
        }
    }
    return kinds;
}

std::vector<ProcessorKind> kinds_in(const std::string& file) {
    std::ifstream stream(path_of(file), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    if (!stream) {
        throw Failure(ExitStatus::usage, fmt::format("{}: {}", file, std::strerror(errno)),
                      "Give a file that `nadir caps --json` wrote.");
    }
    return kinds_from_json(text, file);
}

std::string_view name_of(check::Severity severity) {
    switch (severity) {
    case check::Severity::refuse: return "refuses";
    case check::Severity::warn: return "warning";
    case check::Severity::info: return "note";
    }
    return "note";
}

// For programs.
std::string_view identifier_of(check::Severity severity) {
    constexpr std::string_view identifiers[] = {"info", "warn", "refuse"};
    return identifiers[static_cast<unsigned>(severity)];
}

std::string_view name_of(check::Verdict verdict) {
    switch (verdict) {
    case check::Verdict::supported: return "supported";
    case check::Verdict::unsupported: return "unsupported";
    case check::Verdict::unknown: return "unknown";
    }
    return "unknown";
}

// The machine's is that of its worst processor.
check::Verdict overall(const std::vector<Assessed>& all) {
    check::Verdict worst = check::Verdict::supported;
    for (const Assessed& one : all) {
        if (one.report.verdict() == check::Verdict::unsupported) {
            return check::Verdict::unsupported;
        }
        if (one.report.verdict() == check::Verdict::unknown) {
            worst = check::Verdict::unknown;
        }
    }
    return worst;
}

ExitStatus exit_status_of_verdict(check::Verdict verdict) {
    switch (verdict) {
    case check::Verdict::supported: return ExitStatus::success;
    case check::Verdict::unsupported: return ExitStatus::failed;
    case check::Verdict::unknown: return ExitStatus::unknown;
    }
    return ExitStatus::unknown;
}

std::string found(const check::SupportReport& report, const check::Finding& finding) {
    char text[512];
    return {text, check::describe_found(report, finding, text)};
}

enum class Offer { yes, no, unknown };

Offer offer_of(const check::ControlWish& wish, const arch::Capabilities& caps) {
    if (!caps.msr_known(arch::capability_msr::vmx_basic)) {
        return Offer::unknown;
    }
    return check::bounds_of(wish.group, caps).allows(wish.mask) ? Offer::yes : Offer::no;
}

std::string_view need_of(const check::ControlWish& wish, const arch::Capabilities& caps) {
    return wish.need == check::Need::if_offered ? "optional"
           : check::applies(wish.need, caps)    ? "required"
                                                : "unneeded";
}

nlohmann::ordered_json to_json(const Assessed& one) {
    nlohmann::ordered_json json;
    json["numbers"] = one.kind.numbers;
    json["name"] = one.kind.name;
    json["source"] = one.kind.source;
    json["notes"] = one.kind.notes;
    json["verdict"] = name_of(one.report.verdict());
    json["findings"] = nlohmann::ordered_json::array();
    for (const check::Finding& finding : one.report.all()) {
        json["findings"].push_back({{"rule", finding.text().identifier},
                                    {"severity", identifier_of(finding.severity())},
                                    {"status", static_cast<int>(finding.status())},
                                    {"item", finding.item_name()},
                                    {"found", found(one.report, finding)},
                                    {"section", finding.text().section},
                                    {"advice", finding.text().advice}});
    }
    json["controls"] = nlohmann::ordered_json::array();
    for (const check::ControlWish& wish : check::control_wishes) {
        const Offer offer = offer_of(wish, one.kind.capabilities);
        nlohmann::ordered_json control = {{"group", check::name_of(wish.group)},
                                          {"name", wish.name},
                                          {"bit", wish.position()},
                                          {"need", need_of(wish, one.kind.capabilities)},
                                          {"offered", nullptr}};
        if (offer != Offer::unknown) {
            control["offered"] = offer == Offer::yes;
        }
        json["controls"].push_back(control);
    }
    json["capabilities"] = tool::to_json(one.kind.capabilities);
    return json;
}

void print_controls(std::ostream& out, const arch::Capabilities& caps) {
    print_to(out, "  VMX controls that Nadir uses:\n");
    for (const check::ControlWish& wish : check::control_wishes) {
        if (!check::applies(wish.need, caps)) {
            continue;
        }
        const Offer offer = offer_of(wish, caps);
        print_to(out, "    {:<8}  {:<46}  {:<27}  {}\n", need_of(wish, caps), check::name_of(wish.group), wish.name,
                 offer == Offer::yes  ? "offered"
                 : offer == Offer::no ? "not offered"
                                      : "unknown");
    }
}

void print(std::ostream& out, const Assessed& one) {
    const arch::Capabilities& caps = one.kind.capabilities;
    const std::string which =
        one.kind.numbers.empty() ? "Processor" : fmt::format("Processors {}", ranges(one.kind.numbers));
    print_to(out, "{}: {}\n", which, one.kind.name.empty() ? "without a name" : one.kind.name);
    print_to(out, "  asked by {}; {} physical-address bits\n", one.kind.source.empty() ? "somebody" : one.kind.source,
             caps.physical_address_bits());
    if (caps.vmx()) {
        print_controls(out, caps);
    }
    // What refuses first: it is what people look for.
    std::vector<check::Finding> findings(one.report.all().begin(), one.report.all().end());
    std::stable_sort(findings.begin(), findings.end(), [](const check::Finding& left, const check::Finding& right) {
        return left.severity() > right.severity();
    });
    for (const check::Finding& finding : findings) {
        print_to(out, "  {}: {}.\n", name_of(finding.severity()), found(one.report, finding));
        if (!finding.text().section.empty()) {
            print_to(out, "      rule: {}\n", finding.text().section);
        }
        if (!finding.text().advice.empty()) {
            print_to(out, "      what to do: {}\n", finding.text().advice);
        }
    }
    if (one.report.dropped != 0) {
        print_to(out, "  ({} more)\n", counted(one.report.dropped, "finding"));
    }
    for (const std::string& note : one.kind.notes) {
        print_to(out, "  note: {}\n", note);
    }
}

void print(std::ostream& out, const std::vector<Assessed>& all, const std::vector<Rival>& rivals) {
    for (const Assessed& one : all) {
        print(out, one);
    }
    for (const Rival& rival : rivals) {
        print_to(out, "note: {}\n", rival.text);
    }
    switch (overall(all)) {
    case check::Verdict::supported: print_to(out, "\nNadir can run here.\n"); break;
    case check::Verdict::unsupported: print_to(out, "\nNadir can't run here: see what refuses above.\n"); break;
    case check::Verdict::unknown:
        print_to(out, "\nNothing speaks against Nadir, but not everything could be seen.\n");
        break;
    }
}

} // namespace

ExitStatus command_caps(System& system, const CapsOptions& options, std::ostream& out) {
    const bool live = options.from.empty();
    check::Environment environment;
    std::vector<ProcessorKind> kinds;
    std::vector<Rival> rivals;
    if (live) {
        const std::vector<unsigned> processors = system.online_processors();
        kinds = kinds_of(system, processors);
        rivals = system.rivals();
        environment.processors = static_cast<std::uint32_t>(processors.size());
        environment.processors_supported = check::processors_supported;
        environment.memory_available = system.memory_available();
        environment.memory_needed = memory_estimate(processors.size());
        environment.rival = std::any_of(rivals.begin(), rivals.end(), [](const Rival& rival) { return rival.in_use; });
    } else {
        kinds = kinds_in(options.from);
    }

    std::vector<Assessed> all;
    for (const ProcessorKind& kind : kinds) {
        Assessed one{kind, {}};
        check::assess(kind.capabilities, environment, one.report);
        all.push_back(one);
    }
    const check::Verdict verdict = overall(all);
    if (options.json) {
        nlohmann::ordered_json json;
        json["format"] = capability_json_format;
        json["version"] = NADIR_VERSION;
        json["verdict"] = name_of(verdict);
        json["rivals"] = nlohmann::ordered_json::array();
        for (const Rival& rival : rivals) {
            json["rivals"].push_back({{"text", rival.text}, {"in_use", rival.in_use}});
        }
        json["memory_available"] = environment.memory_available;
        json["memory_needed"] = environment.memory_needed;
        json["processors"] = nlohmann::ordered_json::array();
        for (const Assessed& one : all) {
            json["processors"].push_back(to_json(one));
        }
        print_json(out, json);
    } else {
        print(out, all, rivals);
    }
    return exit_status_of_verdict(verdict);
}

} // namespace nadir::tool
