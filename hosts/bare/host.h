// SPDX-License-Identifier: MIT OR GPL-2.0-only
#pragma once

#include "hosts/bare/types.h"

namespace nadir::bare {

// Lines of the core above this level (enum nadir_level) aren't printed.
void set_print_level(u32 level);

} // namespace nadir::bare
