// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/commands.h"
#include "tool/json_output.h"
#include "tool/print_to.h"
#include "tool/units.h"

#include <string>
#include <vector>

namespace nadir::tool {

namespace {

struct Extension {
    nadir_extension about;
    std::vector<std::vector<nadir_u64>> counters; // by counter, of each processor
};

std::vector<Extension> read_all(Device& device, nadir_u32 processors) {
    std::vector<Extension> found;
    for (nadir_u32 number = 0;; ++number) {
        Extension one{};
        for (nadir_u32 processor = 0; processor < processors; ++processor) {
            const nadir_extension_request request = device.extension(number, processor);
            if (request.found == 0) {
                return found;
            }
            one.about = request.extension;
            one.counters.resize(request.extension.counter_count);
            for (nadir_u32 counter = 0; counter < request.extension.counter_count; ++counter) {
                one.counters[counter].push_back(request.extension.counters[counter]);
            }
        }
        found.push_back(one);
    }
}

nadir_u64 sum(const std::vector<nadir_u64>& counts) {
    nadir_u64 all = 0;
    for (const nadir_u64 count : counts) {
        all += count;
    }
    return all;
}

nlohmann::ordered_json to_json(const std::vector<Extension>& extensions) {
    auto list = nlohmann::ordered_json::array();
    for (const Extension& one : extensions) {
        auto counters = nlohmann::ordered_json::array();
        for (std::size_t i = 0; i < one.counters.size(); ++i) {
            counters.push_back({{"name", one.about.counter_names[i]},
                                {"count", sum(one.counters[i])},
                                {"processors", one.counters[i]}});
        }
        list.push_back({{"name", one.about.name},
                        {"version", one.about.version},
                        {"what", one.about.what},
                        {"counters", counters}});
    }
    return {{"extensions", list}};
}

} // namespace

ExitStatus command_extensions(System& system, const ExtensionsOptions& options, std::ostream& out) {
    const auto device = system.open_device();
    const nadir_u32 processors = device->state().processors;
    const std::vector<Extension> extensions = read_all(*device, processors);
    if (options.json) {
        print_json(out, to_json(extensions));
        return ExitStatus::success;
    }
    if (extensions.empty()) {
        print_to(out, "No extension is compiled into this {}.\n", system.words().host);
        return ExitStatus::success;
    }
    for (std::size_t number = 0; number < extensions.size(); ++number) {
        const Extension& one = extensions[number];
        print_to(out, "{} {} {}: {}\n", number, one.about.name, one.about.version, one.about.what);
        for (std::size_t i = 0; i < one.counters.size(); ++i) {
            print_to(out, "    {:<16} {:>12}", one.about.counter_names[i], grouped(sum(one.counters[i])));
            for (std::size_t processor = 0; one.counters[i].size() <= 8 && processor < one.counters[i].size();
                 ++processor) {
                print_to(out, "  {}: {}", processor, grouped(one.counters[i][processor]));
            }
            print_to(out, "\n");
        }
    }
    return ExitStatus::success;
}

} // namespace nadir::tool
