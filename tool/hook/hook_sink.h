// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Where `nadir hook` puts what it sees.
#pragma once

#include "tool/clock.h"
#include "tool/symbols/symbols.h"
#include "tool/trace/event_reader.h"

#include <memory>
#include <ostream>
#include <span>
#include <string>
#include <vector>

namespace nadir::tool {

class HookSink {
public:
    HookSink() = default;
    HookSink(const HookSink&) = delete;
    HookSink& operator=(const HookSink&) = delete;
    virtual ~HookSink() = default;

    virtual void set(std::size_t hooks) = 0;
    virtual void hit(const SeenEvent& event) = 0;
    virtual void lost(const EventTally& tally) = 0; // just now
    virtual void gone(const nadir_listed_hook& hook) = 0;
    virtual void flush() = 0;
    // The hooks with what they came to; without tallies nobody looked at single hits.
    virtual void end(std::span<const nadir_listed_hook> hooks, std::span<const EventTally> tallies) = 0;
};

std::unique_ptr<HookSink> text_hook_sink(std::ostream& out, const Clock& clock, const Symbols& symbols);
// One object per line.
std::unique_ptr<HookSink> json_hook_sink(std::ostream& out, const Clock& clock, const Symbols& symbols);

// A table of hooks, whosever they are.
void print_hooks(std::ostream& out, std::span<const nadir_listed_hook> hooks, const Symbols& symbols, bool json);

} // namespace nadir::tool
