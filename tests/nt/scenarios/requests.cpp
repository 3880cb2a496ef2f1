// SPDX-License-Identifier: MIT OR GPL-2.0-only
// test=requests: each question while Nadir is off; test=bad: what a wrong or hostile program sends; test=security: who may open
// the device; test=refusal: a processor without VMX.
#include "hosts/bare/machine/print.h"
#include "tests/nt/image/driver.h"
#include "tests/nt/kernel/cpu.h"
#include "tests/nt/scenarios/client.h"
#include "tests/nt/scenarios/scenarios.h"

namespace nadir::nt {

namespace {

constexpr u32 most_bytes = 16384;
u8 input[most_bytes];
u8 output[most_bytes];

struct Function {
    u32 number;
    u32 bytes; // of its structure
};

constexpr Function functions[] = {
    {NADIR_FUNCTION_ON, sizeof(nadir_on_request)},
    {NADIR_FUNCTION_OFF, sizeof(nadir_off_request)},
    {NADIR_FUNCTION_STATE, sizeof(nadir_state_request)},
    {NADIR_FUNCTION_STATISTICS, sizeof(nadir_statistics_request)},
    {NADIR_FUNCTION_LOG, sizeof(nadir_log_request)},
    {NADIR_FUNCTION_CAPABILITIES, sizeof(nadir_capabilities_request)},
    {NADIR_FUNCTION_VMCS, sizeof(nadir_vmcs_request)},
    {NADIR_FUNCTION_RECORDER, sizeof(nadir_recorder_request)},
    {NADIR_FUNCTION_EVENTS_BEGIN, sizeof(nadir_events_begin_request)},
    {NADIR_FUNCTION_EVENTS_READ, sizeof(nadir_events_read_request)},
    {NADIR_FUNCTION_EVENTS_END, sizeof(nadir_events_end_request)},
    {NADIR_FUNCTION_RULES, sizeof(nadir_rules_request)},
    {NADIR_FUNCTION_HOOKS_SET, sizeof(nadir_hooks_set_request)},
    {NADIR_FUNCTION_HOOKS_CLEAR, sizeof(nadir_hooks_clear_request)},
    {NADIR_FUNCTION_HOOKS_LIST, sizeof(nadir_hooks_list_request)},
    {NADIR_FUNCTION_MEMORY_READ, sizeof(nadir_memory_read_request)},
    {NADIR_FUNCTION_MEMORY_SPACE, sizeof(nadir_memory_space_request)},
    {NADIR_FUNCTION_MEMORY_EPT, sizeof(nadir_memory_ept_request)},
    {NADIR_FUNCTION_EXTENSION, sizeof(nadir_extension_request)},
};

constexpr bool all_fit() {
    for (const Function& function : functions)
        if (function.bytes + 8 > most_bytes)
            return false;
    return true;
}
static_assert(all_fit());

struct Wrong {
    const char* what;
    u32 code;
    u32 input_bytes;
    u32 output_bytes;
    u32 version;
    u32 size;
    Status expected;
};

void expect_refusal(FileObject* file, const Wrong& wrong) {
    __builtin_memset(input, 0, sizeof input);
    *reinterpret_cast<nadir_header*>(input) = {wrong.version, wrong.size};
    const Answer answer = control_device(file, wrong.code, input, wrong.input_bytes, output, wrong.output_bytes);
    if (answer.status != wrong.expected || answer.bytes != 0)
        violation(rule::request, 0, "%s (code %x): status %x with %llu bytes, where %x with none is right", wrong.what,
                  wrong.code, answer.status, answer.bytes, wrong.expected);
}

void send_wrong_requests(FileObject* file) {
    constexpr u32 version = NADIR_CONTROL_VERSION;
    for (const Function& function : functions) {
        const u32 size = function.bytes;
        const u32 number = function.number;
        const u32 code = nadir_code(number);
        const Wrong all[] = {
            {"no buffers", code, 0, 0, version, size, status::info_length_mismatch},
            {"no output", code, size, 0, version, size, status::info_length_mismatch},
            {"no input", code, 0, size, version, size, status::info_length_mismatch},
            {"one byte", code, 1, 1, version, size, status::info_length_mismatch},
            {"input too short", code, size - 1, size, version, size, status::info_length_mismatch},
            {"output too short", code, size, size - 1, version, size, status::info_length_mismatch},
            {"too long", code, size + 8, size + 8, version, size, status::info_length_mismatch},
            {"a wrong size in the header", code, size, size, version, size + 8, status::info_length_mismatch},
            {"an older version", code, size, size, version - 1, size, status::revision_mismatch},
            {"a newer version", code, size, size, version + 1, size, status::revision_mismatch},
            {"METHOD_IN_DIRECT", nadir_code(number, 1), size, size, version, size, status::invalid_device_request},
            {"METHOD_OUT_DIRECT", nadir_code(number, 2), size, size, version, size, status::invalid_device_request},
            {"METHOD_NEITHER", nadir_code(number, 3), size, size, version, size, status::invalid_device_request},
            {"FILE_ANY_ACCESS", nadir_code(number, 0, 0), size, size, version, size, status::invalid_device_request},
            {"FILE_READ_DATA only", nadir_code(number, 0, 1), size, size, version, size,
             status::invalid_device_request},
            {"another device type", nadir_code(number, 0, 3, 0x9), size, size, version, size,
             status::invalid_device_request},
        };
        for (const Wrong& each : all)
            expect_refusal(file, each);
    }
    for (const u32 number : {0u, NADIR_FUNCTION_EVENTS_END + 1u, NADIR_FUNCTION_EXTENSION + 1u, 0x7FFu})
        expect_refusal(file,
                       {"no such function", nadir_code(number), 64, 64, version, 64, status::invalid_device_request});
}

template <typename Request>
void expect_status(FileObject* file, u32 function, Request& request, u32 processor, Status expected) {
    request = {};
    request.processor = processor;
    const Answer answer = ask(file, function, request);
    if (answer.status != expected)
        violation(rule::request, 0, "function %u about processor %x: %x, where %x is right", function, processor,
                  answer.status, expected);
}

nadir_statistics_request statistics;
nadir_recorder_request recorder;
nadir_log_request log;
nadir_vmcs_request vmcs;
nadir_extension_request extension;

void ask_for_wrong_processors(FileObject* file) {
    for (const u32 processor : {maximum_cpus(), 1000u, 0x7FFF'FFFFu}) {
        expect_status(file, NADIR_FUNCTION_STATISTICS, statistics, processor, status::invalid_parameter);
        expect_status(file, NADIR_FUNCTION_RECORDER, recorder, processor, status::invalid_parameter);
        expect_status(file, NADIR_FUNCTION_LOG, log, processor, status::invalid_parameter);
        expect_status(file, NADIR_FUNCTION_VMCS, vmcs, processor, status::invalid_parameter);
        expect_status(file, NADIR_FUNCTION_EXTENSION, extension, processor, status::invalid_parameter);
    }
}

nadir_u32 begin_events(FileObject* file) {
    static nadir_events_begin_request request;
    request.filter = {1u << NADIR_EVENT_CPUID, 0, {}, 0, 0, {}};
    (void)ask(file, NADIR_FUNCTION_EVENTS_BEGIN, request);
    return request.report.status;
}

// Events are an open file's, until it is closed without a word, too; and Nadir may be turned off meanwhile.
void ask_for_events(FileObject* file) {
    static nadir_events_read_request events;
    FileObject* second = open_nadir();
    if (begin_events(second) != NADIR_OK || begin_events(file) != NADIR_BUSY)
        violation(rule::request, 0, "the events aren't one open file's alone");
    expect_status(second, NADIR_FUNCTION_EVENTS_READ, events, maximum_cpus(), status::invalid_parameter);
    expect_status(file, NADIR_FUNCTION_EVENTS_READ, events, 0, status::invalid_parameter);
    u32 a = 0, b = 0, c = 0, d = 0;
    asm volatile("cpuid" : "=a"(a), "=b"(b), "=c"(c), "=d"(d) : "a"(0), "c"(0));
    u32 seen = 0;
    for (u32 cpu = 0; cpu < active_cpus(); ++cpu) {
        expect_status(second, NADIR_FUNCTION_EVENTS_READ, events, cpu, status::success);
        seen += events.count;
    }
    if (seen == 0)
        violation(rule::request, 0, "a CPUID was no event");
    close_device(second);
    if (begin_events(file) != NADIR_OK)
        violation(rule::request, 0, "the events of a file that was closed are still its own");
}

} // namespace

const char* run_bad(const Options&) {
    if (!succeeded(load_driver()))
        return "DriverEntry failed";
    FileObject* file = open_nadir();
    send_wrong_requests(file);
    if (!is_error(send_other(file, major_read).status))
        violation(rule::request, 0, "a read succeeded");
    must_turn_on(file);
    send_wrong_requests(file);
    ask_for_wrong_processors(file);
    if (turn_on(file, plain_options).status != NADIR_ALREADY_ON)
        violation(rule::request, 0, "on while on isn't NADIR_ALREADY_ON");
    must_turn_off(file);
    if (turn_off(file).status != NADIR_ALREADY_OFF)
        violation(rule::request, 0, "off while off isn't NADIR_ALREADY_OFF");
    close_device(file);
    unload_driver();
    return nullptr;
}

const char* run_requests(const Options&) {
    if (!succeeded(load_driver()))
        return "DriverEntry failed";
    FileObject* file = open_nadir();
    FileObject* second = open_nadir(); // opens are shared
    require_off(second);
    static nadir_capabilities_request capabilities;
    const Answer answer = ask(file, NADIR_FUNCTION_CAPABILITIES, capabilities);
    u32 sum = 0;
    for (const u8 byte : capabilities.capabilities)
        sum += byte;
    if (answer.status != status::success || sum == 0)
        violation(rule::request, 0, "no capabilities: %x", answer.status);
    close_device(second);
    expect_status(file, NADIR_FUNCTION_LOG, log, NADIR_ANY_PROCESSOR, status::success);
    must_turn_on(file);
    expect_status(file, NADIR_FUNCTION_STATISTICS, statistics, 0, status::success);
    expect_status(file, NADIR_FUNCTION_RECORDER, recorder, 0, status::success);
    expect_status(file, NADIR_FUNCTION_VMCS, vmcs, active_cpus() - 1, status::success);
    if (vmcs.vmcs.source != NADIR_VMCS_LIVE || vmcs.vmcs.count == 0)
        violation(rule::request, 0, "no live VMCS: source %u, %u fields", vmcs.vmcs.source, vmcs.vmcs.count);
    expect_status(file, NADIR_FUNCTION_LOG, log, NADIR_ANY_PROCESSOR, status::success);
    if (log.count == 0)
        violation(rule::request, 0, "no log of the start");
    expect_status(file, NADIR_FUNCTION_EXTENSION, extension, 0, status::success);
    if (extension.found != 0)
        violation(rule::request, 0, "an extension in a driver without any: %s", extension.extension.name);
    ask_for_events(file);
    must_turn_off(file);
    static nadir_events_read_request events;
    expect_status(file, NADIR_FUNCTION_EVENTS_READ, events, 0, status::success);
    if (events.over != 1)
        violation(rule::request, 0, "who has the events isn't told that Nadir is off");
    expect_status(file, NADIR_FUNCTION_STATISTICS, statistics, 0, status::success);
    if (statistics.statistics.exits_total == 0)
        violation(rule::request, 0, "the statistics of the last run are gone");
    close_device(file);
    unload_driver();
    return nullptr;
}

const char* run_security(const Options&) {
    if (!succeeded(load_driver()))
        return "DriverEntry failed";
    constexpr bool allowed[] = {true, true, false, false};
    for (u32 i = 0; i < 4; ++i) {
        Status why = status::success;
        FileObject* file = open_device(device_link, static_cast<User>(i), why);
        bare::print("open by %s: %x\n", user_names[i], why);
        if ((file != nullptr) != allowed[i] || (!allowed[i] && why != status::access_denied))
            violation(rule::security, 0, "%s %s open the device", user_names[i], file != nullptr ? "may" : "may not");
        if (file != nullptr)
            close_device(file);
    }
    unload_driver();
    return nullptr;
}

const char* run_refusal(const Options&) {
    if (!succeeded(load_driver()))
        return "DriverEntry failed";
    FileObject* file = open_nadir();
    if (turn_on(file, plain_options).status == NADIR_OK)
        return "Nadir could be turned on: this scenario is for a processor without VMX";
    require_off(file);
    static nadir_capabilities_request capabilities;
    if (ask(file, NADIR_FUNCTION_CAPABILITIES, capabilities).status != status::success)
        violation(rule::request, 0, "no capabilities");
    if (turn_off(file).status != NADIR_ALREADY_OFF)
        violation(rule::request, 0, "off while off isn't NADIR_ALREADY_OFF");
    close_device(file);
    unload_driver();
    return nullptr;
}

} // namespace nadir::nt
