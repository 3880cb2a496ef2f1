// SPDX-License-Identifier: MIT OR GPL-2.0-only
// `nadir hook`: places as they are written, what the host is asked, and what is printed of the hits.
#include "tests/tool/command_answer.h"
#include "tool/hook/places.h"

#include <gmock/gmock.h>

namespace nadir::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kallsyms = "ffffffff81200000 T vfs_read\n"
                                 "ffffffff81200300 T vfs_write\n"
                                 "ffffffff81200400 t read_one\n"
                                 "ffffffffc0001000 t read_one\t[example]\n"
                                 "ffffffffc0001040 t handler\t[example]\n";
constexpr nadir_u64 vfs_read = 0xffffffff81200000;
constexpr nadir_u64 vfs_write = 0xffffffff81200300;
constexpr nadir_u64 handler = 0xffffffffc0001040;

class Hook : public ::testing::Test {
protected:
    Hook() {
        system.symbols = {kallsyms, "/proc/kallsyms"};
        system.naps_until_interrupt = 3;
    }
    CommandAnswer run(std::vector<std::string> words) {
        words.insert(words.begin(), "hook");
        return run_command(system, words);
    }
    void hit(nadir_u32 processor, nadir_u64 time, nadir_u64 address) {
        nadir_event event{};
        event.time = time;
        event.rip = address;
        event.word[1] = 0x1111;
        event.word[2] = 0x2222;
        event.kind = NADIR_EVENT_HOOK;
        system.nadir.events[processor].push_back(event);
    }
    FakeSystem system;
};

TEST(HookPlaces, AreReadAsTheyAreWritten) {
    const tool::Symbols symbols(kallsyms, "kallsyms");
    const std::pair<const char*, nadir_u64> places[] = {
        {"vfs_read", vfs_read},
        {"vfs_read+0x10", vfs_read + 16},
        {"vfs_read+16", vfs_read + 16},
        {"handler", handler},
        {"example:handler+4", handler + 4},
        {"kernel:read_one", 0xffffffff81200400},
        {"0xffffffff81200300", vfs_write},
        {"ffffffff81200300", vfs_write},
        {"0xffffffff81200300+1", vfs_write + 1},
    };
    for (const auto& [word, address] : places) {
        EXPECT_EQ(tool::parse_place(word, symbols), address) << word;
    }
}

TEST(HookPlaces, SayWhatIsWrong) {
    const tool::Symbols symbols(kallsyms, "kallsyms");
    const std::tuple<const char*, const char*, const char*> wrong[] = {
        {"vfs_rea", "no symbol \"vfs_rea\"", "Did you mean \"vfs_read\""},
        {"vfs_raed+8", "no symbol \"vfs_raed\" in \"vfs_raed+8\"", "vfs_read"},
        {"read_one", "2 places are called \"read_one\": 0xffffffff81200400, 0xffffffffc0001000 [example]",
         "MODULE:SYMBOL"},
        {"vfs_read+x", "\"x\" in \"vfs_read+x\" is no offset", "vfs_read+0x10"},
        {"vfs_read+", "no offset", ""},
        {"0x401000", "0x401000 is an address of programs", "nadir symbols"},
        {"", "no letters", "SYMBOL"},
    };
    for (const auto& [word, what, advice] : wrong) {
        try {
            (void)tool::parse_place(word, symbols);
            ADD_FAILURE() << word;
        } catch (const tool::Failure& failure) {
            EXPECT_EQ(failure.status(), tool::ExitStatus::usage) << word;
            EXPECT_THAT(failure.what(), HasSubstr(what)) << word;
            EXPECT_THAT(failure.advice(), HasSubstr(advice)) << word;
        }
    }
}

TEST_F(Hook, ShowsHitsBySymbol) {
    hit(0, 1000100, vfs_read);
    hit(1, 1000050, handler);
    system.nadir.process = {7, 7, NADIR_PROCESS_KNOWN, 0, "cat"};
    system.while_asleep = [this] {
        if (!system.nadir.hooks.empty()) {
            system.nadir.hooks[0].hits = 1234;
            system.nadir.hooks[1].changes = 2;
        }
    };
    const CommandAnswer answer = run({"vfs_read", "handler"});
    EXPECT_EQ(answer.status, 0) << answer.err;
    EXPECT_THAT(answer.out, HasSubstr("2 hooks are set"));
    EXPECT_THAT(answer.out, HasSubstr("cpu 0   cat/7                 vfs_read  rdi 0x1111  rsi 0x2222\n"));
    EXPECT_LT(answer.out.find("handler [example]  rdi"), answer.out.find("vfs_read  rdi")) << "in the order of time";
    EXPECT_THAT(answer.out, HasSubstr("           1,234  vfs_read\n"));
    EXPECT_THAT(answer.out, HasSubstr("               0  handler [example] (rewritten 2 times)\n"));
    EXPECT_EQ(system.nadir.filter.kinds, 1u << NADIR_EVENT_HOOK);
    ASSERT_EQ(system.nadir.hook_requests.size(), 1u);
    const nadir_hooks_set_request& asked = system.nadir.hook_requests[0];
    EXPECT_EQ(asked.count, 2u);
    EXPECT_EQ(asked.stay, 0u);
    EXPECT_EQ(asked.hooks[1].address, handler);
    EXPECT_EQ(asked.hooks[1].kind, nadir_u32{NADIR_HOOK_BREAKPOINT});
    EXPECT_EQ(system.nadir.ends, 1u);
    EXPECT_TRUE(system.nadir.hooks.empty());
}

TEST_F(Hook, PrintsJsonForPrograms) {
    hit(0, 1000100, vfs_read + 8);
    system.nadir.events_lost[1] = 5;
    system.nadir.events[1].resize(5);
    const CommandAnswer answer = run({"vfs_read+8", "--json"});
    std::vector<nlohmann::json> lines;
    std::istringstream stream(answer.out);
    for (std::string line; std::getline(stream, line);) {
        lines.push_back(nlohmann::json::parse(line));
    }
    ASSERT_EQ(lines.size(), 4u) << answer.out;
    EXPECT_EQ(lines[0], (nlohmann::json{{"set", 1}}));
    EXPECT_EQ(lines[1], (nlohmann::json{{"lost", 5}, {"processor", 1}}));
    EXPECT_EQ(lines[2]["hook"],
              (nlohmann::json{
                  {"address", "0xffffffff81200008"}, {"symbol", "vfs_read"}, {"offset", 8}, {"module", nullptr}}));
    EXPECT_EQ(lines[2]["rdi"], "0x1111");
    EXPECT_EQ(lines[3]["end"][1], (nlohmann::json{{"processor", 1}, {"seen", 0}, {"lost", 5}}));
    EXPECT_EQ(lines[3]["hooks"][0]["hits"], 0);
    EXPECT_EQ(lines[3]["hooks"][0]["whose"], "mine");
}

TEST_F(Hook, EndsAfterSoManyHits) {
    for (int i = 0; i < 10; ++i) {
        hit(0, 1000100, vfs_read);
    }
    system.naps_until_interrupt = -1;
    const CommandAnswer answer = run({"vfs_read", "--count", "3"});
    EXPECT_EQ(answer.status, 0);
    std::size_t lines = 0;
    for (std::size_t at = answer.out.find("vfs_read  rdi"); at != std::string::npos;
         at = answer.out.find("vfs_read  rdi", at + 1)) {
        ++lines;
    }
    EXPECT_EQ(lines, 3u);
}

TEST_F(Hook, CountsOnlyWithoutEvents) {
    system.naps_until_interrupt = -1;
    system.while_asleep = [this] {
        for (nadir_listed_hook& hook : system.nadir.hooks) {
            hook.hits += 40;
        }
    };
    const CommandAnswer answer = run({"vfs_read", "--quiet", "--count", "100"});
    EXPECT_EQ(answer.status, 0);
    EXPECT_THAT(answer.out, HasSubstr("120  vfs_read\n"));
    EXPECT_EQ(system.nadir.filter.kinds, 0u) << "events were asked for";
}

TEST_F(Hook, Redirects) {
    EXPECT_EQ(run({"vfs_read", "--redirect", "handler"}).status, 0);
    const nadir_hook_wish& wish = system.nadir.hook_requests.at(0).hooks[0];
    EXPECT_EQ(wish.kind, nadir_u32{NADIR_HOOK_REDIRECT});
    EXPECT_EQ(wish.target, handler);
}

TEST_F(Hook, CallsAnExtension) {
    EXPECT_THAT(run({"vfs_read", "--call", "filter"}).err, HasSubstr("No extension is compiled into this Nadir"));
    system.nadir.extensions.resize(2);
    std::string_view("first").copy(system.nadir.extensions[0].name, 5);
    std::string_view("filter").copy(system.nadir.extensions[1].name, 6);
    for (const char* word : {"filter", "1"}) {
        const CommandAnswer answer = run({"vfs_read", "--call", word});
        EXPECT_EQ(answer.status, 0) << answer.err;
        EXPECT_THAT(answer.out, HasSubstr("vfs_read -> extension 1\n"));
        const nadir_hook_wish& wish = system.nadir.hook_requests.back().hooks[0];
        EXPECT_EQ(wish.kind, nadir_u32{NADIR_HOOK_CALL});
        EXPECT_EQ(wish.target, 1u);
    }
    EXPECT_THAT(run({"vfs_read", "--call", "filtre"}).err, HasSubstr("Did you mean \"filter\"?"));
    EXPECT_THAT(run({"vfs_read", "--call", "2"}).err, HasSubstr("There is no extension \"2\""));
    EXPECT_EQ(run({"vfs_read", "--call", "1", "--redirect", "handler"}).status, 2);
}

TEST_F(Hook, KeepsListsAndClears) {
    const CommandAnswer kept = run({"vfs_read", "--keep"});
    EXPECT_EQ(kept.status, 0) << kept.err;
    EXPECT_EQ(system.nadir.hook_requests.at(0).stay, 1u);
    const CommandAnswer listed = run({"--list"});
    EXPECT_THAT(listed.out, AllOf(HasSubstr("stays"), HasSubstr("vfs_read")));
    EXPECT_EQ(run({"--list", "--json"}).json()["hooks"][0]["whose"], "stays");
    EXPECT_EQ(run({"--clear"}).out, "There are no hooks.\n");
    EXPECT_TRUE(system.nadir.hooks.empty());
    EXPECT_EQ(run({"--list", "--keep"}).status, 2);
}

TEST_F(Hook, ListsMoreThanOneBatch) {
    system.nadir.hooks.assign(300, {{vfs_read, 0, 0, 0}, 0, 5, 0, 0, 0});
    EXPECT_EQ(run({"--list", "--json"}).json()["hooks"].size(), 300u);
}

TEST_F(Hook, TellsOfAHookThatIsGone) {
    system.naps_until_interrupt = -1;
    system.while_asleep = [this] {
        for (nadir_listed_hook& hook : system.nadir.hooks) {
            hook.flags |= NADIR_HOOK_GONE;
        }
    };
    const CommandAnswer answer = run({"handler"});
    EXPECT_EQ(answer.status, 0);
    EXPECT_THAT(answer.out, HasSubstr("(the hook at handler [example] is gone"));
}

TEST_F(Hook, EndsWhenNadirIsTurnedOff) {
    system.nadir.events_over = true;
    system.naps_until_interrupt = -1;
    const CommandAnswer answer = run({"vfs_read"});
    EXPECT_EQ(answer.status, 1);
    EXPECT_THAT(answer.err, HasSubstr("turned off meanwhile"));
}

TEST_F(Hook, ExplainsRefusals) {
    const auto refused = [this](nadir_u32 status, const char* text, nadir_u64 address) {
        system.nadir.hook_report = {};
        system.nadir.hook_report.status = status;
        system.nadir.hook_report.detail[0] = address;
        std::strcpy(system.nadir.hook_report.text, text);
        const CommandAnswer answer = run({"vfs_read+4"});
        EXPECT_EQ(answer.status, 1);
        EXPECT_THAT(answer.out, Not(HasSubstr("set")));
        return answer.err;
    };
    EXPECT_THAT(refused(NADIR_HOOK_INSTRUCTION, "the instruction there", vfs_read + 4),
                AllOf(HasSubstr("the one at vfs_read+0x4 was refused: the instruction there"), HasSubstr("objdump")));
    EXPECT_THAT(refused(NADIR_HOOKS_NOT_ASKED_FOR, "", 0), HasSubstr("--hook-pages"));
    EXPECT_THAT(refused(NADIR_ALREADY_OFF, "Nadir is off", 0), HasSubstr("`nadir on`"));
    EXPECT_THAT(refused(NADIR_HOOKS_NOT_HERE, "Hooks can't be set under Windows yet", 0), HasSubstr("Windows"));
    EXPECT_TRUE(system.nadir.hooks.empty());
    EXPECT_FALSE(system.nadir.watched);
}

TEST_F(Hook, ExplainsEventsThatSomebodyHas) {
    system.nadir.report.status = NADIR_BUSY;
    std::strcpy(system.nadir.report.text, "Somebody has the events");
    EXPECT_THAT(run({"vfs_read"}).err, AllOf(HasSubstr("Somebody"), HasSubstr("--quiet")));
    EXPECT_TRUE(system.nadir.hook_requests.empty());
}

TEST_F(Hook, WorksByAddressWithoutSymbols) {
    system.symbols.text = "0000000000000000 T vfs_read\n";
    EXPECT_EQ(run({"0xffffffff81200000"}).status, 0);
    EXPECT_THAT(run({"vfs_read"}).err, HasSubstr("kptr_restrict"));
    EXPECT_EQ(run({"--list"}).status, 0);
}

TEST_F(Hook, SaysWhatIsMissing) {
    EXPECT_THAT(run({}).err, HasSubstr("Where is the hook to be?"));
    EXPECT_EQ(run({"vfs_read", "--count", "0"}).status, 2);
    EXPECT_TRUE(system.nadir.hook_requests.empty());
}

TEST(On, KeepsMemoryForHooks) {
    FakeSystem system;
    EXPECT_EQ(run_command(system, {"on"}).status, 0);
    EXPECT_EQ(system.nadir.options.hook_pages, 64u);
    EXPECT_EQ(run_command(system, {"on", "--hook-pages", "0"}).status, 0);
    EXPECT_EQ(system.nadir.options.hook_pages, 0u);
    EXPECT_EQ(run_command(system, {"on", "--hook-pages", "513"}).status, 2);
}

} // namespace
} // namespace nadir::test
