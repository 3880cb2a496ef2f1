// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What can be asked of a session. A running one answers from root mode, by hypercalls of the processor that asks: it has to
// be the same from the beginning to the end of a question, so interrupts are off.
#include "hosts/windows/affinity.h"
#include "hosts/windows/host.h"
#include "hosts/windows/instructions.h"

namespace nadir::windows {

namespace {

bool exists(nadir_u32 processor) { return processor < nadir_host_processor_count(); }

// The core doesn't know of a processor that wasn't there at the start.
nadir_u32 state_of(nadir_u32 processor, nadir_u32 known) {
    return known == NADIR_PROCESSOR_ABSENT && processor_runs(processor) ? nadir_u32{NADIR_PROCESSOR_OFF} : known;
}

} // namespace

nadir_u32 state(nadir_state& out) {
    nadir_u32 status = NADIR_OK;
    out = {};
    if (known_session() != nullptr) {
        const InterruptsOff off;
        status = nadir_get_state(known_session(), &out);
    }
    if (out.processors == 0) {
        out.processors = nadir_host_processor_count();
    }
    out.starts = successful_starts();
    return status;
}

nadir_u32 statistics(nadir_u32 processor, nadir_statistics& out) {
    nadir_u32 status = NADIR_OK;
    out = {};
    if (!exists(processor)) {
        return NADIR_BAD_ARGUMENT;
    }
    if (known_session() != nullptr) {
        const InterruptsOff off;
        status = nadir_get_statistics(known_session(), processor, &out);
    }
    out.processor = processor;
    out.state = state_of(processor, out.state);
    return status;
}

nadir_u32 read_log(nadir_log_request& request) {
    request.count = 0;
    request.lost = 0;
    __builtin_memset(request.records, 0, sizeof(request.records));
    if (request.processor != NADIR_ANY_PROCESSOR && !exists(request.processor)) {
        return NADIR_BAD_ARGUMENT;
    }
    if (known_session() == nullptr) {
        return NADIR_OK;
    }
    const InterruptsOff off;
    return nadir_read_log(known_session(), &request);
}

nadir_u32 read_vmcs(nadir_u32 processor, nadir_vmcs& out) {
    out = {};
    if (processor != NADIR_ANY_PROCESSOR && !exists(processor)) {
        return NADIR_BAD_ARGUMENT;
    }
    return known_session() != nullptr ? nadir_read_vmcs(known_session(), processor, &out) : nadir_u32{NADIR_OK};
}

nadir_u32 read_recorder(nadir_recorder_request& request) {
    nadir_u32 status = NADIR_OK;
    request.count = 0;
    request.begun = 0;
    request.cpuid_exits = 0;
    request.state = NADIR_PROCESSOR_ABSENT;
    __builtin_memset(request.records, 0, sizeof(request.records));
    if (!exists(request.processor)) {
        return NADIR_BAD_ARGUMENT;
    }
    if (known_session() != nullptr) {
        const InterruptsOff off;
        status = nadir_read_recorder(known_session(), &request);
    }
    request.state = state_of(request.processor, request.state);
    return status;
}

nadir_u32 read_extension(nadir_extension_request& request) {
    if (!exists(request.processor)) {
        return NADIR_BAD_ARGUMENT;
    }
    const InterruptsOff off;
    request.found =
        nadir_read_extension(known_session(), request.number, request.processor, &request.extension) == NADIR_OK;
    return NADIR_OK;
}

nadir_u32 change_rules(nadir_rules_request& request) {
    __builtin_memset(request.rules, 0, sizeof(request.rules));
    request.count = 0;
    if (known_session() == nullptr) {
        return host_report(request.report, NADIR_ALREADY_OFF,
                           {"Nadir is off: there are no rules, and none can be given. Turn it on first."});
    }
    return nadir_change_rules(known_session(), &request);
}

// What there is of docs/memory.md on Windows is the EPT.
nadir_u32 read_memory(nadir_memory_read_request& request) {
    __builtin_memset(request.data, 0, sizeof(request.data));
    return host_report(request.report, NADIR_MEMORY_UNSUPPORTED,
                       {"Nadir's driver for Windows can't read memory yet; the EPT alone can be looked at "
                        "(nadir memory translate ADDRESS --physical)."});
}

nadir_u32 read_address_space(nadir_memory_space_request& request) {
    request.space = {};
    return host_report(request.report, NADIR_MEMORY_UNSUPPORTED,
                       {"Nadir's driver for Windows can't follow page tables yet; the EPT alone can be looked at "
                        "(nadir memory translate ADDRESS --physical)."});
}

nadir_u32 read_ept(nadir_memory_ept_request& request) {
    request.walk = {};
    if (running_session() == nullptr) {
        return host_report(request.report, NADIR_ALREADY_OFF,
                           {"Nadir is off: there is no EPT, and each physical address is itself."});
    }
    return nadir_memory_ept(running_session(), &request);
}

void read_capabilities(void* capabilities) {
    const InterruptsOff off;
    nadir_read_capabilities(capabilities);
}

nadir_u32 provoke(nadir_u32 provocation) {
    // Before anything is looked at: from here on nobody takes this processor out of VMX operation, without which the session
    // can't end. The lock would be lost with the processor.
    const InterruptsOff off;
    const nadir_session* asked = running_session();
    if (asked == nullptr || nadir_processor_active(asked, KeGetCurrentProcessorNumberEx(nullptr)) == 0) {
        return NADIR_ALREADY_OFF;
    }
    return nadir_provoke(asked, provocation);
}

void explain_record(const nadir_log_record& record) {
    if (running_session() != nullptr) {
        nadir_explain_log_record(running_session(), &record);
    }
}

} // namespace nadir::windows
