// SPDX-License-Identifier: MIT OR GPL-2.0-only
#pragma once

#include <cstdint>

namespace nadir::core {

// Which of the two copies of the plan; in Vmm::present_plan and Vmm::plan_in_work none_of_both, too.
inline constexpr uint32_t plan_copies = 2;
inline constexpr uint32_t none_of_both = plan_copies;

} // namespace nadir::core
