// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/processors.h"

namespace nadir::tool {

std::string_view state_name(nadir_u32 state) {
    switch (state) {
    case NADIR_PROCESSOR_ABSENT: return "absent";
    case NADIR_PROCESSOR_OFF: return "off";
    case NADIR_PROCESSOR_ON: return "on";
    case NADIR_PROCESSOR_DEAD: return "dead";
    case NADIR_PROCESSOR_STUCK: return "stuck";
    default: return "unknown";
    }
}

std::vector<nadir_statistics> present_processors(Device& device, const nadir_state& state) {
    std::vector<nadir_statistics> present;
    for (nadir_u32 number = 0; number < state.processors; ++number) {
        nadir_statistics statistics = device.statistics(number);
        if (statistics.state != NADIR_PROCESSOR_ABSENT) {
            present.push_back(statistics);
        }
    }
    return present;
}

} // namespace nadir::tool
