// SPDX-License-Identifier: MIT OR GPL-2.0-only
// test=caps: the capabilities that the core reads, as words in hexadecimal: a corpus for tests and a first look.
#include "hosts/bare/machine/print.h"
#include "hosts/bare/programs/programs.h"

namespace nadir::bare {

const char* run_caps(const Options&) {
    alignas(16) static u64 words[NADIR_CAPABILITIES_BYTES / 8];
    nadir_read_capabilities(words);
    for (u32 i = 0; i < NADIR_CAPABILITIES_BYTES / 8; i += 4)
        print("caps %03x: %016llx %016llx %016llx %016llx\n", i * 8, words[i], words[i + 1], words[i + 2],
              words[i + 3]);
    return nullptr;
}

} // namespace nadir::bare
