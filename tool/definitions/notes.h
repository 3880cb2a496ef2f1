// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What numbers in registers stand for, where it takes more than one field to say it.
#pragma once

#include "arch/registry.h"

#include <cstdint>
#include <string>
#include <vector>

namespace nadir::tool {

// "RAX" of a field with a general register's number; empty where the number is just a number.
std::string words_of(const arch::Definition& definition, const arch::Field& field, std::uint64_t value);

// Sentences for the end: "type: code, execute/read, accessed", or where else to look.
std::vector<std::string> notes_on(const arch::Definition& definition, std::uint64_t raw);

} // namespace nadir::tool
