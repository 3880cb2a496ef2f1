// SPDX-License-Identifier: MIT OR GPL-2.0-only
// `nadir top` as a picture.
#pragma once

#include "tool/look/frame.h"
#include "tool/look/top_model.h"

namespace nadir::tool {

// Fits the size, whatever it is: what there is no room for is left out, the least important first.
Frame draw_top(const TopModel& model, TerminalSize size, bool utf8);

} // namespace nadir::tool
