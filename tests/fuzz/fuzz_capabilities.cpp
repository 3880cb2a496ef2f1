// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Whatever stands in a file: reading it as `nadir caps --json` either says what is wrong, or gives capabilities that write and
// read back.
#include "tool/capability_json.h"
#include "tool/exit_status.h"
#include "tool/json.h"

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace nadir::tool;
    const std::string text(reinterpret_cast<const char*>(data), size);
    try {
        for (const ProcessorKind& kind : kinds_from_json(text, "file")) {
            const nadir::arch::Capabilities again = capabilities_from_json(to_json(kind.capabilities), "");
            if (std::memcmp(&again, &kind.capabilities, sizeof(again)) != 0) {
                std::abort();
            }
        }
    } catch (const Failure& failure) {
        if (failure.status() != ExitStatus::usage || std::string(failure.what()).empty()) {
            std::abort();
        }
    }
    return 0;
}
