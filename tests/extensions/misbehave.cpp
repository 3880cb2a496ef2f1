// SPDX-License-Identifier: MIT OR GPL-2.0-only
// An extension that makes the mistake that a test asks it for, by a leaf of CPUID.
#include "core/extensions/extension.h"

using namespace nadir::extension;

namespace {

constexpr uint32_t fault_leaf = 0x4FFF'FF10;

struct Misbehave {
    static constexpr About about{"0.1", "faults when it is asked to"};
    static constexpr std::string_view counters[] = {"starts"};
    static constexpr uint32_t cpuid_leaves[] = {fault_leaf};

    static void start(Processor& processor) { processor.count(0); }
    static void stop(Processor& processor) { processor.log("stopped", processor.number()); }
    static void cpuid(Processor&, uint32_t, uint32_t, CpuidAnswer&) { asm volatile("ud2"); }
};

} // namespace

NADIR_EXTENSION(Misbehave)
