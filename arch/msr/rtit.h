// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// Processor Trace. [SDM3 "Intel Processor Trace"] (chapter of the same name)
#pragma once

#include "arch/register.h"

namespace nadir::arch {

// IA32_RTIT_CTL
struct RtitCtl : Register<RtitCtl, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_BIT(trace_enable, 0, "tracing")
    NADIR_BIT(cyc_enable, 1, "cycle packets")
    NADIR_BIT(os, 2, "trace CPL 0")
    NADIR_BIT(user, 3, "trace CPL 1 to 3")
    NADIR_BIT(power_event_enable, 4, "power event packets")
    NADIR_BIT(fup_on_ptwrite, 5, "PTWRITE packets carry the instruction pointer")
    NADIR_BIT(fabric_enable, 6, "output goes to the trace transport subsystem")
    NADIR_BIT(cr3_filter, 7, "trace only where CR3 matches")
    NADIR_BIT(topa, 8, "output by a table of physical addresses")
    NADIR_BIT(mtc_enable, 9, "mini time counter packets")
    NADIR_BIT(tsc_enable, 10, "time-stamp counter packets")
    NADIR_BIT(return_compression_disable, 11, "returns aren't compressed")
    NADIR_BIT(ptwrite_enable, 12, "PTWRITE packets")
    NADIR_BIT(branch_enable, 13, "branch packets")
    NADIR_FIELD(std::uint8_t, mtc_frequency, 17, 14, "distance of mini time counter packets")
    NADIR_FIELD(std::uint8_t, cyc_threshold, 22, 19, "distance of cycle packets")
    NADIR_FIELD(std::uint8_t, psb_frequency, 27, 24, "distance of synchronisation packets")
    NADIR_BIT(event_enable, 31, "event trace packets")
    NADIR_FIELD(std::uint8_t, address0, 35, 32, "address range 0: 1 filter, 2 stop")
    NADIR_FIELD(std::uint8_t, address1, 39, 36, "address range 1: 1 filter, 2 stop")
    NADIR_FIELD(std::uint8_t, address2, 43, 40, "address range 2: 1 filter, 2 stop")
    NADIR_FIELD(std::uint8_t, address3, 47, 44, "address range 3: 1 filter, 2 stop")
    NADIR_BIT(tnt_disable, 55, "no taken/not-taken packets")
    NADIR_BIT(inject_psb_pmi_on_enable, 56, "enabling delivers what RtitStatus says is pending")
};

// IA32_RTIT_STATUS
struct RtitStatus : Register<RtitStatus, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_BIT(filter_enabled, 0, "the instruction pointer is in a traced range")
    NADIR_BIT(context_enabled, 1, "CPL and CR3 are traced")
    NADIR_BIT(trigger_enabled, 2, "tracing is under way")
    NADIR_BIT(error, 4, "an operational error")
    NADIR_BIT(stopped, 5, "tracing stopped")
    NADIR_BIT(pending_psb, 6, "a synchronisation packet is pending")
    NADIR_BIT(pending_topa_pmi, 7, "an interrupt of the output table is pending")
    NADIR_FIELD(std::uint32_t, packet_bytes, 48, 32, "bytes since the last synchronisation packet")
};

} // namespace nadir::arch
