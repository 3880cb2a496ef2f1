// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The arena: all memory of a session but the session itself, allocated before anything else is touched and freed at once.
//
//   shared chunk     VMM context | IDTs | MSR bitmap | bitmaps of the plans | hidden page | private copy of the image | root page tables | EPT
//   further chunks   blocks of processors (core/vcpu.h)
//
// Passive context (core/host.h).
#pragma once

#include <cstdint>

#include "core/nadir.h"
#include "core/report.h"
#include "core/session.h"

namespace nadir::core {

inline constexpr uint32_t max_image_ranges = 8;

struct Image {
    nadir_image_range range[max_image_ranges];
    uint32_t count;
    uint64_t bytes;

    static Image of_host();
};

// Allocates everything; `failure` says how much was missing. Frees what it got when it fails.
bool allocate_arena(nadir_session& session, const Image& image, const arch::Capabilities& capabilities,
                    Failure& failure);

// Fills in what the processors share: image copy, root mode's address space, IDTs, MSR bitmap, EPT. False when a pool did
// not suffice, which would be our miscalculation.
bool prepare_arena(nadir_session& session, const Image& image);

void free_arena(nadir_session& session);

} // namespace nadir::core
