// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A VMCS field's value in words, by the parts that arch/ declares.
#pragma once

#include "arch/vmx/field_table.h"

#include <cstdint>
#include <string>

namespace nadir::tool {

// "type=11 s present g"; empty where the value is a plain number.
std::string value_words(const arch::VmcsFieldInfo& field, std::uint64_t value);

// "0xa09b (type=11 s present)"
std::string value_and_words(const arch::VmcsFieldInfo& field, std::uint64_t value);

// The parts that `bits` lie in, with what they are: "granularity (bit 15), reserved (bit 63)".
std::string parts_of_bits(const arch::VmcsFieldInfo& field, std::uint64_t bits);

// "bit 15", "bits 11:8 and 31:17"
std::string bit_ranges(std::uint64_t bits);

} // namespace nadir::tool
