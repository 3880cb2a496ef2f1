// SPDX-License-Identifier: MIT OR GPL-2.0-only
#pragma once

namespace nadir::tool {

struct TerminalSize {
    unsigned columns = 80;
    unsigned rows = 24;
};

} // namespace nadir::tool
