// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Whatever stands in a filter of `nadir trace`: it is refused with words that show the place, or judges every event.
#include "tool/exit_status.h"
#include "tool/trace/where.h"

#include <cstdint>
#include <cstdlib>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace nadir::tool;
    const std::string text(reinterpret_cast<const char*>(data), size);
    try {
        const Where where(text, {0xFFFF'FFFF, true});
        SeenEvent event{};
        for (nadir_u16 kind = 0; kind <= NADIR_EVENT_KINDS; ++kind) {
            event.event.kind = kind;
            event.process.flags = kind % 2;
            const bool once = where.matches(event);
            if (once != where.matches(event)) {
                std::abort();
            }
        }
    } catch (const Failure& failure) {
        const std::string words = failure.what();
        const bool shows_place = words.find("\n  ") != std::string::npos && words.ends_with("^");
        if (failure.status() != ExitStatus::usage || !(shows_place || words.find("at most") != std::string::npos)) {
            std::abort();
        }
    }
    return 0;
}
