// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What a console dump says without printing it, and whether it is whole.
#pragma once

#include "tool/dump/console_labels.h"
#include "tool/dump/dump.h"

#include <string>
#include <utility>
#include <vector>

namespace nadir::tool {

struct ConsoleFacts {
    bool last_attempted_line = false; // "VMCS ..., last attempted VM-entry on CPU n": Linux 5.14 and newer
    bool tertiary_line = false;       // "TertiaryExec=": Linux 5.19 and newer
    bool efer_elsewhere = false;      // the EFER that was printed isn't the field
    unsigned sections = 0;            // bit per DumpSection
    std::vector<std::pair<std::string, unsigned>> lists; // "guest autoload", and how many entries
};

// Where it was cut off, in words; empty: it is whole.
std::string where_cut_off(const Dump& dump, DumpSection section, unsigned last_line);

// Sound ones only: README.md lists them.
void derive_facts(Dump& dump, const ConsoleFacts& facts);

} // namespace nadir::tool
