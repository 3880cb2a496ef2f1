// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/look/sample.h"

#include "tool/hook/hook_list.h"
#include "tool/processors.h"

#include <algorithm>

namespace nadir::tool {

Sample take_sample(System& system, Device& device) {
    Sample sample;
    sample.state = device.state();
    sample.when = system.read_clocks();
    sample.processors = present_processors(device, sample.state);
    if (sample.state.active != 0) {
        nadir_rules_request wanted{};
        wanted.operation = NADIR_RULES_LIST;
        const nadir_rules_request answer = device.rules(wanted);
        // It may have been turned off since: then there are none.
        if (answer.report.status == NADIR_OK) {
            sample.rules.assign(answer.rules, answer.rules + std::min<std::size_t>(answer.count, NADIR_RULES));
        }
        sample.hooks = list_hooks(device);
    }
    return sample;
}

} // namespace nadir::tool
