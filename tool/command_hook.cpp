// SPDX-License-Identifier: MIT OR GPL-2.0-only
// `nadir hook`: hidden breakpoints in the running kernel (docs/hooks.md).
#include "tool/commands.h"
#include "tool/hook/extension.h"
#include "tool/hook/hook_list.h"
#include "tool/hook/hook_sink.h"
#include "tool/hook/places.h"
#include "tool/report.h"
#include "tool/symbols/source.h"

#include <algorithm>
#include <fmt/format.h>

namespace nadir::tool {

namespace {

constexpr auto hits_poll_interval = std::chrono::milliseconds(20);
// So often it is asked whether all hooks are still there.
constexpr unsigned polls_per_look = 25;

using Hooks = std::vector<nadir_listed_hook>;

Hooks my_hooks(Device& device) {
    Hooks mine = list_hooks(device);
    std::erase_if(mine, [](const nadir_listed_hook& hook) { return !is_mine(hook); });
    return mine;
}

// Addresses can be hooked, and hooks listed, where the symbols can't be read.
Symbols symbols_for(System& system, const HookOptions& options) {
    const bool optional = std::ranges::all_of(options.places, is_address) &&
                          (options.redirect.empty() || is_address(options.redirect)) && options.symbols.empty();
    try {
        std::vector<std::string> names = options.places;
        if (!options.redirect.empty()) {
            names.push_back(options.redirect);
        }
        return read_symbols(system, {options.symbols, names, {}});
    } catch (const Failure&) {
        if (!optional) {
            throw;
        }
        return {};
    }
}

std::vector<nadir_hook_wish> wishes_of(Device& device, const HookOptions& options, const Symbols& symbols) {
    if (options.places.empty()) {
        throw Failure(ExitStatus::usage, "Where is the hook to be?",
                      "Give SYMBOL, SYMBOL+OFFSET or ADDRESS; `nadir symbols PATTERN` finds the kernel's functions.");
    }
    if (options.places.size() > NADIR_HOOK_BATCH) {
        throw Failure(ExitStatus::usage, fmt::format("One command sets at most {} hooks.", NADIR_HOOK_BATCH));
    }
    nadir_hook_wish wish{};
    if (!options.redirect.empty()) {
        wish.kind = NADIR_HOOK_REDIRECT;
        wish.target = parse_place(options.redirect, symbols);
    } else if (!options.call.empty()) {
        wish.kind = NADIR_HOOK_CALL;
        wish.target = extension_number(device, options.call);
    }
    std::vector<nadir_hook_wish> wishes;
    for (const std::string& place : options.places) {
        wish.address = parse_place(place, symbols);
        wishes.push_back(wish);
    }
    return wishes;
}

// The reason, and which of the hooks it is about.
[[noreturn]] void refuse(const nadir_report& report, const Symbols& symbols) {
    std::string words = words_of(report);
    std::string advice;
    switch (report.status) {
    case NADIR_ALREADY_OFF:
        words = "Nadir is off: there can be no hooks.";
        advice = "`nadir on` starts it.";
        break;
    case NADIR_HOOKS_NOT_ASKED_FOR:
        words = "Nadir was turned on without memory for hooks.";
        advice = "Turn it off, and on again with --hook-pages.";
        break;
    case NADIR_NO_MEMORY: advice = "`nadir on --hook-pages N` keeps more memory for hooks."; break;
    case NADIR_HOOK_INSTRUCTION: advice = "`objdump -d` shows where the instructions around it begin."; break;
    case NADIR_HOOK_EXTENSION: advice = "`nadir extensions` lists them."; break;
    default: break;
    }
    if (report.detail[0] != 0) {
        words = fmt::format("No hook was set, for the one at {} was refused: {}", words_of(symbols, report.detail[0]),
                            words);
    }
    throw Failure(ExitStatus::failed, words, advice);
}

void set_hooks(Device& device, const std::vector<nadir_hook_wish>& wishes, bool stay, const Symbols& symbols) {
    nadir_hooks_set_request wanted{};
    std::ranges::copy(wishes, wanted.hooks);
    wanted.count = static_cast<nadir_u32>(wishes.size());
    wanted.stay = stay ? 1 : 0;
    const nadir_report report = device.hooks_set(wanted).report;
    if (report.status != NADIR_OK) {
        refuse(report, symbols);
    }
}

void begin_events(Device& device) {
    nadir_event_filter filter{};
    filter.kinds = 1u << NADIR_EVENT_HOOK;
    const nadir_report report = device.events_begin(filter);
    if (report.status == NADIR_BUSY) {
        throw Failure(ExitStatus::failed, words_of(report),
                      "`nadir hook --quiet` only counts hits, and doesn't need the events.");
    }
    if (report.status != NADIR_OK) {
        refuse(report, {});
    }
}

// Set hooks, and what comes of them.
class Watch {
public:
    Watch(System& system, Device& device, const HookOptions& options, HookSink& sink)
        : system_(system), device_(device), options_(options), sink_(sink),
          reader_(device, device.state().processors, std::nullopt, false), left_(options.count) {}

    void run(const std::ostream& out) {
        bool last = false;
        for (unsigned poll = 1; !last && !over_ && left_ != 0 && out.good(); ++poll) {
            last = system_.interrupted(); // what came until then is still shown
            const bool more = !options_.quiet && read_events();
            if (options_.quiet || poll % polls_per_look == 0) {
                look();
            }
            if (!more && !last && !over_ && left_ != 0) {
                system_.sleep(hits_poll_interval);
            }
        }
    }

    // Nobody has any hook of ours after this, and all hits are told.
    void end() {
        const nadir_report report = device_.hooks_clear(false).report;
        if (report.status != NADIR_OK) {
            throw Failure(ExitStatus::failed, words_of(report), "`nadir status` shows which processors answer.");
        }
        if (options_.quiet) {
            sink_.end(my_hooks(device_), {});
            return;
        }
        while (read_events()) {
        }
        (void)device_.events_end();
        sink_.end(my_hooks(device_), reader_.tallies());
    }

    [[nodiscard]] bool was_turned_off() const { return turned_off_; }

private:
    bool read_events() {
        const Harvest harvest = reader_.read();
        for (const EventTally& tally : harvest.lost) {
            sink_.lost(tally);
        }
        for (const SeenEvent& event : harvest.events) {
            if (left_ != 0) {
                sink_.hit(event);
                left_ = left_ ? std::optional(*left_ - 1) : std::nullopt;
            }
        }
        sink_.flush();
        turned_off_ = turned_off_ || harvest.over;
        over_ = over_ || harvest.over;
        return harvest.more && !harvest.over;
    }

    // Are they still there, and do they have enough hits?
    void look() {
        const Hooks hooks = my_hooks(device_);
        std::uint64_t hits = 0;
        std::size_t gone = 0;
        for (const nadir_listed_hook& hook : hooks) {
            hits += hook.hits;
            gone += is_gone(hook) ? 1 : 0;
        }
        if (gone != known_gone_ && device_.state().active == 0) {
            turned_off_ = over_ = true;
            return;
        }
        for (const nadir_listed_hook& hook : hooks) {
            const bool told = std::ranges::find(told_, hook.wish.address) != told_.end();
            if (is_gone(hook) && !told) {
                told_.push_back(hook.wish.address);
                sink_.gone(hook);
            }
        }
        sink_.flush();
        known_gone_ = gone;
        over_ = over_ || gone == hooks.size();
        if (options_.quiet && options_.count && hits >= *options_.count) {
            left_ = 0;
        }
    }

    System& system_;
    Device& device_;
    const HookOptions& options_;
    HookSink& sink_;
    EventReader reader_;
    std::optional<std::uint64_t> left_;
    std::vector<std::uint64_t> told_; // gone hooks
    std::size_t known_gone_ = 0;
    bool over_ = false;
    bool turned_off_ = false;
};

ExitStatus watch(System& system, Device& device, const HookOptions& options, const Symbols& symbols,
                 const std::vector<nadir_hook_wish>& wishes, std::ostream& out) {
    const Clock clock(system);
    const auto sink = options.json ? json_hook_sink(out, clock, symbols) : text_hook_sink(out, clock, symbols);
    if (!options.quiet) {
        begin_events(device); // before the first hit
    }
    set_hooks(device, wishes, false,
              symbols); // whatever ends this program ends them, too: they go with the open device
    sink->set(wishes.size());
    sink->flush();
    Watch hooks(system, device, options, *sink);
    hooks.run(out);
    hooks.end();
    if (hooks.was_turned_off()) {
        throw Failure(ExitStatus::failed, "Nadir was turned off meanwhile.", "`nadir on` starts it.");
    }
    return ExitStatus::success;
}

} // namespace

ExitStatus command_hook(System& system, const HookOptions& options, std::ostream& out) {
    const auto device = system.open_device();
    if (options.clear) {
        const nadir_hooks_clear_request answer = device->hooks_clear(true);
        if (answer.report.status != NADIR_OK) {
            refuse(answer.report, {});
        }
    }
    if (options.list || options.clear) {
        const Hooks hooks = list_hooks(*device);
        // The kernel's symbols are many, and nobody needs them for nothing.
        const bool unneeded = hooks.empty() && options.symbols.empty();
        print_hooks(out, hooks, unneeded ? Symbols{} : symbols_for(system, options), options.json);
        return ExitStatus::success;
    }
    const Symbols symbols = symbols_for(system, options);
    const std::vector<nadir_hook_wish> wishes = wishes_of(*device, options, symbols);
    if (options.keep) {
        set_hooks(*device, wishes, true, symbols);
        print_hooks(out, list_hooks(*device), symbols, options.json);
        return ExitStatus::success;
    }
    return watch(system, *device, options, symbols, wishes, out);
}

} // namespace nadir::tool
