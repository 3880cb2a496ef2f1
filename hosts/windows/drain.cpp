// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "hosts/windows/host.h"
namespace nadir::windows {
void drain_begin() {}
void drain_end() {}
} // namespace nadir::windows
