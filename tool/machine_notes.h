// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What an operating system says of itself, for a bug report; with what mustn't be in one, so that it can be taken out.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace nadir::tool {

// Where the kernel lies, which is different after each start of the system and is no one's business.
struct KernelPlaces {
    std::uint64_t text = 0;   // its first instruction; 0: not known
    std::uint64_t module = 0; // nadir.ko; 0: not known
    std::uint64_t module_bytes = 0;
};

struct MachineNotes {
    std::vector<std::pair<std::string, std::string>> facts;
    std::vector<std::pair<std::string, std::string>> private_facts; // only where a person wants them in it
    std::vector<std::string> messages;                              // of the kernel's log, ours
    std::string no_messages;                                        // why there are none
    std::vector<std::string> names;                                 // of the machine and its users
    KernelPlaces kernel;
};

} // namespace nadir::tool
