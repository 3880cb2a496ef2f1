// SPDX-License-Identifier: MIT OR GPL-2.0-only
// `nadir dump`: the VMCS of a processor under Nadir, in our own format.
#include "tool/commands.h"
#include "tool/dump/json_dump.h"
#include "tool/dump/write_dump.h"
#include "tool/files.h"
#include "tool/json_output.h"
#include "tool/print_to.h"
#include "tool/units.h"

#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <fstream>

namespace nadir::tool {

namespace {

Dump read_vmcs(System& system, const DumpOptions& options) {
    const auto device = system.open_device();
    const nadir_state state = device->state();
    const nadir_u32 processor = options.failed ? NADIR_ANY_PROCESSOR : options.processor.value_or(0);
    if (!options.failed && processor >= state.processors) {
        throw Failure(ExitStatus::usage,
                      fmt::format("There is no processor {}; the last is {}.", processor, state.processors - 1));
    }
    const nadir_vmcs vmcs = device->vmcs(processor);
    if (vmcs.source == NADIR_VMCS_NONE || vmcs.count == 0) {
        if (options.failed) {
            throw Failure(ExitStatus::failed, "No VM entry has failed at or since the last start of Nadir.",
                          "`nadir dump --cpu N` writes the VMCS of a processor that is under Nadir.");
        }
        if (device->statistics(processor).state == NADIR_PROCESSOR_STUCK) {
            throw Failure(ExitStatus::failed,
                          fmt::format("Processor {} is stuck in root mode, where nobody can read its VMCS.", processor),
                          "`nadir recorder` has its last VM exits.");
        }
        throw Failure(ExitStatus::failed, fmt::format("Processor {} is not under Nadir, so it has no VMCS.", processor),
                      state.active == 0
                          ? "`nadir on` puts it there; after a start that failed, `nadir dump --failed` has the "
                            "VMCS of the failed VM entry."
                          : "`nadir status` says which processors are.");
    }
    return dump_of(vmcs, device->capabilities(vmcs.processor));
}

void write(std::ostream& out, const Dump& dump, bool json) {
    if (json) {
        print_json(out, dump_to_json(dump));
    } else {
        write_dump(out, dump);
    }
}

} // namespace

ExitStatus command_dump(System& system, const DumpOptions& options, std::ostream& out) {
    const Dump dump = read_vmcs(system, options);
    if (options.output.empty()) {
        write(out, dump, options.json);
        return ExitStatus::success;
    }
    errno = 0;
    std::ofstream file(path_of(options.output), std::ios::binary | std::ios::trunc);
    write(file, dump, options.json);
    file.close();
    if (!file) {
        throw Failure(ExitStatus::usage, fmt::format("{}: {}", options.output, std::strerror(errno)),
                      "Give a file that can be written.");
    }
    print_to(out, "{} written to {}\n", counted(dump.fields, "field"), options.output);
    return ExitStatus::success;
}

} // namespace nadir::tool
