// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "hosts/bare/programs/programs.h"

#include "hosts/bare/machine/print.h"
#include "hosts/bare/machine/text.h"

namespace nadir::bare {

namespace {

struct Entry {
    const char* name;
    Program program;
};

constexpr Entry entries[] = {
    {"caps", run_caps},
    {"onoff", run_onoff},
    {"cycles", run_cycles},
    {"fail", run_fail},
    {"bench", run_bench},
    {"root_fault", run_root_fault},
    {"soak", run_soak},
    {"hostile", run_hostile},
    {"recorder", run_recorder},
    {"watchdog", run_watchdog},
    {"handover", run_handover},
    {"events", run_events},
    {"event_registers", run_event_registers},
    {"register_events", run_register_events},
    {"traffic", run_traffic},
    {"hooks", run_hooks},
    {"memory", run_memory},
    {"protect", run_protect},
    {"hook_growth", run_hook_growth},
    {"rules", run_rules},
    {"together", run_together},
    {"extensions", run_extensions},
    {"inspect", run_inspect},
    {"gdb", run_gdb},
};

void print_report(const char* what, const nadir_report& report) {
    print("%s: status %u (%s) step %u (%s) processor %d detail %llx %llx %llx %llx\n", what, report.status,
          nadir_status_text(report.status), report.step, nadir_step_text(report.step),
          static_cast<int>(report.processor), report.detail[0], report.detail[1], report.detail[2], report.detail[3]);
    print("%s: %s\n", what, report.text);
}

} // namespace

Program find_program(const char* name) {
    for (const Entry& entry : entries)
        if (same_text(entry.name, name))
            return entry.program;
    return nullptr;
}

nadir_session* start_nadir(const Options& options, u32& status) {
    nadir_session* session = nullptr;
    nadir_report report{};
    status = nadir_start(&options.core, &session, &report);
    print_report("start", report);
    if (status != NADIR_OK && session != nullptr) {
        nadir_release(session);
        return nullptr;
    }
    return session;
}

bool start_to_provoke(Options& options) {
    u32 status = NADIR_OK;
    options.core.allow_provoke = 1;
    options.session = start_nadir(options, status);
    return options.session != nullptr;
}

u32 stop_nadir(nadir_session* session) {
    nadir_report report{};
    const u32 status = nadir_stop(session, &report);
    print_report("stop", report);
    if (status == NADIR_OK)
        nadir_release(session);
    return status;
}

} // namespace nadir::bare
