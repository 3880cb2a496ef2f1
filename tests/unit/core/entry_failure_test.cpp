// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A VM entry that fails is explained: in the report, in the log that outlives the start, and by the VMCS that is kept.
#include <map>

#include "arch/vmx/fields.h"
#include "tests/unit/core/fixture.h"

namespace nadir::test {
namespace {

class EntryFailure : public MachineTest {
protected:
    EntryFailure() : MachineTest(2) {}

    nadir_vmcs read_vmcs(uint32_t processor, uint32_t status = NADIR_OK) {
        nadir_vmcs vmcs{};
        EXPECT_EQ(nadir_read_vmcs(session, processor, &vmcs), status);
        return vmcs;
    }
    static std::map<uint32_t, uint64_t> fields_of(const nadir_vmcs& vmcs) {
        std::map<uint32_t, uint64_t> fields;
        for (uint32_t i = 0; i < vmcs.count; ++i) {
            fields[vmcs.fields[i].encoding] = vmcs.fields[i].value;
        }
        EXPECT_EQ(fields.size(), vmcs.count) << "a field is there twice";
        return fields;
    }
};

TEST_F(EntryFailure, GuestStateThatIsRefused) {
    options.fail_step = NADIR_STEP_ENTRY;
    options.fail_processor = 1;
    EXPECT_EQ(start(), NADIR_ENTRY_FAILED);
    EXPECT_NE(std::string(report.text).find("Broken rule: guest.rflags.reserved"), std::string::npos) << report.text;
    ASSERT_NE(session, nullptr);

    const std::string log = log_of(NADIR_ANY_PROCESSOR);
    EXPECT_NE(log.find("this VM entry breaks a rule: guest.rflags.reserved: "), std::string::npos) << log;
    EXPECT_NE(log.find("guest_rflags = 0x0, wrong bits 0x2"), std::string::npos) << log;
    EXPECT_NE(log.find("start failed at step"), std::string::npos);
    EXPECT_NE(log_of(1).find("VM entry failed: exit reason 33"), std::string::npos);
    bool printed = false;
    for (const std::string& line : fake::host.printed) {
        printed = printed || line.find("processor 1: this VM entry breaks a rule: guest.rflags.reserved: ") == 0;
    }
    EXPECT_TRUE(printed);

    const nadir_vmcs kept = read_vmcs(NADIR_ANY_PROCESSOR);
    EXPECT_EQ(kept.source, static_cast<uint32_t>(NADIR_VMCS_FAILED_ENTRY));
    EXPECT_EQ(kept.processor, 1u);
    EXPECT_EQ(kept.exit_reason, 0x8000'0021u);
    EXPECT_EQ(fields_of(kept)[arch::vmcs::guest_rflags.encoding], 0u);
    EXPECT_EQ(read_vmcs(1).source, static_cast<uint32_t>(NADIR_VMCS_NONE));
    release();
    EXPECT_TRUE(nothing_leaked());
}

TEST_F(EntryFailure, AControlThatIsRefused) {
    options.fail_step = NADIR_STEP_LAUNCH;
    EXPECT_EQ(start(), NADIR_VMLAUNCH_FAILED);
    EXPECT_NE(std::string(report.text).find("VM-instruction error 7"), std::string::npos) << report.text;
    EXPECT_NE(std::string(report.text).find("Broken rule: exit-control.reserved"), std::string::npos) << report.text;
    ASSERT_NE(session, nullptr);
    EXPECT_NE(log_of(NADIR_ANY_PROCESSOR).find("address-space.root-64-bit"), std::string::npos);
    const nadir_vmcs kept = read_vmcs(NADIR_ANY_PROCESSOR);
    EXPECT_EQ(kept.source, static_cast<uint32_t>(NADIR_VMCS_FAILED_ENTRY));
    EXPECT_EQ(kept.exit_reason, 0u);
    auto fields = fields_of(kept);
    EXPECT_EQ(fields[arch::vmcs::exit_controls.encoding], 0u);
    EXPECT_EQ(fields[arch::vmcs::instruction_error.encoding], 7u);
    release();
}

// What was spoilt on purpose is put back before the processor goes on: the base of FS is restored from there.
TEST_F(EntryFailure, ASpoiltField) {
    const auto before = states();
    options.fail_field = arch::vmcs::guest_fs_base.encoding;
    options.fail_value = 0x8000'0000'0000;
    machine.entry_failure = 33;
    EXPECT_EQ(start(), NADIR_ENTRY_FAILED);
    EXPECT_NE(std::string(report.text).find("Broken rule: guest.fs.base"), std::string::npos) << report.text;
    EXPECT_EQ(fields_of(read_vmcs(NADIR_ANY_PROCESSOR))[options.fail_field], options.fail_value);
    EXPECT_EQ(states(), before);
    release();
}

// What the processor refuses for no reason that is known is said as well.
TEST_F(EntryFailure, NoRuleIsBroken) {
    machine.entry_failure = 33;
    EXPECT_EQ(start(), NADIR_ENTRY_FAILED);
    EXPECT_NE(std::string(report.text).find("It breaks none of the rules that Nadir knows: please report it"),
              std::string::npos);
    const std::string log = log_of(NADIR_ANY_PROCESSOR);
    EXPECT_NE(log.find("breaks none of the rules known; 0 could not be judged"), std::string::npos) << log;
    release();
}

TEST_F(EntryFailure, ALiveVmcs) {
    ASSERT_EQ(start(), NADIR_OK);
    EXPECT_EQ(read_vmcs(NADIR_ANY_PROCESSOR).source, static_cast<uint32_t>(NADIR_VMCS_NONE));
    for (uint32_t processor = 0; processor < 2; ++processor) {
        const nadir_vmcs live = read_vmcs(processor);
        EXPECT_EQ(live.source, static_cast<uint32_t>(NADIR_VMCS_LIVE));
        EXPECT_EQ(live.processor, processor);
        const auto fields = fields_of(live);
        EXPECT_GT(fields.size(), 100u);
        for (const auto& [encoding, value] : fields) {
            machine.switch_to(processor);
            if (encoding != arch::vmcs::guest_rip.encoding) {
                EXPECT_EQ(value, machine.field(encoding)) << encoding;
            }
        }
    }
    EXPECT_EQ(read_vmcs(2, NADIR_BAD_ARGUMENT).count, 0u);
    stop();
    EXPECT_EQ(read_vmcs(0).source, static_cast<uint32_t>(NADIR_VMCS_NONE));
    release();
}

} // namespace
} // namespace nadir::test
