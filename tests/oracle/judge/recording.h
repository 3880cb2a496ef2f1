// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What a run of the guest program left behind: on COM1 the processor's capabilities and fields, in the emulator's log the
// verdicts, each behind what the emulator said about that VM entry.
#pragma once

#include "arch/capabilities.h"
#include "tests/oracle/slots.h"
#include "tests/oracle/verdict.h"

#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

namespace nadir::oracle {

struct Recording {
    arch::Capabilities caps{};
    Presence presence;
    std::uint32_t mutants = 0;
};

// Throws std::runtime_error in words.
Recording read_console(const std::string& file);

// One mutant's verdict with the emulator's messages (without time and source).
struct Observation {
    Marker marker;
    std::vector<std::string> messages;
};

class LogReader {
public:
    explicit LogReader(const std::string& file);

    // False at the end. Throws where the log doesn't hold what it should.
    bool next(Observation& observation);

private:
    std::ifstream log_;
    std::string line_;
};

} // namespace nadir::oracle
