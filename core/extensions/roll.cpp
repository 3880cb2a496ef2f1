// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/extensions/roll.h"

#include "core/extensions/dispatch.h"

// Of most_extensions numbers; no number without an extension is referred to.
#define NADIR_EXTENSION_NUMBERS(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7)

extern "C" {
#define NADIR_DECLARE(number)                                                                                          \
    extern const nadir::extension::Description nadir_extension_##number##_description;                                 \
    void nadir_extension_##number##_call(nadir::extension::Processor& processor, nadir::extension::Call& call);
NADIR_EXTENSION_NUMBERS(NADIR_DECLARE)
#undef NADIR_DECLARE
}

namespace nadir::core {

static_assert(NADIR_EXTENSION_COUNT <= most_extensions);

uint32_t extension_count() { return NADIR_EXTENSION_COUNT; }

const extension::Description* extension_description([[maybe_unused]] uint32_t number) {
#define NADIR_DESCRIBE(wanted)                                                                                         \
    if constexpr (NADIR_EXTENSION_COUNT > (wanted)) {                                                                  \
        if (number == (wanted)) {                                                                                      \
            return &nadir_extension_##wanted##_description;                                                            \
        }                                                                                                              \
    }
    NADIR_EXTENSION_NUMBERS(NADIR_DESCRIBE)
#undef NADIR_DESCRIBE
    return nullptr;
}

void call_extension([[maybe_unused]] uint32_t number, [[maybe_unused]] extension::Processor& processor,
                    [[maybe_unused]] extension::Call& call) {
#define NADIR_CALL(wanted)                                                                                             \
    if constexpr (NADIR_EXTENSION_COUNT > (wanted)) {                                                                  \
        if (number == (wanted)) {                                                                                      \
            return nadir_extension_##wanted##_call(processor, call);                                                   \
        }                                                                                                              \
    }
    NADIR_EXTENSION_NUMBERS(NADIR_CALL)
#undef NADIR_CALL
}

} // namespace nadir::core
