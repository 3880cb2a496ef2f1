// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The sections that are tables: reasons, rules, hooks, events, capabilities.
#include "tool/bug_report/scrubber.h"
#include "tool/hook/hook_list.h"
#include "tool/page/charts.h"
#include "tool/page/html.h"
#include "tool/page/page.h"
#include "tool/trace/event_words.h"
#include "tool/units.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <map>

namespace nadir::tool {

namespace {

constexpr std::size_t columns = 8;     // processors side by side
constexpr std::size_t time_bins = 160; // of the events' lanes

std::string bar_of(double share) {
    return fmt::format("<span class=\"bar\"><i style=\"width:{:.1f}%\"></i></span>", 100 * share);
}

// Ticks since the first sample, in seconds.
double seconds_at(const PageData& page, nadir_u64 ticks) {
    const nadir_u64 begin = page.samples.front().when.ticks;
    return ticks <= begin || page.whole.ticks_per_second <= 0
               ? 0
               : static_cast<double>(ticks - begin) / page.whole.ticks_per_second;
}

std::string event_lanes(const PageData& page) {
    std::map<nadir_u16, std::array<double, time_bins>> bins;
    std::map<nadir_u16, nadir_u64> totals;
    for (const EventMark& mark : page.marks) {
        const double part = seconds_at(page, mark.ticks) / page.whole.seconds;
        const auto bin = std::min(time_bins - 1, static_cast<std::size_t>(part * time_bins));
        bins.try_emplace(mark.kind).first->second[bin] += 1;
        ++totals[mark.kind];
    }
    std::string html;
    for (const auto& [kind, values] : bins) {
        const std::string name(name_of_event(kind));
        html +=
            fmt::format("<div class=\"lane\"><span class=\"name\">{}</span>{}<span class=\"number\">{}</span></div>\n",
                        escaped(name), heat_strip(values, fmt::format("{}: {}", name, counted(totals[kind], "event"))),
                        grouped(totals[kind]));
    }
    return html +
           fmt::format("<div class=\"axis\"><span></span><div><span>0 s</span><span>{:.3g} s</span></div></div>\n",
                       page.whole.seconds);
}

// By name where a hook is; otherwise the address, which tells nothing of where this machine's kernel lies.
std::string place_of(const PageData& page, const Scrubber& scrubber, nadir_u64 address) {
    const Places& places = page.samples.back().places;
    const auto found = places.find(address);
    const std::string name = found != places.end() ? found->second : std::string{};
    return fmt::format("<code>{}</code>",
                       escaped(place_words(name, page.with_private ? address : scrubber.moved(address))));
}

std::string event_table(const PageData& page) {
    const Scrubber scrubber(page.notes.kernel, page.notes.names);
    std::vector<Cell> heading = {{"seconds", true}, {"processor", true}, {"event"}, {"at"}, {"what"}};
    if (page.with_private) {
        heading.push_back({"process"});
    }
    HtmlTable table(heading);
    for (const SeenEvent& one : page.last_events) {
        const std::string words = describe(one.event);
        const std::string_view outcome = outcome_words(one.event);
        std::vector<Cell> row = {
            {fmt::format("{:.6f}", seconds_at(page, one.event.time)), true},
            {std::to_string(one.processor), true},
            {escaped(name_of_event(one.event.kind))},
            {place_of(page, scrubber, one.event.rip)},
            {escaped(page.with_private ? words : scrubber.without_addresses(words)) +
             (outcome.empty() ? std::string{} : fmt::format(" <b class=\"bad\">{}</b>", outcome))}};
        if (page.with_private) {
            row.push_back({escaped(has_process(one) ? process_name(one) : "?")});
        }
        table.add(row);
    }
    return table.html();
}

std::string text_of(const nlohmann::ordered_json& json, const char* key) {
    return json.contains(key) && json[key].is_string() ? escaped(json[key].get<std::string>()) : std::string{};
}

std::string kind_of_processor(const nlohmann::ordered_json& kind) {
    std::vector<unsigned> numbers = kind["numbers"].get<std::vector<unsigned>>();
    std::string html = fmt::format("<h3>Processor{} {}: {}</h3>\n", numbers.size() == 1 ? "" : "s", ranges(numbers),
                                   text_of(kind, "name"));
    for (const nlohmann::ordered_json& finding : kind["findings"]) {
        html += fmt::format("<p class=\"{}\">{}. {}</p>\n", text_of(finding, "severity") == "refuse" ? "bad" : "faint",
                            text_of(finding, "found"), text_of(finding, "advice"));
    }
    html += "<ul class=\"caps\">\n";
    for (const nlohmann::ordered_json& control : kind["controls"]) {
        const nlohmann::ordered_json& offered = control["offered"];
        const bool known = offered.is_boolean();
        const bool yes = known && offered.get<bool>();
        html += fmt::format("<li><b class=\"{}\">{}</b><span>{} <span class=\"faint\">{}, {}</span></span></li>\n",
                            yes ? "good" : (text_of(control, "need") == "required" ? "bad" : "faint"),
                            yes ? "&#10003;" : (known ? "&#10007;" : "?"), text_of(control, "name"),
                            text_of(control, "group"), text_of(control, "need"));
    }
    return html + "</ul>\n";
}

} // namespace

std::string reasons_section(const PageData& page) {
    std::vector<ReasonRate> reasons = page.whole.reasons;
    std::ranges::stable_sort(reasons, std::ranges::greater{}, &ReasonRate::all);
    const bool each = page.whole.processors.size() > 1 && page.whole.processors.size() <= columns;
    std::vector<Cell> heading = {{"reason"}, {"exits", true}, {"per second", true}};
    if (each) {
        for (const ProcessorRate& one : page.whole.processors) {
            heading.push_back({fmt::format("cpu {}", one.number), true});
        }
    }
    heading.push_back({"share", true});
    heading.push_back({""});
    HtmlTable table(heading);
    for (const ReasonRate& reason : reasons) {
        const double share = page.whole.exits > 0 ? reason.all / page.whole.exits : 0;
        std::vector<Cell> row = {
            {fmt::format("{} <span class=\"faint\">{}</span>", escaped(reason_name(reason.reason)), reason.reason)},
            {rate_words(std::round(reason.all * page.whole.seconds)), true},
            {rate_words(reason.all), true}};
        if (each) {
            for (const double rate : reason.each) {
                row.push_back({rate_words(rate), true});
            }
        }
        row.push_back({fmt::format("{:.1f} %", 100 * share), true});
        row.push_back({bar_of(share)});
        table.add(row);
    }
    return "<section class=\"long\"><h2>By reason</h2>\n" + table.html() + "</section>\n";
}

std::string rules_section(const PageData& page) {
    if (page.whole.rules.empty()) {
        return "<section><h2>Rules</h2><p class=\"faint\">There are none: every instruction is answered as by the "
               "processor.</p></section>\n";
    }
    HtmlTable table({{"", true}, {"rule"}, {"answers", true}, {"per second", true}});
    for (const RuleRate& one : page.whole.rules) {
        table.add({{std::to_string(one.number), true},
                   {fmt::format("<code>{}</code>", escaped(one.rule))},
                   {grouped(one.answered), true},
                   {rate_words(one.answers), true}});
    }
    return "<section class=\"long\"><h2>Rules</h2>\n" + table.html() + "</section>\n";
}

std::string hooks_section(const PageData& page) {
    if (page.whole.hooks.empty()) {
        return "<section><h2>Hooks</h2><p class=\"faint\">There are none.</p></section>\n";
    }
    const Scrubber scrubber(page.notes.kernel, page.notes.names);
    HtmlTable table({{"at"}, {"goes on at"}, {"whose"}, {"hits", true}, {"per second", true}, {""}});
    double greatest = 0;
    for (const HookRate& one : page.whole.hooks) {
        greatest = std::max(greatest, one.hits);
    }
    for (const HookRate& one : page.whole.hooks) {
        const nadir_hook_wish& wish = one.hook.wish;
        table.add({{place_of(page, scrubber, wish.address)},
                   {wish.kind == NADIR_HOOK_REDIRECT ? place_of(page, scrubber, wish.target) : std::string{}},
                   {escaped(owner_of(one.hook)) + (is_gone(one.hook) ? " <b class=\"bad\">gone</b>" : "")},
                   {grouped(one.hook.hits), true},
                   {rate_words(one.hits), true},
                   {bar_of(greatest > 0 ? one.hits / greatest : 0)}});
    }
    return "<section class=\"long\"><h2>Hooks</h2>\n" + table.html() + "</section>\n";
}

std::string events_section(const PageData& page) {
    std::string html = "<section class=\"long\"><h2>Events</h2>\n";
    if (!page.no_events.empty()) {
        return html + fmt::format("<p class=\"faint\">{}</p></section>\n", escaped(page.no_events));
    }
    nadir_u64 seen = 0;
    nadir_u64 lost = 0;
    for (const EventTally& tally : page.tallies) {
        seen += tally.events;
        lost += tally.lost;
    }
    html += fmt::format(
        "<p class=\"about\">{} seen, <span{}>{} lost</span> (they came faster than they were read). The darker, "
        "the more.</p>\n",
        grouped(seen), lost != 0 ? " class=\"bad\"" : "", grouped(lost));
    if (page.marks.empty()) {
        return html + "</section>\n";
    }
    return html + event_lanes(page) + fmt::format("<h3>The last {}</h3>\n", page.last_events.size()) +
           event_table(page) + "</section>\n";
}

std::string capabilities_section(const PageData& page) {
    std::string html =
        fmt::format("<section class=\"long\"><h2>Capabilities <span class=\"chip {}\">{}</span></h2>\n",
                    text_of(page.caps, "verdict") == "supported" ? "good" : "faint", text_of(page.caps, "verdict"));
    for (const nlohmann::ordered_json& kind : page.caps["processors"]) {
        html += kind_of_processor(kind);
    }
    return html + "</section>\n";
}

} // namespace nadir::tool
