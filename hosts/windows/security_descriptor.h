// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The device's security descriptor, in the self-relative form that the system stores
// [MS-DTYP "SECURITY_DESCRIPTOR", "ACL", "ACCESS_ALLOWED_ACE", "SID"]. As SDDL: D:P(A;;FA;;;SY)(A;;FA;;;BA).
#pragma once

#include <cstddef>
#include <cstdint>

namespace nadir::windows {

template <unsigned count>
struct SecurityIdentifier {
    uint8_t revision = 1;
    uint8_t sub_authorities = count;
    uint8_t authority[6] = {0, 0, 0, 0, 0, 5}; // NT Authority
    uint32_t sub_authority[count];
};

template <unsigned count>
struct AllowedEntry {
    uint8_t type = 0; // ACCESS_ALLOWED_ACE_TYPE
    uint8_t flags = 0;
    uint16_t size = sizeof(AllowedEntry);
    uint32_t mask = 0x001F01FF; // FILE_ALL_ACCESS
    SecurityIdentifier<count> who;
};

struct AccessList {
    uint8_t revision = 2; // ACL_REVISION
    uint8_t reserved = 0;
    uint16_t size = sizeof(AccessList);
    uint16_t entries = 2;
    uint16_t reserved2 = 0;
    AllowedEntry<1> system{.who = {.sub_authority = {18}}}; // SECURITY_LOCAL_SYSTEM_RID
    AllowedEntry<2> administrators{
        .who = {.sub_authority = {32, 544}}}; // SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_ADMINS
};

struct SecurityDescriptor {
    uint8_t revision = 1;
    uint8_t reserved = 0;
    uint16_t control = 0x9004; // SE_SELF_RELATIVE, SE_DACL_PROTECTED, SE_DACL_PRESENT
    uint32_t owner = 0;
    uint32_t group = 0;
    uint32_t system_list = 0;
    uint32_t access_list = 20; // where it lies in this structure
    AccessList list;
};
static_assert(sizeof(AllowedEntry<1>) == 20 && sizeof(AllowedEntry<2>) == 24 && sizeof(AccessList) == 52);
static_assert(offsetof(SecurityDescriptor, list) == 20);

} // namespace nadir::windows
