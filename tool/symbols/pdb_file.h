// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Which build a PDB belongs to. Its names are for the system's own reader; this is to say in words why that refuses one.
// [LLVM "The MSF File Format", "The PDB Info Stream", "The PDB DBI Stream"]
#pragma once

#include "tool/symbols/binary_file.h"
#include "tool/symbols/build_id.h"

namespace nadir::tool {

// Does it begin as one?
bool is_pdb(BinaryFile& file);

// Throws Failure where it is none, or damaged.
BuildId read_pdb_id(BinaryFile& file);

} // namespace nadir::tool
