// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/request_device.h"

#include <cstring>

namespace nadir::tool {

namespace {

template <typename Request>
Request request_of() {
    Request request{};
    request.header = {NADIR_CONTROL_VERSION, sizeof(Request)};
    return request;
}

} // namespace

template <typename Request>
void RequestDevice::ask(const char* what, nadir_function function, Request& request) {
    if (const SystemError error = exchange(function, &request, sizeof(request)); error != 0) {
        fail(what, error);
    }
}

// Where there is a report, it knows better than the system's error.
template <typename Request>
nadir_report RequestDevice::reported(const char* what, nadir_function function, Request& request) {
    request.report = {};
    const SystemError error = exchange(function, &request, sizeof(request));
    if (error != 0 && request.report.status == NADIR_OK) {
        fail(what, error);
    }
    return request.report;
}

nadir_report RequestDevice::on(const nadir_options& options) {
    auto request = request_of<nadir_on_request>();
    request.options = options;
    return reported("on", NADIR_FUNCTION_ON, request);
}

nadir_report RequestDevice::off() {
    auto request = request_of<nadir_off_request>();
    return reported("off", NADIR_FUNCTION_OFF, request);
}

nadir_state RequestDevice::state() {
    auto request = request_of<nadir_state_request>();
    ask("status", NADIR_FUNCTION_STATE, request);
    return request.state;
}

nadir_statistics RequestDevice::statistics(nadir_u32 processor) {
    auto request = request_of<nadir_statistics_request>();
    request.processor = processor;
    ask("statistics", NADIR_FUNCTION_STATISTICS, request);
    return request.statistics;
}

nadir_log_request RequestDevice::log(nadir_u32 processor, nadir_u32 next) {
    auto request = request_of<nadir_log_request>();
    request.processor = processor;
    request.next = next;
    ask("log", NADIR_FUNCTION_LOG, request);
    return request;
}

arch::Capabilities RequestDevice::capabilities_here() {
    auto request = request_of<nadir_capabilities_request>();
    ask("capabilities", NADIR_FUNCTION_CAPABILITIES, request);
    arch::Capabilities capabilities;
    static_assert(sizeof(capabilities) <= sizeof(request.capabilities));
    std::memcpy(&capabilities, request.capabilities, sizeof(capabilities));
    return capabilities;
}

nadir_vmcs RequestDevice::vmcs(nadir_u32 processor) {
    auto request = request_of<nadir_vmcs_request>();
    request.processor = processor;
    ask("VMCS", NADIR_FUNCTION_VMCS, request);
    return request.vmcs;
}

nadir_rules_request RequestDevice::rules(const nadir_rules_request& wanted) {
    auto request = wanted;
    request.header = request_of<nadir_rules_request>().header;
    request.report = reported("rules", NADIR_FUNCTION_RULES, request);
    return request;
}

nadir_hooks_set_request RequestDevice::hooks_set(const nadir_hooks_set_request& wanted) {
    auto request = wanted;
    request.header = request_of<nadir_hooks_set_request>().header;
    request.report = reported("hook", NADIR_FUNCTION_HOOKS_SET, request);
    return request;
}

nadir_hooks_clear_request RequestDevice::hooks_clear(bool staying) {
    auto request = request_of<nadir_hooks_clear_request>();
    request.staying = staying ? 1 : 0;
    request.report = reported("hook", NADIR_FUNCTION_HOOKS_CLEAR, request);
    return request;
}

nadir_hooks_list_request RequestDevice::hooks_list(nadir_u32 first) {
    auto request = request_of<nadir_hooks_list_request>();
    request.first = first;
    ask("hook", NADIR_FUNCTION_HOOKS_LIST, request);
    return request;
}

nadir_extension_request RequestDevice::extension(nadir_u32 number, nadir_u32 processor) {
    auto request = request_of<nadir_extension_request>();
    request.number = number;
    request.processor = processor;
    ask("extensions", NADIR_FUNCTION_EXTENSION, request);
    return request;
}

nadir_memory_read_request RequestDevice::memory_read(nadir_u64 address, nadir_u32 bytes) {
    auto request = request_of<nadir_memory_read_request>();
    request.address = address;
    request.bytes = bytes;
    request.report = reported("memory", NADIR_FUNCTION_MEMORY_READ, request);
    return request;
}

nadir_memory_space_request RequestDevice::memory_space(nadir_u32 process) {
    auto request = request_of<nadir_memory_space_request>();
    request.process = process;
    request.report = reported("memory", NADIR_FUNCTION_MEMORY_SPACE, request);
    return request;
}

nadir_memory_ept_request RequestDevice::memory_ept(nadir_u64 address, nadir_u32 processor, nadir_u32 tables) {
    auto request = request_of<nadir_memory_ept_request>();
    request.address = address;
    request.processor = processor;
    request.tables = tables;
    request.report = reported("memory", NADIR_FUNCTION_MEMORY_EPT, request);
    return request;
}

nadir_recorder_request RequestDevice::recorder(nadir_u32 processor) {
    auto request = request_of<nadir_recorder_request>();
    request.processor = processor;
    ask("recorder", NADIR_FUNCTION_RECORDER, request);
    return request;
}

nadir_report RequestDevice::events_begin(const nadir_event_filter& filter) {
    auto request = request_of<nadir_events_begin_request>();
    request.filter = filter;
    return reported("trace", NADIR_FUNCTION_EVENTS_BEGIN, request);
}

nadir_events_read_request RequestDevice::events_read(nadir_u32 processor, nadir_u64 next) {
    auto request = request_of<nadir_events_read_request>();
    request.processor = processor;
    request.next = next;
    ask("trace", NADIR_FUNCTION_EVENTS_READ, request);
    return request;
}

nadir_report RequestDevice::events_end() {
    auto request = request_of<nadir_events_end_request>();
    return reported("trace", NADIR_FUNCTION_EVENTS_END, request);
}

} // namespace nadir::tool
