// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/hook/hook_sink.h"

#include "tool/hook/hook_list.h"
#include "tool/json_output.h"
#include "tool/print_to.h"
#include "tool/trace/event_json.h"
#include "tool/trace/line_words.h"
#include "tool/units.h"

#include <fmt/format.h>

namespace nadir::tool {

namespace {

std::string words_of(const nadir_listed_hook& hook, const Symbols& symbols) {
    std::string place = words_of(symbols, hook.wish.address);
    switch (hook.wish.kind) {
    case NADIR_HOOK_REDIRECT: return fmt::format("{} -> {}", place, words_of(symbols, hook.wish.target));
    case NADIR_HOOK_CALL: return fmt::format("{} -> extension {}", place, hook.wish.target);
    default: return place;
    }
}

class TextHookSink final : public HookSink {
public:
    TextHookSink(std::ostream& out, const Clock& clock, const Symbols& symbols)
        : out_(out), clock_(clock), symbols_(symbols) {}

    void set(std::size_t hooks) override {
        print_to(out_, "{} set; Ctrl-C ends.\n", hooks == 1 ? "1 hook is" : fmt::format("{} hooks are", hooks));
    }

    void hit(const SeenEvent& one) override {
        print_to(out_, "{}  cpu {:<3} {:<20}  {}  rdi {:#x}  rsi {:#x}\n", time_of(clock_.at(one.event.time)),
                 one.processor, process_words(one), tool::words_of(symbols_, one.event.rip), one.event.word[1],
                 one.event.word[2]);
    }

    void lost(const EventTally& tally) override {
        print_to(out_, "({} of processor {} lost: they came faster than they were read)\n", counted(tally.lost, "hit"),
                 tally.processor);
    }

    void gone(const nadir_listed_hook& hook) override {
        print_to(out_, "(the hook at {} is gone: its module was unloaded, or the code isn't needed any more)\n",
                 words_of(hook, symbols_));
    }

    void flush() override { out_ << std::flush; }

    void end(std::span<const nadir_listed_hook> hooks, std::span<const EventTally> tallies) override {
        print_to(out_, "{:>16}  at\n", "hits");
        for (const nadir_listed_hook& hook : hooks) {
            print_to(out_, "{:>16}  {}{}\n", grouped(hook.hits), words_of(hook, symbols_),
                     hook.changes != 0 ? fmt::format(" (rewritten {})", counted(hook.changes, "time")) : "");
        }
        for (const EventTally& tally : tallies) {
            if (tally.lost != 0) {
                print_to(out_, "(processor {}: {} seen, {} lost)\n", tally.processor, counted(tally.events, "hit"),
                         grouped(tally.lost));
            }
        }
    }

private:
    std::ostream& out_;
    const Clock& clock_;
    const Symbols& symbols_;
};

// {"address": "0xffffffff81200010", "symbol": "vfs_read", "offset": 16, "module": null}
nlohmann::ordered_json place_json(const Symbols& symbols, std::uint64_t address) {
    nlohmann::ordered_json json{
        {"address", fmt::format("{:#x}", address)}, {"symbol", nullptr}, {"offset", nullptr}, {"module", nullptr}};
    if (const std::optional<SymbolPlace> place = symbols.at(address)) {
        json["symbol"] = place->symbol->name;
        json["offset"] = place->offset;
        if (!place->symbol->module.empty()) {
            json["module"] = place->symbol->module;
        }
    }
    return json;
}

nlohmann::ordered_json to_json(const nadir_listed_hook& hook, const Symbols& symbols) {
    nlohmann::ordered_json json = place_json(symbols, hook.wish.address);
    json["physical_address"] = fmt::format("{:#x}", hook.physical);
    json["redirect"] = nullptr;
    if (hook.wish.kind == NADIR_HOOK_REDIRECT) {
        json["redirect"] = place_json(symbols, hook.wish.target);
    }
    json["extension"] = nullptr;
    if (hook.wish.kind == NADIR_HOOK_CALL) {
        json["extension"] = hook.wish.target;
    }
    json["hits"] = hook.hits;
    json["changes"] = hook.changes;
    json["number"] = nullptr;
    if (!is_gone(hook)) {
        json["number"] = hook.number;
    }
    json["whose"] = owner_of(hook);
    json["gone"] = is_gone(hook);
    return json;
}

nlohmann::ordered_json to_json(std::span<const nadir_listed_hook> hooks, const Symbols& symbols) {
    nlohmann::ordered_json all = nlohmann::ordered_json::array();
    for (const nadir_listed_hook& hook : hooks) {
        all.push_back(to_json(hook, symbols));
    }
    return all;
}

class JsonHookSink final : public HookSink {
public:
    JsonHookSink(std::ostream& out, const Clock& clock, const Symbols& symbols)
        : out_(out), clock_(clock), symbols_(symbols) {}

    void set(std::size_t hooks) override { print_json_line(out_, {{"set", hooks}}); }

    void hit(const SeenEvent& one) override {
        nlohmann::ordered_json json;
        json["time"] = std::chrono::duration<double>(clock_.at(one.event.time).time_since_epoch()).count();
        json["ticks"] = one.event.time;
        json["processor"] = one.processor;
        json["process"] = process_json(one);
        json["hook"] = place_json(symbols_, one.event.rip);
        json["cr3"] = fmt::format("{:#x}", one.event.cr3);
        json["rdi"] = fmt::format("{:#x}", one.event.word[1]);
        json["rsi"] = fmt::format("{:#x}", one.event.word[2]);
        out_ << json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace)
             << '\n'; // flushed by the batch
    }

    void lost(const EventTally& tally) override {
        print_json_line(out_, {{"lost", tally.lost}, {"processor", tally.processor}});
    }

    void gone(const nadir_listed_hook& hook) override { print_json_line(out_, {{"gone", to_json(hook, symbols_)}}); }

    void flush() override { out_ << std::flush; }

    void end(std::span<const nadir_listed_hook> hooks, std::span<const EventTally> tallies) override {
        nlohmann::ordered_json all = nlohmann::ordered_json::array();
        for (const EventTally& tally : tallies) {
            all.push_back({{"processor", tally.processor}, {"seen", tally.events}, {"lost", tally.lost}});
        }
        print_json_line(out_, {{"end", all}, {"hooks", to_json(hooks, symbols_)}});
    }

private:
    std::ostream& out_;
    const Clock& clock_;
    const Symbols& symbols_;
};

} // namespace

std::unique_ptr<HookSink> text_hook_sink(std::ostream& out, const Clock& clock, const Symbols& symbols) {
    return std::make_unique<TextHookSink>(out, clock, symbols);
}

std::unique_ptr<HookSink> json_hook_sink(std::ostream& out, const Clock& clock, const Symbols& symbols) {
    return std::make_unique<JsonHookSink>(out, clock, symbols);
}

void print_hooks(std::ostream& out, std::span<const nadir_listed_hook> hooks, const Symbols& symbols, bool json) {
    if (json) {
        print_json(out, {{"hooks", to_json(hooks, symbols)}});
        return;
    }
    if (hooks.empty()) {
        print_to(out, "There are no hooks.\n");
        return;
    }
    print_to(out, "{:>16}  {:<11}  at\n", "hits", "whose");
    for (const nadir_listed_hook& hook : hooks) {
        print_to(out, "{:>16}  {:<11}  {}{}\n", grouped(hook.hits), owner_of(hook), words_of(hook, symbols),
                 is_gone(hook) ? " (gone)" : "");
    }
}

} // namespace nadir::tool
