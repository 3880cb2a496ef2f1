// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Words for findings, and questions about a report.
#include "base/format.h"
#include "check/ept_features.h"
#include "check/support.h"
#include "check/wanted_controls.h"

#include <string_view>

namespace nadir::check {

namespace {

constexpr std::uint8_t wishes = sizeof(control_wishes) / sizeof(control_wishes[0]);

bool about_control(SupportRule rule) {
    return rule == SupportRule::control_missing || rule == SupportRule::control_missing_for_feature ||
           rule == SupportRule::control_absent;
}

struct ItemWords {
    std::string_view name;
    std::string_view group;
    std::string_view reason;
};

ItemWords words_of(const Finding& finding) {
    if (about_control(finding.rule) && finding.item < wishes) {
        const ControlWish& wish = control_wishes[finding.item];
        return {wish.name, name_of(wish.group), wish.reason};
    }
    if (finding.rule == SupportRule::ept_feature_missing && finding.item < ept_feature_count) {
        const EptFeature& feature = ept_features[finding.item];
        return {feature.name, {}, feature.reason};
    }
    if (finding.rule == SupportRule::control_forced && finding.item < control_groups) {
        return {{}, name_of(static_cast<ControlGroup>(finding.item)), {}};
    }
    return {};
}

void write_name(base::Writer& writer, const SupportReport& report, const Finding& finding, const ItemWords& words) {
    if (finding.rule == SupportRule::no_vmx_under_hypervisor || finding.rule == SupportRule::under_hypervisor) {
        if (!report.hypervisor_name().empty()) {
            writer.text(" (\"").text(report.hypervisor_name()).text("\")");
        }
        return;
    }
    writer.text(words.name);
}

// base::format knows numbers only; {n}, {g} and {r} stand for words.
void write_found(base::Writer& writer, const SupportReport& report, const Finding& finding) {
    const ItemWords words = words_of(finding);
    const std::string_view pattern = finding.text().found;
    std::size_t used = 0;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (pattern[i] != '{' || i + 2 >= pattern.size()) {
            writer.character(pattern[i]);
            continue;
        }
        const std::uint64_t value = used < 2 ? finding.values[used] : 0;
        switch (pattern[i + 1]) {
        case 'd':
            writer.decimal(value);
            ++used;
            break;
        case 'x':
            writer.hex(value);
            ++used;
            break;
        case 'n': write_name(writer, report, finding, words); break;
        case 'g': writer.text(words.group); break;
        default: writer.text(words.reason); break;
        }
        i += 2;
    }
}

} // namespace

std::string_view Finding::item_name() const { return words_of(*this).name; }

std::string_view SupportReport::hypervisor_name() const {
    std::size_t length = 0;
    // Bounded, so that no compiler makes a call of strlen of it.
    while (length + 1 < sizeof(hypervisor) && hypervisor[length] != '\0') {
        ++length;
    }
    return {hypervisor, length};
}

const Finding* SupportReport::first(Severity severity) const {
    for (const Finding& finding : all()) {
        if (finding.severity() == severity) {
            return &finding;
        }
    }
    return nullptr;
}

const Finding* SupportReport::find(SupportRule rule) const {
    for (const Finding& finding : all()) {
        if (finding.rule == rule) {
            return &finding;
        }
    }
    return nullptr;
}

Verdict SupportReport::verdict() const {
    return refusal() != nullptr ? Verdict::unsupported : incomplete ? Verdict::unknown : Verdict::supported;
}

std::size_t describe_found(const SupportReport& report, const Finding& finding, std::span<char> out) {
    base::Writer writer(out);
    write_found(writer, report, finding);
    return writer.length();
}

std::size_t describe(const SupportReport& report, const Finding& finding, std::span<char> out) {
    const SupportRuleText& text = finding.text();
    base::Writer writer(out);
    write_found(writer, report, finding);
    if (!text.section.empty()) {
        writer.text(" [").text(text.section).character(']');
    }
    writer.character('.');
    if (!text.advice.empty()) {
        writer.character(' ').text(text.advice);
    }
    return writer.length();
}

} // namespace nadir::check
