// SPDX-License-Identifier: MIT OR GPL-2.0-only
#pragma once

namespace nadir::nt {

// One more processor, with all that Windows tells drivers about it. False: a driver said no.
bool hot_add();

} // namespace nadir::nt
