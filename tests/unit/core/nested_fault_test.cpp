// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What an exception becomes while another event is being delivered. [SDM3 "Double Fault Exception (#DF)"]
#include "core/nested_fault.h"

#include "tests/unit/core/root_fixture.h"

namespace nadir::test {
namespace {

using arch::InterruptionInformation;
using arch::InterruptionType;
using arch::Vector;
using core::GuestFault;
using core::Nested;
using core::nested;

class NestedFault : public RootTest {
protected:
    // RFLAGS.RF and the injected event with its error code.
    std::pair<uint32_t, uint64_t> after(InterruptionInformation first, GuestFault fault) {
        field(vmcs::entry_interruption_information) = 0;
        EXPECT_TRUE(core::inject_nested(first, fault));
        EXPECT_TRUE(arch::Rflags{field(vmcs::guest_rflags)}.rf());
        return {injected().value, field(vmcs::entry_exception_error_code)};
    }
    static uint32_t exception(Vector vector) { return InterruptionInformation::exception(vector).value; }
};

TEST_F(NestedFault, Classes) {
    const auto first = [](Vector vector) { return InterruptionInformation::exception(vector); };
    EXPECT_EQ(nested({}, Vector::page_fault), Nested::the_fault);
    EXPECT_EQ(nested(first(Vector::invalid_opcode), Vector::invalid_tss), Nested::the_fault);
    EXPECT_EQ(nested(first(Vector::general_protection), Vector::invalid_tss), Nested::double_fault);
    EXPECT_EQ(nested(first(Vector::general_protection), Vector::page_fault), Nested::the_fault);
    EXPECT_EQ(nested(first(Vector::page_fault), Vector::page_fault), Nested::double_fault);
    EXPECT_EQ(nested(first(Vector::page_fault), Vector::stack_fault), Nested::double_fault);
    EXPECT_EQ(nested(first(Vector::double_fault), Vector::segment_not_present), Nested::triple_fault);
    EXPECT_EQ(nested(first(Vector::double_fault), Vector::page_fault), Nested::triple_fault);
    for (const InterruptionType type : {InterruptionType::external, InterruptionType::nmi,
                                        InterruptionType::software_interrupt, InterruptionType::software_exception}) {
        EXPECT_EQ(nested(InterruptionInformation::make(13, type), Vector::invalid_tss), Nested::the_fault);
    }
}

TEST_F(NestedFault, TheErrorCodeSaysWhetherTheProgramAskedForIt) {
    const GuestFault fault{Vector::invalid_tss, 0x48, 0};
    EXPECT_EQ(after({}, fault), (std::pair{exception(Vector::invalid_tss), uint64_t{0x48}}));
    EXPECT_EQ(after(InterruptionInformation::make(0x41, InterruptionType::software_interrupt), fault).second, 0x48u);
    EXPECT_EQ(after(InterruptionInformation::make(3, InterruptionType::software_exception), fault).second, 0x48u);
    EXPECT_EQ(after(InterruptionInformation::make(1, InterruptionType::privileged_software_exception), fault).second,
              0x49u);
    EXPECT_EQ(after(InterruptionInformation::make(0x41, InterruptionType::external), fault).second, 0x49u);
    EXPECT_EQ(after(InterruptionInformation::exception(Vector::invalid_opcode), fault).second, 0x49u);
}

TEST_F(NestedFault, PageFaultsSetCr2AndKeepTheirErrorCode) {
    const GuestFault fault{Vector::page_fault, 2, 0x1234'5678};
    EXPECT_EQ(after(InterruptionInformation::exception(Vector::invalid_opcode), fault),
              (std::pair{exception(Vector::page_fault), uint64_t{2}}));
    EXPECT_EQ(machine.state().cr2, 0x1234'5678u);
}

TEST_F(NestedFault, DoubleAndTripleFault) {
    const GuestFault fault{Vector::stack_fault, 0x48, 0};
    EXPECT_EQ(after(InterruptionInformation::exception(Vector::page_fault), fault),
              (std::pair{exception(Vector::double_fault), uint64_t{0}}));
    field(vmcs::entry_interruption_information) = 0;
    EXPECT_FALSE(core::inject_nested(InterruptionInformation::exception(Vector::double_fault), fault));
    EXPECT_FALSE(injected().valid());
}

} // namespace
} // namespace nadir::test
