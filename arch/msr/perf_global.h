// SPDX-License-Identifier: MIT OR GPL-2.0-only
#pragma once

#include "arch/register.h"

namespace nadir::arch {

// IA32_PERF_GLOBAL_CTRL. How many counters of each kind there are, CPUID leaf 0AH tells; the bits of the others are
// reserved. [SDM3 "Architectural Performance Monitoring"]
struct PerfGlobalCtrl : Register<PerfGlobalCtrl, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint32_t, general, 31, 0, "enables of the general-purpose counters")
    NADIR_FIELD(std::uint16_t, fixed, 47, 32, "enables of the fixed-function counters")
    NADIR_BIT(perf_metrics, 48, "performance metrics are counted")
};

// IA32_PERF_GLOBAL_STATUS, and the layout of its reset and set registers.
struct PerfGlobalStatus : Register<PerfGlobalStatus, std::uint64_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint32_t, general, 31, 0, "overflows of the general-purpose counters")
    NADIR_FIELD(std::uint16_t, fixed, 47, 32, "overflows of the fixed-function counters")
    NADIR_BIT(perf_metrics, 48, "overflow of the performance metrics")
    NADIR_BIT(trace_topa_pmi, 55, "Processor Trace filled a region that asks for an interrupt")
    NADIR_BIT(lbr_frozen, 58, "the last branch records are frozen")
    NADIR_BIT(counters_frozen, 59, "the counters are frozen")
    NADIR_BIT(asci, 60, "counts may contain another's: SGX enclave, SMM")
    NADIR_BIT(overflow_uncore, 61, "uncore counter overflow")
    NADIR_BIT(overflow_ds_buffer, 62, "the debug store overflowed")
    NADIR_BIT(condition_changed, 63, "the state changed")
};

// IA32_PERFEVTSELx
struct PerfEventSelect : Register<PerfEventSelect, std::uint64_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint8_t, event, 7, 0, "event")
    NADIR_FIELD(std::uint8_t, unit_mask, 15, 8, "condition of the event")
    NADIR_BIT(user, 16, "counts at CPL 1 to 3")
    NADIR_BIT(os, 17, "counts at CPL 0")
    NADIR_BIT(edge, 18, "counts rising edges")
    NADIR_BIT(pin_control, 19, "toggles a pin")
    NADIR_BIT(interrupt, 20, "raises an interrupt on overflow")
    NADIR_BIT(any_thread, 21, "counts for all logical processors of the core")
    NADIR_BIT(enable, 22, "enabled")
    NADIR_BIT(invert, 23, "inverts the threshold comparison")
    NADIR_FIELD(std::uint8_t, threshold, 31, 24, "threshold per cycle")
};

// IA32_PERF_CAPABILITIES
struct PerfCapabilities : Register<PerfCapabilities, std::uint64_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint8_t, lbr_format, 5, 0, "format of the last branch records (3FH: architectural)")
    NADIR_BIT(pebs_trap, 6, "precise events are recorded after the instruction")
    NADIR_BIT(pebs_arch_registers, 7, "precise event records save the architectural registers")
    NADIR_FIELD(std::uint8_t, pebs_format, 11, 8, "format of precise event records")
    NADIR_BIT(freeze_while_smm, 12, "counters can be frozen in SMM")
    NADIR_BIT(full_width_write, 13, "counters can be written in full width")
    NADIR_BIT(pebs_baseline, 14, "adaptive precise events")
    NADIR_BIT(perf_metrics, 15, "performance metrics")
    NADIR_BIT(pebs_to_pt, 16, "precise events can go to Processor Trace")
};

} // namespace nadir::arch
