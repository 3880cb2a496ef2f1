// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A Device whose host takes the structures of control/control.h as they are, as each system's device does: what differs is
// how a structure gets there and back.
#pragma once

#include "tool/device.h"

#include <cstddef>

namespace nadir::tool {

class RequestDevice : public Device {
public:
    nadir_report on(const nadir_options& options) override;
    nadir_report off() override;
    nadir_state state() override;
    nadir_statistics statistics(nadir_u32 processor) override;
    nadir_log_request log(nadir_u32 processor, nadir_u32 next) override;
    nadir_vmcs vmcs(nadir_u32 processor) override;
    nadir_extension_request extension(nadir_u32 number, nadir_u32 processor) override;
    nadir_recorder_request recorder(nadir_u32 processor) override;
    nadir_rules_request rules(const nadir_rules_request& wanted) override;
    nadir_hooks_set_request hooks_set(const nadir_hooks_set_request& wanted) override;
    nadir_hooks_clear_request hooks_clear(bool staying) override;
    nadir_hooks_list_request hooks_list(nadir_u32 first) override;
    nadir_memory_read_request memory_read(nadir_u64 address, nadir_u32 bytes) override;
    nadir_memory_space_request memory_space(nadir_u32 process) override;
    nadir_memory_ept_request memory_ept(nadir_u64 address, nadir_u32 processor, nadir_u32 tables) override;
    nadir_report events_begin(const nadir_event_filter& filter) override;
    nadir_events_read_request events_read(nadir_u32 processor, nadir_u64 next) override;
    nadir_report events_end() override;

protected:
    // The system's number of an error; 0 is none.
    using SystemError = unsigned long;

    // Hands a structure to the host, and takes the answer in its place. Also a request that failed may have an answer.
    virtual SystemError exchange(nadir_function function, void* request, std::size_t bytes) = 0;
    // The request did not reach the core, or has no report that could say more. Throws Failure.
    [[noreturn]] virtual void fail(const char* what, SystemError error) = 0;

    // Of the processor that the host answers on, which is the one that this thread runs on.
    arch::Capabilities capabilities_here();

private:
    template <typename Request>
    void ask(const char* what, nadir_function function, Request& request);
    template <typename Request>
    nadir_report reported(const char* what, nadir_function function, Request& request);
};

} // namespace nadir::tool
