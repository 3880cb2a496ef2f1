// SPDX-License-Identifier: MIT OR GPL-2.0-only
// `nadir extensions`: names and counters of what is compiled in.
#include "tests/tool/command_answer.h"

#include <gmock/gmock.h>

namespace nadir::test {
namespace {

using ::testing::HasSubstr;

template <std::size_t size>
void write_text(char (&to)[size], const std::string& text) {
    text.copy(to, size - 1);
}

nadir_extension example() {
    nadir_extension extension{};
    write_text(extension.name, "msr_filter");
    write_text(extension.version, "1.0");
    write_text(extension.what, "keeps IA32_LSTAR");
    extension.counter_count = 2;
    write_text(extension.counter_names[0], "written");
    write_text(extension.counter_names[1], "refused");
    extension.counters[0] = 2;
    extension.counters[1] = 1000;
    return extension;
}

TEST(Extensions, NoneIsCompiledIn) {
    const CommandAnswer answer = run_command({"extensions"});
    EXPECT_EQ(answer.status, 0);
    EXPECT_THAT(answer.out, HasSubstr("No extension is compiled into this "));
    EXPECT_TRUE(run_command({"extensions", "--json"}).json()["extensions"].empty());
}

TEST(Extensions, CountersOfAllProcessors) {
    FakeSystem system;
    system.nadir.extensions = {example()};
    EXPECT_THAT(run_command(system, {"extensions"}).out, HasSubstr("0 msr_filter 1.0: keeps IA32_LSTAR\n"));
    EXPECT_THAT(run_command(system, {"extensions"}).out, HasSubstr("0: 1,000  1: 2,000  2: 3,000"));
    const nlohmann::json refused = run_command(system, {"extensions", "--json"}).json()["extensions"][0]["counters"][1];
    EXPECT_EQ(refused["name"], "refused");
    EXPECT_EQ(refused["count"], 6000);
    EXPECT_EQ(refused["processors"], nlohmann::json({1000, 2000, 3000}));
}

} // namespace
} // namespace nadir::test
