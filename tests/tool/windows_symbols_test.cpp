// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Windows' list of kernel modules, and where PDBs are looked for: what is judged, not how it was asked.
#include "tool/exit_status.h"
#include "tool/symbols/symbol_path.h"
#include "tool/windows/loaded_modules.h"

#include <cstring>
#include <gmock/gmock.h>

namespace nadir::test {
namespace {

using ::testing::HasSubstr;
using tool::LoadedModule;

struct Named {
    std::uint64_t base;
    const char* path;
};

// As x64's RTL_PROCESS_MODULES lies in memory.
std::vector<std::byte> answer_of(const std::vector<Named>& modules) {
    constexpr std::size_t entry_bytes = 296;
    std::vector<std::byte> answer(8 + modules.size() * entry_bytes);
    const auto count = static_cast<std::uint32_t>(modules.size());
    std::memcpy(answer.data(), &count, sizeof(count));
    for (std::size_t i = 0; i < modules.size(); ++i) {
        std::byte* entry = answer.data() + 8 + i * entry_bytes;
        std::memcpy(entry + 16, &modules[i].base, sizeof(modules[i].base));
        std::memcpy(entry + 40, modules[i].path, std::strlen(modules[i].path));
    }
    return answer;
}

const std::vector<Named> example = {{0xfffff80000000000, "\\SystemRoot\\system32\\ntkrnlxx.exe"},
                                    {0xfffff80001000000, "\\SYSTEMROOT\\System32\\HAL.dll"},
                                    {0xfffff80002000000, "\\??\\C:\\nadir\\nadir.sys"},
                                    {0xfffff80003000000, "\\Windows\\System32\\drivers\\disk.sys"}};

std::string failure_of(const auto& action) {
    try {
        (void)action();
    } catch (const tool::Failure& failure) {
        return std::string(failure.what()) + "|" + failure.advice();
    }
    return "none";
}

TEST(LoadedModules, AreReadAsWindowsWritesThem) {
    const std::vector<LoadedModule> modules = tool::modules_in(answer_of(example), "D:\\Windows");
    ASSERT_EQ(modules.size(), 4u);
    EXPECT_EQ(modules[0].name, "") << "the kernel, whatever its file is called";
    EXPECT_EQ(modules[0].file, "D:\\Windows\\system32\\ntkrnlxx.exe");
    EXPECT_EQ(modules[1].name, "hal");
    EXPECT_EQ(modules[1].file, "D:\\Windows\\System32\\HAL.dll");
    EXPECT_EQ(modules[1].base, 0xfffff80001000000u);
    EXPECT_EQ(modules[2].file, "C:\\nadir\\nadir.sys");
    EXPECT_EQ(modules[3].file, "D:\\Windows\\System32\\drivers\\disk.sys");
    EXPECT_EQ(tool::file_of_module("C:\\plain.sys", "D:\\Windows"), "C:\\plain.sys");
    std::vector<std::byte> cut = answer_of(example);
    cut.resize(cut.size() - 1);
    EXPECT_EQ(tool::modules_in(cut, "D:\\Windows").size(), 3u);
}

TEST(LoadedModules, WithoutAddressesAreExplained) {
    std::vector<Named> hidden = example;
    for (Named& module : hidden) {
        module.base = 0;
    }
    for (const std::vector<std::byte>& answer : {answer_of(hidden), std::vector<std::byte>{}}) {
        EXPECT_THAT(failure_of([&] { return tool::modules_in(answer, "C:\\Windows"); }),
                    testing::AllOf(HasSubstr("doesn't tell this program where"), HasSubstr("Run as administrator")));
    }
}

TEST(LoadedModules, AreChosenByName) {
    const std::vector<LoadedModule> all = tool::modules_in(answer_of(example), "C:\\Windows");
    const auto chosen = [&](const std::vector<std::string>& names) { return tool::chosen_modules(all, names); };
    EXPECT_EQ(chosen({}).size(), 4u);
    const std::vector<LoadedModule> some = chosen({"NADIR", "nt", "nadir", "ntoskrnl", "NTKRNLMP"});
    ASSERT_EQ(some.size(), 2u);
    EXPECT_EQ(some[0].name, "nadir");
    EXPECT_EQ(some[1].name, "");
    EXPECT_THAT(failure_of([&] { return chosen({"nadri"}); }),
                testing::AllOf(HasSubstr("no module \"nadri\""), HasSubstr("Did you mean \"nadir\"")));
    EXPECT_THAT(failure_of([&] { return chosen({"something"}); }), HasSubstr("`driverquery` lists drivers"));
}

TEST(SymbolPath, WithoutServersIsWhatIsHere) {
    EXPECT_EQ(tool::local_part("C:\\symbols"), "C:\\symbols");
    EXPECT_EQ(tool::local_part("srv*C:\\store*https://msdl.microsoft.com/download/symbols"), "srv*C:\\store");
    EXPECT_EQ(tool::local_part("SRV*https://server/a;C:\\a;;srv*"), "C:\\a");
    EXPECT_EQ(tool::local_part("symsrv*symsrv.dll*C:\\b*HTTP://server"), "symsrv*symsrv.dll*C:\\b");
    EXPECT_EQ(tool::local_part("symsrv*symsrv.dll*https://server"), "");
    EXPECT_EQ(tool::local_part("cache*C:\\c;\\\\server\\share;srv*\\\\server\\store"), "cache*C:\\c");
    for (const char* server : {"https://server", "http://server", "ftp://server/symbols", "//server/share"}) {
        EXPECT_EQ(tool::local_part(server), "") << server;
    }
    EXPECT_EQ(tool::local_part(""), "");
}

} // namespace
} // namespace nadir::test
