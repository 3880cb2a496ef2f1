// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/windows/loaded_modules.h"

#include "tool/definitions/names.h"
#include "tool/definitions/nearness.h"
#include "tool/exit_status.h"
#include "tool/symbols/image_source.h"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <fmt/format.h>

namespace nadir::tool {

namespace {

// RTL_PROCESS_MODULE_INFORMATION, whose array follows a count.
struct Entry {
    std::uint64_t section;
    std::uint64_t mapped_base;
    std::uint64_t base;
    std::uint32_t size;
    std::uint32_t flags;
    std::uint16_t load_order;
    std::uint16_t init_order;
    std::uint16_t load_count;
    std::uint16_t file_name; // where in the path
    char path[256];
};
constexpr std::size_t first_entry = sizeof(std::uint64_t);
static_assert(sizeof(Entry) == 296);

bool begins_with(std::string_view text, std::string_view lower) {
    return text.size() >= lower.size() && std::ranges::equal(text.substr(0, lower.size()), lower, {},
                                                             [](unsigned char letter) { return std::tolower(letter); });
}

const LoadedModule& find(const std::vector<LoadedModule>& all, const std::string& name) {
    const std::string wanted = name == "nt" ? std::string{} : module_of_image(name + ".sys");
    const auto found = std::ranges::find(all, wanted, &LoadedModule::name);
    if (found != all.end()) {
        return *found;
    }
    std::vector<Candidate> candidates;
    candidates.reserve(all.size());
    for (const LoadedModule& module : all) {
        candidates.push_back({module.name, squash(module.name)});
    }
    const std::string near = did_you_mean(nearest(squash(name), candidates));
    throw Failure(ExitStatus::failed, fmt::format("The kernel has loaded no module \"{}\".", name),
                  near.empty() ? "`driverquery` lists drivers; the kernel itself is nt." : near);
}

} // namespace

std::string file_of_module(std::string_view name, std::string_view windows) {
    constexpr std::string_view system_root = "\\systemroot\\";
    constexpr std::string_view dos_devices = "\\??\\";
    if (begins_with(name, system_root)) {
        return fmt::format("{}\\{}", windows, name.substr(system_root.size()));
    }
    if (begins_with(name, dos_devices)) {
        return std::string(name.substr(dos_devices.size()));
    }
    if (name.starts_with('\\')) { // of the drive that Windows is on
        return fmt::format("{}{}", windows.substr(0, windows.find('\\')), name);
    }
    return std::string(name);
}

std::vector<LoadedModule> modules_in(std::span<const std::byte> answer, std::string_view windows) {
    std::uint32_t count = 0;
    if (answer.size() >= first_entry) {
        std::memcpy(&count, answer.data(), sizeof(count));
    }
    std::vector<LoadedModule> modules;
    for (std::size_t i = 0; i < count && first_entry + (i + 1) * sizeof(Entry) <= answer.size(); ++i) {
        Entry entry;
        std::memcpy(&entry, answer.data() + first_entry + i * sizeof(Entry), sizeof(entry));
        const std::string_view path(entry.path, ::strnlen(entry.path, sizeof(entry.path)));
        // The kernel comes first, whatever its file is called.
        modules.push_back({entry.base, file_of_module(path, windows), i == 0 ? std::string{} : module_of_image(path)});
    }
    if (std::ranges::all_of(modules, [](const LoadedModule& module) { return module.base == 0; })) {
        throw Failure(
            ExitStatus::not_permitted, "Windows doesn't tell this program where the kernel's modules are.",
            "Run the command in a console that was opened by \"Run as administrator\". For names without a running kernel: "
            "--symbols FILE --at ADDRESS.");
    }
    return modules;
}

std::vector<LoadedModule> chosen_modules(const std::vector<LoadedModule>& all, std::span<const std::string> names) {
    if (names.empty()) {
        return all;
    }
    std::vector<LoadedModule> chosen;
    for (const std::string& name : names) {
        const LoadedModule& module = find(all, name);
        if (std::ranges::find(chosen, module.base, &LoadedModule::base) == chosen.end()) {
            chosen.push_back(module);
        }
    }
    return chosen;
}

} // namespace nadir::tool
