// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What of the Windows host needs no Windows.
#include "hosts/windows/ioctl.h"
#include "hosts/windows/refusal.h"
#include "hosts/windows/security_descriptor.h"
#include "hosts/windows/status.h"

#include <bit>
#include <gtest/gtest.h>
#include <set>
#include <string>

namespace nadir::windows {

namespace {

std::string bytes_in_hex(const void* memory, size_t size) {
    std::string text;
    for (size_t i = 0; i < size; ++i) {
        constexpr char digits[] = "0123456789abcdef";
        const auto byte = static_cast<const uint8_t*>(memory)[i];
        text += {digits[byte >> 4], digits[byte & 15]};
    }
    return text;
}

TEST(WindowsSecurity, the_descriptor_lets_in_the_system_and_administrators) {
    const SecurityDescriptor descriptor;
    // D:P(A;;FA;;;SY)(A;;FA;;;BA), written out by hand from [MS-DTYP].
    EXPECT_EQ(bytes_in_hex(&descriptor, sizeof(descriptor)),
              "0100049000000000000000000000000014000000" // header; the list is at 20
              "0200340002000000"                         // ACL_REVISION, 52 bytes, 2 entries
              "00001400ff011f00"
              "0101000000000005"
              "12000000" // S-1-5-18
              "00001800ff011f00"
              "0102000000000005"
              "20000000"
              "20020000"); // S-1-5-32-544
}

TEST(WindowsStatus, every_failure_is_an_error_of_windows) {
    std::set<NTSTATUS> seen;
    for (nadir_u32 status = 0; status < 80; ++status) {
        const NTSTATUS answer = resembling(status);
        EXPECT_EQ(NT_SUCCESS(answer), status == NADIR_OK) << status;
        seen.insert(answer);
    }
    EXPECT_GT(seen.size(), 10u);
}

TEST(WindowsStatus, the_documented_ones) {
    EXPECT_EQ(resembling(NADIR_BAD_ARGUMENT), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(resembling(NADIR_UNDER_HYPERVISOR), STATUS_HV_FEATURE_UNAVAILABLE);
    EXPECT_EQ(resembling(NADIR_NO_MEMORY), STATUS_INSUFFICIENT_RESOURCES);
    EXPECT_EQ(resembling(NADIR_BUSY), STATUS_DEVICE_BUSY);
    EXPECT_EQ(resembling(NADIR_BAD_SIZE), STATUS_INFO_LENGTH_MISMATCH);
    EXPECT_EQ(resembling(NADIR_BAD_VERSION), STATUS_REVISION_MISMATCH);
    EXPECT_EQ(resembling(NADIR_PROCESSOR_LOST), STATUS_IO_DEVICE_ERROR);
    EXPECT_EQ(resembling(0xFFFFFFFF), STATUS_IO_DEVICE_ERROR);
}

TEST(WindowsControlCodes, are_what_CTL_CODE_makes) {
    EXPECT_EQ(NADIR_IOCTL_ON, 0x22E004u);
    EXPECT_EQ(NADIR_IOCTL_RECORDER, 0x22E020u);
    EXPECT_EQ(NADIR_IOCTL_EVENTS_END, 0x22E02Cu);
    EXPECT_EQ(NADIR_IOCTL_ON & 3, 0u);              // METHOD_BUFFERED
    EXPECT_EQ(NADIR_IOCTL_ON >> 14 & 3, 1u | 2u);   // FILE_READ_DATA | FILE_WRITE_DATA
    EXPECT_EQ(NADIR_IOCTL_ON >> 2 & 0xFFF, 0x801u); // the function
    EXPECT_EQ(NADIR_IOCTL_ON >> 16, 0x22u);         // FILE_DEVICE_UNKNOWN
}

TEST(WindowsRefusal, hyper_v_is_recognised_by_its_interface) {
    HypervisorLeaves leaves;
    EXPECT_FALSE(is_microsoft_interface(leaves));
    leaves.interface.eax = 0x31237648; // what a bare processor answers for a leaf that it doesn't have may be anything
    EXPECT_FALSE(is_microsoft_interface(leaves));
    leaves.present = true;
    EXPECT_TRUE(is_microsoft_interface(leaves));
    leaves.interface.eax = 0; // KVM and VMware without Hyper-V's interface
    EXPECT_FALSE(is_microsoft_interface(leaves));
    EXPECT_NE(hypervisor_words.find("hypervisorlaunchtype off"), std::string_view::npos);
}

} // namespace

} // namespace nadir::windows
