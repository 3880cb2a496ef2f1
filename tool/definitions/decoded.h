// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A value taken apart by its definition, ready to be printed.
#pragma once

#include "tool/definitions/lookup.h"
#include "tool/definitions/value.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace nadir::tool {

struct DecodedField {
    const arch::Field* field;
    std::uint64_t value = 0; // right-aligned; of an address the whole address
    std::string words;       // of an enumeration, or of a number that stands for something; empty: none
};

// What a capability MSR says about one control.
struct DecodedControl {
    const arch::Field* field;
    bool may_be_0 = false;
    bool may_be_1 = false;
};

struct Decoded {
    Target target;
    Value value;
    std::string words;                    // where the whole value has a name
    std::vector<DecodedField> fields;     // all, in their order
    std::vector<DecodedControl> controls; // of MSRs 481H to 484H, 48BH, 48DH to 490H
    std::uint64_t reserved_set = 0;       // reserved bits that are 1 and need not be
    std::uint64_t reserved_clear = 0;     // reserved bits that are 0 and must be 1
    std::vector<std::string> notes;
};

// Throws Failure when the value is wider than the register.
Decoded decode(const Target& target, const Value& value);

} // namespace nadir::tool
