// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The kernel's modules as Windows lists them, judged apart from how it was asked, so that tests on any system see it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nadir::tool {

struct LoadedModule {
    std::uint64_t base = 0;
    std::string file; // as a program opens it
    std::string name; // "hal"; empty: the kernel itself
};

// What NtQuerySystemInformation(SystemModuleInformation) wrote; `windows` is Windows' folder. Throws Failure where Windows hides the
// addresses.
std::vector<LoadedModule> modules_in(std::span<const std::byte> answer, std::string_view windows);

// "\SystemRoot\system32\hal.dll" and "\??\C:\nadir\nadir.sys" are names of the kernel's.
std::string file_of_module(std::string_view name, std::string_view windows);

// Those that were asked for, which are all where none was. Throws Failure for a name that no module has.
std::vector<LoadedModule> chosen_modules(const std::vector<LoadedModule>& all, std::span<const std::string> names);

} // namespace nadir::tool
