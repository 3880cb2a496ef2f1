// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The running Nadir as the commands see it: the requests of control/control.h. tool/linux has /dev/nadir; another system
// implements the same.
#pragma once

#include "arch/capabilities.h"
#include "control/control.h"

namespace nadir::tool {

// Each function throws Failure where the request did not even reach the core (no right, another version).
class Device {
public:
    Device() = default;
    Device(const Device&) = delete;
    Device& operator=(const Device&) = delete;
    virtual ~Device() = default;

    // What came of it is in the report.
    virtual nadir_report on(const nadir_options& options) = 0;
    virtual nadir_report off() = 0;

    virtual nadir_state state() = 0;
    virtual nadir_statistics statistics(nadir_u32 processor) = 0;
    // One batch from `processor` (NADIR_ANY_PROCESSOR: the host's own), from record `next` on.
    virtual nadir_log_request log(nadir_u32 processor, nadir_u32 next) = 0;
    virtual arch::Capabilities capabilities(nadir_u32 processor) = 0;
    // The fields of that processor's VMCS; of the last failed VM entry for NADIR_ANY_PROCESSOR.
    virtual nadir_vmcs vmcs(nadir_u32 processor) = 0;
    // The last VM exits of that processor.
    virtual nadir_extension_request extension(nadir_u32 number, nadir_u32 processor) = 0;
    virtual nadir_recorder_request recorder(nadir_u32 processor) = 0;
    // What came of it is in its report, and all rules behind it.
    virtual nadir_rules_request rules(const nadir_rules_request& wanted) = 0;

    // Hooks are this object's until it goes, unless they stay. What came of it is in the report.
    virtual nadir_hooks_set_request hooks_set(const nadir_hooks_set_request& wanted) = 0;
    virtual nadir_hooks_clear_request hooks_clear(bool staying) = 0;
    // One batch, from the one on that has so many before it.
    virtual nadir_hooks_list_request hooks_list(nadir_u32 first) = 0;
    // Looking at memory; what came of it is in the report. Physical memory, within one page.
    virtual nadir_memory_read_request memory_read(nadir_u64 address, nadir_u32 bytes) = 0;
    virtual nadir_memory_space_request memory_space(nadir_u32 process) = 0;
    virtual nadir_memory_ept_request memory_ept(nadir_u64 address, nadir_u32 processor, nadir_u32 tables) = 0;

    // Events are this object's from begin to end, or until it goes.
    virtual nadir_report events_begin(const nadir_event_filter& filter) = 0;
    virtual nadir_events_read_request events_read(nadir_u32 processor, nadir_u64 next) = 0;
    virtual nadir_report events_end() = 0;
};

} // namespace nadir::tool
