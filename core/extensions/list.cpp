// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The host's side of extensions: which there are, and what they counted.
#include "base/format.h"
#include "core/enter.h"
#include "core/extensions/roll.h"
#include "core/guest_call.h"
#include "core/nadir.h"

namespace nadir::core {

namespace {

template <std::size_t size>
void put(char (&to)[size], std::string_view text) {
    base::Writer{to}.text(text);
}

} // namespace

extern "C" {

NADIR_ABI nadir_u32 nadir_read_extension(const nadir_session* session, nadir_u32 number, nadir_u32 processor,
                                         nadir_extension* out) {
    __builtin_memset(out, 0, sizeof(*out));
    out->count = extension_count();
    const extension::Description* const description = extension_description(number);
    if (description == nullptr) {
        return NADIR_BAD_ARGUMENT;
    }
    put(out->name, description->name);
    put(out->version, description->about.version);
    put(out->what, description->about.what);
    static_assert(extension::counters_shown == NADIR_EXTENSION_COUNTERS);
    for (const std::string_view name : description->counters) {
        put(out->counter_names[out->counter_count++], name);
    }
    if (session == nullptr || session->vmm == nullptr || !runs_as_guest(*session)) {
        return NADIR_OK;
    }
    const GuestCall answer = call_root(*session, Hypercall::extension_counters, processor, number);
    for (unsigned i = 0; i < NADIR_EXTENSION_COUNTERS; ++i) {
        out->counters[i] = answer.status == NADIR_OK ? answer.word[i] : 0;
    }
    return NADIR_OK;
}
}

} // namespace nadir::core
