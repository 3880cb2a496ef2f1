// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What a fake processor is at first.
#pragma once

#include "arch/capabilities.h"
#include "tests/fakes/machine.h"

namespace nadir::fake {

// MSRs that VM entries and VM exits load and save.
namespace number {
inline constexpr uint32_t fs_base = 0xC000'0100, gs_base = 0xC000'0101, efer = 0xC000'0080, pat = 0x277,
                          debugctl = 0x1D9;
inline constexpr uint32_t sysenter_cs = 0x174, sysenter_esp = 0x175, sysenter_eip = 0x176;
} // namespace number

void make_running(Processor& p, unsigned index);
void set_capabilities(Processor& p, const arch::Capabilities& c);

} // namespace nadir::fake
