// SPDX-License-Identifier: MIT OR GPL-2.0-only
// `nadir list`, and what is said about a command that there isn't.
#include "arch/registry.h"
#include "tests/tool/run_command.h"
#include "tool/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nadir::tool {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;
using test::Answer;
using test::command;

std::vector<std::string> names(std::vector<const char*> words) {
    words.insert(words.begin(), {"list", "--json"});
    const Answer answer = command(words);
    EXPECT_EQ(answer.status, 0) << answer.err;
    const Json document = Json::parse(answer.out);
    std::vector<std::string> all;
    for (const Json& definition : document["definitions"]) {
        all.push_back(definition["name"]);
    }
    return all;
}

TEST(List, Table) {
    const Answer answer = command({"list", "smep", "guest"});
    EXPECT_EQ(answer.status, 0);
    EXPECT_EQ(answer.out, "NAME       KIND  NUMBER  BITS  DESCRIPTION\n"
                          "guest_cr4  vmcs  0x6804    64  guest state [20 smep]\n");
}

TEST(List, AllWordsWherever) {
    using ::testing::Contains;
    using ::testing::ElementsAre;
    EXPECT_THAT(names({"0xC0000080"}), ElementsAre("ia32_efer"));
    EXPECT_THAT(names({"c0000080"}), ElementsAre("ia32_efer"));
    EXPECT_THAT(names({"time-stamp", "adjust"}), ElementsAre("ia32_tsc_adjust"));
    EXPECT_THAT(names({"GUEST_CS_AR_BYTES"}), ElementsAre("guest_cs_access_rights"));
    EXPECT_THAT(names({"preemption", "timer", "value"}), ElementsAre("preemption_timer_value"));
    EXPECT_THAT(names({"smep", "--kind", "cpuid"}), ElementsAre("cpuid.0x7.0.ebx"));
    EXPECT_THAT(names({"on"}), Contains("xcr0"));
    EXPECT_EQ(names({}).size(), arch::registry.size());
}

TEST(List, Kinds) {
    std::size_t sum = 0;
    for (const char* kind : {"register", "msr", "cpuid", "vmcs", "segment", "event", "paging", "structure",
                             "exit-qualification", "instruction-information"}) {
        const std::size_t count = names({"--kind", kind}).size();
        EXPECT_GT(count, 0u) << kind;
        sum += count;
    }
    EXPECT_EQ(sum, arch::registry.size());
}

TEST(List, Json) {
    const Json one = Json::parse(command({"list", "--json", "--kind", "vmcs", "smep", "guest"}).out)["definitions"][0];
    EXPECT_EQ(one["name"], "guest_cr4");
    EXPECT_EQ(one["kind"], "vmcs");
    EXPECT_EQ(one["number"], 0x6804);
    EXPECT_EQ(one["bits"], 64);
    EXPECT_EQ(one["description"], "guest state");
    EXPECT_EQ(one["matching_fields"], Json({"smep"}));
    EXPECT_EQ(one["fields"][0]["name"], "vme");
}

TEST(List, Nothing) {
    Answer answer = command({"list", "eferr"});
    EXPECT_EQ(answer.status, 1);
    EXPECT_TRUE(answer.out.empty());
    EXPECT_EQ(answer.err, "nadir: no definition has \"eferr\"\nDid you mean \"ia32_efer\"?\n");
    answer = command({"list", "xyzzy", "--json"});
    EXPECT_EQ(answer.status, 1);
    EXPECT_TRUE(Json::parse(answer.out)["definitions"].empty());
    answer = command({"list", "--kind", "fruit"});
    EXPECT_EQ(answer.status, 2);
    EXPECT_THAT(answer.err, HasSubstr("The kinds are register, msr, cpuid, vmcs,"));
}

TEST(CommandLine, UnknownCommand) {
    const Answer answer = command({"decod", "cr4"});
    EXPECT_EQ(answer.status, 2);
    EXPECT_TRUE(answer.out.empty());
    EXPECT_THAT(answer.err,
                HasSubstr("nadir: there is no command \"decod\"\nDid you mean \"decode\"?\nThe commands are "));
    for (const char* word : {"on", "off", "status", "stats", "log", "caps", "decode", "list"}) {
        EXPECT_THAT(answer.err, ::testing::ContainsRegex(std::string("[ ,]") + word + "[,.]"));
    }
    const Answer nothing_like_it = command({"frob"});
    EXPECT_EQ(nothing_like_it.status, 2);
    EXPECT_THAT(nothing_like_it.err, HasSubstr("there is no command \"frob\"\nThe commands are "));
}

} // namespace
} // namespace nadir::tool
