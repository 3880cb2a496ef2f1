// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/look/rates.h"

#include "arch/vmx/exit_reason.h"
#include "tool/hook/hook_list.h"
#include "tool/rules/rule_words.h"
#include "tool/units.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <span>

namespace nadir::tool {

namespace {

nadir_u64 grown(nadir_u64 before, nadir_u64 after) { return after >= before ? after - before : after; }

// What a processor had counted; nothing, where it is new.
nadir_statistics counted_before(const Sample& before, nadir_u32 number) {
    const auto found = std::ranges::find(before.processors, number, &nadir_statistics::processor);
    return found != before.processors.end() ? *found : nadir_statistics{};
}

void add_rules(Rates& rates, const Sample& before, const Sample& after) {
    for (const nadir_listed_rule& rule : after.rules) {
        const auto found = std::ranges::find(before.rules, rule.number, &nadir_listed_rule::number);
        const nadir_u64 old = found != before.rules.end() ? found->answered : 0;
        rates.rules.push_back({rule.number, words_of_rule(rule.rule),
                               static_cast<double>(grown(old, rule.answered)) / rates.seconds, rule.answered});
    }
}

// Two programs may have a hook at the same place, and each counts from when it has set its own: the first of them is the first, the
// second the second.
nadir_u64 hits_before(const Sample& before, const std::vector<nadir_listed_hook>& now, std::size_t number) {
    const auto is_same = [&hook = now[number]](const nadir_listed_hook& one) {
        return one.wish.address == hook.wish.address && is_staying(one) == is_staying(hook);
    };
    auto earlier = std::ranges::count_if(std::span(now).first(number), is_same);
    for (const nadir_listed_hook& one : before.hooks) {
        if (is_same(one) && earlier-- == 0) {
            return one.hits;
        }
    }
    return 0;
}

void add_hooks(Rates& rates, const Sample& before, const Sample& after) {
    const auto name_of = [&after](nadir_u64 address) {
        const auto found = after.places.find(address);
        return found != after.places.end() ? found->second : std::string{};
    };
    for (std::size_t i = 0; i < after.hooks.size(); ++i) {
        const nadir_listed_hook& hook = after.hooks[i];
        const nadir_u64 hits = grown(hits_before(before, after.hooks, i), hook.hits);
        rates.hooks.push_back(
            {hook, name_of(hook.wish.address), name_of(hook.wish.target), static_cast<double>(hits) / rates.seconds});
    }
}

} // namespace

std::optional<Rates> rates_between(const Sample& before, const Sample& after, std::optional<nadir_u32> only) {
    Rates rates;
    rates.seconds = std::chrono::duration<double>(after.when.steady - before.when.steady).count();
    if (rates.seconds <= 0) {
        return std::nullopt;
    }
    rates.ticks_per_second = static_cast<double>(after.when.ticks - before.when.ticks) / rates.seconds;
    rates.active = after.state.active != 0;
    std::vector<ReasonRate> reasons(NADIR_EXIT_REASONS);
    for (const nadir_statistics& now : after.processors) {
        if (only && *only != now.processor) {
            continue;
        }
        const nadir_statistics then = counted_before(before, now.processor);
        ProcessorRate& one = rates.processors.emplace_back();
        one.number = now.processor;
        one.state = now.state;
        one.exits = static_cast<double>(grown(then.exits_total, now.exits_total)) / rates.seconds;
        one.log_lost = grown(then.log_lost, now.log_lost);
        rates.exits += one.exits;
        rates.log_lost += one.log_lost;
        for (unsigned reason = 0; reason < NADIR_EXIT_REASONS; ++reason) {
            const double rate = static_cast<double>(grown(then.exits[reason], now.exits[reason])) / rates.seconds;
            reasons[reason].reason = reason;
            reasons[reason].all += rate;
            reasons[reason].each.push_back(rate);
        }
    }
    std::ranges::copy_if(reasons, std::back_inserter(rates.reasons), [](const ReasonRate& one) { return one.all > 0; });
    add_rules(rates, before, after);
    add_hooks(rates, before, after);
    return rates;
}

double least_share(const Rates& rates, nadir_u64 ticks_per_exit) {
    const double there_are = rates.ticks_per_second * static_cast<double>(rates.processors.size());
    return there_are > 0 ? std::min(1.0, rates.exits * static_cast<double>(ticks_per_exit) / there_are) : 0;
}

std::string reason_name(unsigned reason) {
    if (reason + 1 == NADIR_EXIT_REASONS) {
        return "newer than this version";
    }
    return std::string(arch::exit_reason_name(static_cast<arch::BasicExitReason>(reason)));
}

std::string words_of_hook(const HookRate& hook) {
    const nadir_hook_wish& wish = hook.hook.wish;
    return place_words(hook.place, wish.address) +
           (wish.kind == NADIR_HOOK_REDIRECT ? " -> " + place_words(hook.target, wish.target) : "") +
           (is_gone(hook.hook) ? " (gone)" : "");
}

std::string rate_words(double rate) {
    return rate > 0 && rate < 9.95 ? fmt::format("{:.1f}", rate) : grouped(static_cast<nadir_u64>(std::llround(rate)));
}

} // namespace nadir::tool
