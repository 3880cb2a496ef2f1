// SPDX-License-Identifier: MIT OR GPL-2.0-only
// `nadir top`: rates on the whole terminal, until a key ends it (docs/look.md).
#include "tool/commands.h"
#include "tool/look/top_frame.h"
#include "tool/look/top_model.h"
#include "tool/look/watch.h"
#include "tool/print_to.h"

namespace nadir::tool {

namespace {

// What the cost is estimated by. It is another one where Nadir was turned on or off meanwhile, and measuring takes exits itself.
class Price {
public:
    nadir_u64 of(System& system, const nadir_state& state) {
        if (!measured_ || state.active != active_ || state.starts != starts_) {
            measured_ = true;
            active_ = state.active;
            starts_ = state.starts;
            ticks_ = state.active != 0 ? system.cpuid_ticks() : 0;
        }
        return ticks_;
    }

private:
    bool measured_ = false;
    nadir_u32 active_ = 0;
    nadir_u64 starts_ = 0;
    nadir_u64 ticks_ = 0;
};

} // namespace

ExitStatus command_top(System& system, const TopOptions& options, std::ostream& out) {
    const auto device = system.open_device(); // what is wrong with it is said before the screen is another one
    const auto screen = system.open_screen();
    if (screen == nullptr) {
        print_to(out, "({}: lines as of `nadir stats --watch` instead)\n", system.words().no_screen);
        watch(system, *device, {options.interval, options.count, std::nullopt, false}, out);
        return ExitStatus::success;
    }
    PlaceNames names(system, options.symbols);
    TopModel model;
    Price price;
    for (std::uint64_t looks = 0; !system.interrupted(); ++looks) {
        Sample sample = take_sample(system, *device);
        sample.places = names.of(sample.hooks);
        const auto next = sample.when.steady + options.interval;
        const nadir_u64 ticks = price.of(system, sample.state);
        model.add(std::move(sample), ticks);
        screen->show(draw_top(model, screen->size(), screen->utf8()));
        if (options.count && looks >= *options.count) {
            break;
        }
        for (auto now = system.read_clocks().steady; now < next && !system.interrupted();
             now = system.read_clocks().steady) {
            const char key = screen->wait(std::chrono::ceil<std::chrono::milliseconds>(next - now));
            if (key != 0 && !model.press(key)) {
                return ExitStatus::success;
            }
            screen->show(draw_top(model, screen->size(), screen->utf8()));
        }
    }
    return ExitStatus::success;
}

} // namespace nadir::tool
