// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "control/messages.h"

#include <gtest/gtest.h>
#include <set>
#include <string>

extern "C" {
[[gnu::sysv_abi]] const char* nadir_status_text(nadir_u32 status);
[[gnu::sysv_abi]] const char* nadir_step_text(nadir_u32 step);
}

namespace nadir::control {
namespace {

nadir_log_record record_of(Message message) {
    nadir_log_record record{};
    record.message = static_cast<nadir_u8>(message);
    for (unsigned i = 0; i < message_arguments; ++i) {
        record.argument[i] = 0x1100 + i;
    }
    return record;
}

std::size_t two_letters(const std::uint64_t* numbers, std::span<char> out) {
    out[0] = static_cast<char>('a' + numbers[0]);
    out[1] = static_cast<char>('a' + numbers[5]);
    out[2] = '\0';
    return 2;
}

std::string text_of_record(const nadir_log_record& record) {
    char text[600];
    return {text, format_record(record, text)};
}

TEST(Messages, EveryOneHasATextAndItsPlaceholdersFit) {
    std::set<std::string_view> names;
    for (unsigned number = 0; number < static_cast<unsigned>(Message::count); ++number) {
        const MessageText& text = text_of(static_cast<std::uint8_t>(number));
        SCOPED_TRACE(std::string(text.name));
        EXPECT_TRUE(names.insert(text.name).second);
        EXPECT_FALSE(text.pattern.empty());
        unsigned placeholders = 0;
        for (std::size_t at = text.pattern.find('{'); at != std::string_view::npos;
             at = text.pattern.find('{', at + 1)) {
            ++placeholders;
            ASSERT_LT(at + 2, text.pattern.size());
            EXPECT_NE(std::string_view("dxeisSrt").find(text.pattern[at + 1]), std::string_view::npos);
            placeholders += text.pattern[at + 1] == 't' ? 1 : 0; // two arguments
            EXPECT_EQ(text.pattern[at + 2], '}');
        }
        EXPECT_LE(placeholders, message_arguments);
        const std::string words = text_of_record(record_of(static_cast<Message>(number)));
        EXPECT_EQ(words.find('{'), std::string::npos) << words;
        EXPECT_GE(words.size(), 5u);
        // With the largest arguments a line of the kernel log (about 1,000 characters) holds it.
        nadir_log_record widest = record_of(static_cast<Message>(number));
        std::fill(std::begin(widest.argument), std::end(widest.argument), ~0ull);
        EXPECT_LT(text_of_record(widest).size(), 400u);
    }
}

TEST(Messages, Words) {
    nadir_log_record record{};
    record.message = static_cast<nadir_u8>(Message::fault_in_root);
    record.argument[0] = 14;
    record.argument[1] = 2;
    record.argument[2] = 0xFFFF'8000'0000'1234;
    record.argument[4] = 0x7F00;
    EXPECT_EQ(text_of_record(record),
              "fault in root mode: vector 14, error code 0x2, RIP image+0xffff800000001234, CR2 0x0, RSP 0x7f00");

    record = {};
    record.message = static_cast<nadir_u8>(Message::start_failed);
    record.argument[0] = NADIR_STEP_VMXON;
    record.argument[1] = NADIR_VMXON_FAILED;
    EXPECT_EQ(text_of_record(record), "start failed at step 7 (VMXON): 32 (VMXON failed) (details 0x0, 0x0)");
}

TEST(Messages, LettersAreTwoArguments) {
    nadir_log_record record{};
    record.message = static_cast<nadir_u8>(Message::extension_note);
    record.argument[0] = 0x7265'746C'6966'5F61; // "a_filter"
    record.argument[1] = 0x32;
    record.argument[2] = 0x6573'7566'6572;
    record.argument[4] = 7;
    EXPECT_EQ(text_of_record(record), "extension a_filter2: refuse: 0x7, 0x0");
}

TEST(Messages, UnknownNumberShowsItsArguments) {
    nadir_log_record record = record_of(Message::none);
    record.message = 250;
    EXPECT_EQ(text_of_record(record),
              "a message of another version of Nadir: 0x1100, 0x1101, 0x1102, 0x1103, 0x1104, 0x1105");
}

TEST(Messages, CutAndTerminated) {
    const nadir_log_record record = record_of(Message::stop_requested);
    char text[8] = "xxxxxxx";
    EXPECT_EQ(format_record(record, text), 7u);
    EXPECT_STREQ(text, "stop re");
    char one = 'x';
    EXPECT_EQ(format_record(record, {&one, 1}), 0u);
    EXPECT_EQ(one, '\0');
}

TEST(Messages, ARulesWordsComeFromTheCaller) {
    nadir_log_record record{};
    record.message = static_cast<nadir_u8>(Message::entry_rule_broken);
    record.argument[0] = 7;
    record.argument[5] = 5;
    EXPECT_EQ(text_of_record(record), "this VM entry breaks a rule: number 7");
    char text[100];
    EXPECT_EQ(format_record_with<two_letters>(record, text), 31u);
    EXPECT_STREQ(text, "this VM entry breaks a rule: hf");
    EXPECT_EQ(format_record_with<two_letters>(record_of(Message::stop_requested), text), 14u);
}

TEST(Messages, Levels) {
    EXPECT_EQ(level_of(Message::fault_in_root), NADIR_LEVEL_ERROR);
    EXPECT_EQ(level_of(Message::processor_entered), NADIR_LEVEL_INFO);
    EXPECT_EQ(name_of(NADIR_LEVEL_WARNING), "warning");
}

TEST(StatusText, EveryStatusHasItsOwnWords) {
    std::set<std::string> seen;
    for (const nadir_u32 status : {NADIR_OK,
                                   NADIR_NOT_INTEL_VMX,
                                   NADIR_LOCKED_OFF,
                                   NADIR_IN_POSSESSION,
                                   NADIR_CONTROL_MISSING,
                                   NADIR_FIXED_BITS,
                                   NADIR_UNSUPPORTED_FEATURE,
                                   NADIR_UNDER_HYPERVISOR,
                                   NADIR_NO_MEMORY,
                                   NADIR_TOO_MANY_PROCESSORS,
                                   NADIR_PROCESSOR_OFFLINE,
                                   NADIR_VMXON_FAILED,
                                   NADIR_VMCLEAR_FAILED,
                                   NADIR_VMPTRLD_FAILED,
                                   NADIR_VMWRITE_FAILED,
                                   NADIR_VMLAUNCH_FAILED,
                                   NADIR_ENTRY_FAILED,
                                   NADIR_CONFIRM_FAILED,
                                   NADIR_INJECTED,
                                   NADIR_ALREADY_ON,
                                   NADIR_ALREADY_OFF,
                                   NADIR_BAD_VERSION,
                                   NADIR_BAD_SIZE,
                                   NADIR_BAD_ARGUMENT,
                                   NADIR_BUSY,
                                   NADIR_REFUSED,
                                   NADIR_HOOK_ADDRESS,
                                   NADIR_HOOK_NOT_CODE,
                                   NADIR_HOOK_NOT_TEXT,
                                   NADIR_HOOK_TAKEN,
                                   NADIR_HOOKS_TOO_MANY,
                                   NADIR_HOOKS_NOT_HERE,
                                   NADIR_MEMORY_HIDDEN,
                                   NADIR_MEMORY_TOO_MUCH,
                                   NADIR_HOOK_WATCHED,
                                   NADIR_GDB_WATCHES,
                                   NADIR_PROCESSOR_LOST,
                                   NADIR_EVENT_NOT_OFFERED,
                                   NADIR_HOOKS_NOT_ASKED_FOR,
                                   NADIR_HOOKS_UNSUPPORTED,
                                   NADIR_HOOK_NO_MEMORY,
                                   NADIR_HOOK_DEVICE,
                                   NADIR_HOOK_OURS,
                                   NADIR_HOOK_INSTRUCTION,
                                   NADIR_HOOK_EXTENSION,
                                   NADIR_MEMORY_NOT_THERE,
                                   NADIR_MEMORY_DEVICE,
                                   NADIR_MEMORY_OURS,
                                   NADIR_MEMORY_UNREADABLE,
                                   NADIR_NO_PROCESS,
                                   NADIR_MEMORY_UNSUPPORTED}) {
        const char* text = nadir_status_text(status);
        EXPECT_STRNE(text, nadir_status_text(12345)) << status;
        EXPECT_TRUE(seen.insert(text).second) << text;
    }
    EXPECT_STREQ(nadir_status_text(12345), "an unknown status");
}

TEST(StatusText, EveryStepHasItsOwnWords) {
    std::set<std::string> seen;
    for (nadir_u32 step = 0; step < NADIR_STEP_COUNT; ++step) {
        EXPECT_TRUE(seen.insert(nadir_step_text(step)).second);
    }
    EXPECT_STREQ(nadir_step_text(NADIR_STEP_COUNT), "an unknown step");
}

} // namespace
} // namespace nadir::control
