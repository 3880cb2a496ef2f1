// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/look/top_frame.h"

#include "tool/hook/hook_list.h"
#include "tool/look/bars.h"
#include "tool/look/watch.h"
#include "tool/processors.h"
#include "tool/units.h"

#include <algorithm>
#include <fmt/format.h>
#include <span>
#include <utility>

namespace nadir::tool {

namespace {

constexpr std::size_t rate_width = 11;
constexpr std::size_t share_width = 9;
constexpr std::size_t widest_bar = 40;

// What is counted besides exits, with what it came to.
struct RatesTable {
    struct Row {
        std::string name;
        double rate;
        nadir_u64 all;
    };
    std::string_view heading;
    std::string_view per_second;
    std::vector<Row> lines;
};

// One picture: where the next line goes, and how much room there is.
class Drawing {
public:
    Drawing(const TopModel& model, TerminalSize size, bool utf8)
        : model_(model), columns_(size.columns), rows_(size.rows), utf8_(utf8) {}

    Frame draw() {
        title();
        if (model_.help()) {
            help();
        } else if (const auto rates = model_.rates()) {
            totals(*rates);
            processors(*rates);
            RatesTable hooks = hooks_of(*rates);
            RatesTable rules = rules_of(*rates);
            const auto [for_hooks, for_rules] = rooms(hooks.lines.size(), rules.lines.size());
            // The reasons take what the others leave.
            reasons(*rates, rows_ - std::min(rows_, frame_.lines.size() + for_hooks + for_rules + 1));
            table(std::move(hooks), for_hooks);
            table(std::move(rules), for_rules);
        } else {
            add({{"The first rates come with the second look.", Style::faint}});
        }
        keys();
        return frame_;
    }

private:
    void add(Line line) {
        if (frame_.lines.size() + 1 < rows_) { // the last line is that of the keys
            frame_.lines.push_back(fitted(std::move(line)));
        }
    }

    [[nodiscard]] Line fitted(Line line) const {
        std::size_t left = columns_;
        Line fitting;
        for (Span& span : line) {
            if (left == 0) {
                break;
            }
            span.text = clipped(span.text, left, utf8_);
            left -= width_of(span.text);
            fitting.push_back(std::move(span));
        }
        return fitting;
    }

    // As many columns as are given, for what goes to the left.
    [[nodiscard]] std::string padded(std::string_view text, std::size_t width) const {
        const std::string shown = clipped(text, width, utf8_);
        return shown + std::string(width - width_of(shown), ' ');
    }

    [[nodiscard]] bool wide() const { return columns_ >= 60; }
    [[nodiscard]] std::size_t name_width() const { return wide() ? std::min<std::size_t>(30, columns_ / 3) : 18; }

    void title() {
        const nadir_state& state = model_.latest().state;
        const std::string is = state.active == 0 ? std::string("off")
                                                 : fmt::format("on: {} of {}", state.processors_on,
                                                               counted(model_.latest().processors.size(), "processor"));
        Line line = {{"nadir top", Style::title}, {"  " + is, state.active != 0 ? Style::good : Style::bad}};
        if (wide() && state.active != 0) {
            line.push_back({"  " + bytes(state.bytes_total), Style::plain});
        }
        if (model_.paused()) {
            line.push_back({"  paused", Style::bad});
        }
        const std::string time = clock_words(model_.latest().when.time);
        const std::size_t used = width_of(line) + time.size();
        if (used < columns_) {
            line.push_back({std::string(columns_ - used, ' ') + time, Style::faint});
        }
        add(std::move(line));
    }

    void totals(const Rates& rates) {
        Line line = {{fmt::format("{} exits/s", rate_words(rates.exits)), Style::strong}};
        if (const auto processor = model_.processor()) {
            line.push_back({fmt::format("  processor {}", *processor), Style::good});
        }
        const std::vector<double> history = model_.history();
        const std::size_t used = width_of(line) + 2;
        if (used < columns_) {
            line.push_back({"  " + spark_line(history, std::min<std::size_t>(columns_ - used, 60), utf8_), Style::bar});
        }
        add(std::move(line));
        if (model_.ticks_per_exit() != 0 && rates.active) {
            const double percent = 100 * least_share(rates, model_.ticks_per_exit());
            add({{fmt::format("cost: at least {:.2f} % of the time", percent), Style::plain},
                 {fmt::format(" (exits {} {} ticks of a CPUID, measured)", utf8_ ? "×" : "x",
                              grouped(model_.ticks_per_exit())),
                  Style::faint}});
        }
        if (rates.log_lost != 0) {
            add({{fmt::format("lost: {} of the log, overwritten unread", counted(rates.log_lost, "record")),
                  Style::bad}});
        }
    }

    void processors(const Rates& rates) {
        add({});
        add({{padded("processor", name_width()) + fmt::format("{:>{}}", "exits/s", rate_width), Style::heading}});
        std::vector<ProcessorRate> all = rates.processors;
        const std::size_t room = std::max<std::size_t>(1, rows_ / 4);
        if (all.size() > room) { // the busiest
            std::ranges::stable_sort(all, std::ranges::greater{}, &ProcessorRate::exits);
        }
        const std::size_t shown = all.size() > room ? room - (room > 1 ? 1 : 0) : all.size();
        double greatest = 0;
        for (const ProcessorRate& one : all) {
            greatest = std::max(greatest, one.exits);
        }
        for (std::size_t i = 0; i < shown; ++i) {
            const ProcessorRate& one = all[i];
            const bool on = one.state == NADIR_PROCESSOR_ON;
            const std::string name = fmt::format("{:>3} {}", one.number, state_name(one.state));
            add({{padded(name, name_width()), on ? Style::plain : Style::bad},
                 {fmt::format("{:>{}}  ", rate_words(one.exits), rate_width), Style::plain},
                 {bar(greatest > 0 ? one.exits / greatest : 0, bar_width(rate_width + 2), utf8_), Style::bar}});
        }
        if (shown < all.size()) {
            add({{fmt::format("    and {} that have less to do", all.size() - shown), Style::faint}});
        }
    }

    [[nodiscard]] std::size_t bar_width(std::size_t others) const {
        const std::size_t used = name_width() + others;
        return used < columns_ ? std::min(columns_ - used, widest_bar) : 0;
    }

    // Processors side by side, as many as there is room for beside a bar that can still be read.
    [[nodiscard]] std::size_t processor_columns(const Rates& rates) const {
        const std::size_t used = name_width() + rate_width + share_width + 12;
        const std::size_t fitting = used < columns_ ? (columns_ - used) / rate_width : 0;
        return rates.processors.size() > 1 && fitting >= rates.processors.size() ? rates.processors.size() : 0;
    }

    void reasons(const Rates& rates, std::size_t room) {
        constexpr std::string_view sorts[] = {"reason, by rate", "reason, by name", "reason, by number"};
        const std::size_t each = processor_columns(rates);
        add({});
        std::string heading = padded(sorts[static_cast<std::size_t>(model_.sort())], name_width()) +
                              fmt::format("{:>{}}", "exits/s", rate_width);
        for (std::size_t i = 0; i < each; ++i) {
            heading += fmt::format("{:>{}}", fmt::format("cpu {}", rates.processors[i].number), rate_width);
        }
        add({{heading + fmt::format("{:>{}}", "share", share_width), Style::heading}});
        room -= std::min<std::size_t>(room, 2);
        const std::size_t shown = rates.reasons.size() > room ? room - std::min<std::size_t>(room, 1) //
                                                              : rates.reasons.size();
        for (std::size_t i = 0; i < shown; ++i) {
            const ReasonRate& one = rates.reasons[i];
            const double share = rates.exits > 0 ? one.all / rates.exits : 0;
            std::string numbers = fmt::format("{:>{}}", rate_words(one.all), rate_width);
            for (std::size_t processor = 0; processor < each; ++processor) {
                numbers += fmt::format("{:>{}}", rate_words(one.each[processor]), rate_width);
            }
            numbers += fmt::format("{:>{}.1f} %  ", share * 100, share_width - 2);
            add({{padded(fmt::format("{:>3} {}", one.reason, reason_name(one.reason)), name_width()), Style::plain},
                 {numbers, Style::plain},
                 {bar(share, bar_width(rate_width * (1 + each) + share_width + 2), utf8_), Style::bar}});
        }
        if (shown < rates.reasons.size()) {
            add({{fmt::format("    and {}", counted(rates.reasons.size() - shown, "other reason")), Style::faint}});
        }
    }

    // The rows of a table besides its lines: its heading, and one before it where there is room for that.
    [[nodiscard]] std::size_t around() const { return rows_ >= 20 ? 2 : 1; }

    // Of a terminal the two tables together get at most a third, and leave at least two rows for reasons, which stand before them.
    // None of the two takes more than half of that, unless the other leaves it.
    [[nodiscard]] std::pair<std::size_t, std::size_t> rooms(std::size_t hooks, std::size_t rules) const {
        constexpr std::size_t others = 2 + 2 + 1; // of reasons, with their heading, and the keys
        const std::size_t left = rows_ - std::min(rows_, frame_.lines.size() + others);
        const std::size_t both = std::min(rows_ / 3, left);
        const auto wished = [this](std::size_t lines) { return lines == 0 ? 0 : lines + around(); };
        const auto useful = [this](std::size_t room) { return room > around() ? room : 0; };
        const std::size_t second = useful(std::min(wished(rules), both - std::min(both / 2, wished(hooks))));
        const std::size_t first = useful(std::min(wished(hooks), both - second));
        return {first, useful(std::min(wished(rules), both - first))};
    }

    [[nodiscard]] static RatesTable rules_of(const Rates& rates) {
        RatesTable table{"rules", "answers/s", {}};
        for (const RuleRate& one : rates.rules) {
            table.lines.push_back({fmt::format("{:>3} {}", one.number, one.rule), one.answers, one.answered});
        }
        return table;
    }

    [[nodiscard]] RatesTable hooks_of(const Rates& rates) const {
        RatesTable table{"hooks", "hits/s", {}};
        for (const HookRate& one : rates.hooks) {
            const std::string owner = wide() ? fmt::format("{:<12}", owner_of(one.hook)) : "";
            table.lines.push_back({fmt::format("{}{}", owner, words_of_hook(one)), one.hits, one.hook.hits});
        }
        return table;
    }

    void table(RatesTable table, std::size_t room) {
        if (room == 0) {
            return;
        }
        room -= around();
        if (around() == 2) {
            add({});
        }
        const std::size_t width = columns_ > 2 * rate_width + 20 ? columns_ - 2 * rate_width : name_width();
        std::string heading(table.heading);
        const std::size_t shown = std::min(table.lines.size(), room);
        if (shown < table.lines.size()) { // the busiest
            heading += fmt::format(", {} of {}", shown, table.lines.size());
            std::ranges::stable_sort(table.lines, std::ranges::greater{}, &RatesTable::Row::rate);
        }
        add({{padded(heading, width) + fmt::format("{:>{}}{:>{}}", table.per_second, rate_width, "in all", rate_width),
              Style::heading}});
        for (const RatesTable::Row& one : std::span(table.lines).first(shown)) {
            add({{padded(one.name, width), Style::plain},
                 {fmt::format("{:>{}}{:>{}}", rate_words(one.rate), rate_width, grouped(one.all), rate_width),
                  Style::plain}});
        }
    }

    void help() {
        for (const std::string_view text :
             {"", "q, Esc    end", "s         sort by rate, name, number", "p, space  pause and go on",
              "c         the next processor alone", "0 to 9    this processor alone", "a         all processors again",
              "h, ?      this help; any key leaves it", "", "Cost: root mode keeps no times, so it is the number",
              "of exits times what the fastest of some CPUIDs", "took here; other exits take longer."}) {
            add({{std::string(text), Style::plain}});
        }
    }

    void keys() {
        if (frame_.lines.size() >= rows_) {
            return;
        }
        while (frame_.lines.size() + 1 < rows_) {
            frame_.lines.emplace_back();
        }
        frame_.lines.push_back(fitted(
            {{wide() ? "q end   s sort   p pause   c processor   a all   ? help" : "q s p c a ? help", Style::faint}}));
    }

    const TopModel& model_;
    std::size_t columns_;
    std::size_t rows_;
    bool utf8_;
    Frame frame_;
};

} // namespace

Frame draw_top(const TopModel& model, TerminalSize size, bool utf8) { return Drawing(model, size, utf8).draw(); }

} // namespace nadir::tool
