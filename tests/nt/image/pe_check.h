// SPDX-License-Identifier: MIT OR GPL-2.0-only
#pragma once

#include "tests/nt/abi/pe.h"

namespace nadir::nt {

// Ends the run where Windows' loader would refuse the file as a driver, or memory integrity its sections.
const pe::Headers& check_image(const u8* file, u64 bytes);
const pe::Section* first_section(const pe::Headers& headers);

} // namespace nadir::nt
