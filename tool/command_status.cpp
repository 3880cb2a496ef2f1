// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/commands.h"
#include "tool/json_output.h"
#include "tool/print_to.h"
#include "tool/processors.h"
#include "tool/serial_port.h"
#include "tool/units.h"

#include <fmt/format.h>
#include <map>

namespace nadir::tool {

namespace {

nlohmann::ordered_json to_json(const nadir_state& state, const std::vector<nadir_statistics>& processors) {
    nlohmann::ordered_json json;
    json["active"] = state.active != 0;
    json["processor_slots"] = state.processors;
    json["processors_on"] = state.processors_on;
    json["processors"] = nlohmann::ordered_json::array();
    for (const nadir_statistics& processor : processors) {
        json["processors"].push_back({{"number", processor.processor},
                                      {"state", state_name(processor.state)},
                                      {"enter_ticks", processor.enter_ticks},
                                      {"leave_ticks", processor.leave_ticks},
                                      {"exits_total", processor.exits_total}});
    }
    json["bytes_total"] = state.bytes_total;
    json["bytes_per_processor"] = state.bytes_per_processor;
    json["bytes_ept"] = state.bytes_ept;
    json["bytes_image"] = state.bytes_image;
    json["starts"] = state.starts;
    json["physical_address_bits"] = state.physical_address_bits;
    json["vpid"] = state.vpid != 0;
    json["gdb_port"] = state.gdb_port;
    return json;
}

void print(std::ostream& out, const nadir_state& state, const std::vector<nadir_statistics>& processors) {
    print_to(out, "Nadir is {}: {} of {} in VMX non-root operation.\n", state.active != 0 ? "on" : "off",
             state.processors_on, counted(processors.size(), "processor"));
    std::map<nadir_u32, std::vector<unsigned>> by_state;
    for (const nadir_statistics& processor : processors) {
        by_state[processor.state].push_back(processor.processor);
    }
    for (const auto& [which, numbers] : by_state) {
        print_to(out, "  {:<22}{}\n", fmt::format("processors {}:", state_name(which)), ranges(numbers));
    }
    if (by_state.contains(NADIR_PROCESSOR_DEAD)) {
        print_to(out, "  A dead processor was stopped after a fault in root mode: see `nadir log --level error`, and "
                      "`nadir recorder` for its last VM exits.\n");
    }
    if (by_state.contains(NADIR_PROCESSOR_STUCK)) {
        print_to(out,
                 "  A stuck processor has not come back from a VM exit for a period of the watchdog, and takes no NMI "
                 "either (yet): see `nadir log --level error`.\n");
    }
    if (state.active != 0) {
        print_to(out, "  {:<22}{} ({} per processor, {} in EPT tables, {} for root mode's image)\n",
                 "memory:", bytes(state.bytes_total), bytes(state.bytes_per_processor), bytes(state.bytes_ept),
                 bytes(state.bytes_image));
        print_to(out, "  {:<22}{}\n", "VPID:", state.vpid != 0 ? "in use" : "not in use");
        print_to(out, "  {:<22}{} bits\n", "physical addresses:", state.physical_address_bits);
    }
    if (state.gdb_port != 0) {
        print_to(out, "  {:<22}listens at {}\n", "debugger:", words_of_serial_port(state.gdb_port));
    }
    print_to(out, "  {:<22}{}\n", "successful starts:", state.starts);
}

} // namespace

ExitStatus command_status(System& system, const StatusOptions& options, std::ostream& out) {
    const auto device = system.open_device();
    const nadir_state state = device->state();
    const std::vector<nadir_statistics> processors = present_processors(*device, state);
    if (options.json) {
        print_json(out, to_json(state, processors));
    } else {
        print(out, state, processors);
    }
    return ExitStatus::success;
}

} // namespace nadir::tool
