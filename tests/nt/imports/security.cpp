// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tests/nt/imports/security.h"

#include "tests/nt/image/call.h"
#include "tests/nt/kernel/memory.h"
#include "tests/nt/kernel/violation.h"

namespace nadir::nt {

namespace {

// [SECURITY_DESCRIPTOR], absolute and self-relative.
struct Descriptor {
    u8 revision;
    u8 reserved;
    u16 control;
};
constexpr u16 dacl_present = 0x0004;
constexpr u16 self_relative = 0x8000;
constexpr u32 relative_dacl = 16;
constexpr u32 absolute_dacl = 32;

struct Acl {
    u8 revision;
    u8 reserved;
    u16 bytes;
    u16 count;
    u16 reserved2;
};

struct Ace {
    u8 type; // 0: allowed, 1: denied
    u8 flags;
    u16 bytes;
    u32 mask;
    // then the SID
};

constexpr u32 most_sub_authorities = 4;
struct Sid {
    u8 revision;
    u8 count;
    u8 authority[6];
    u32 sub_authority[most_sub_authorities];
};

constexpr Sid everyone{1, 1, {0, 0, 0, 0, 0, 1}, {0}};
constexpr Sid authenticated{1, 1, {0, 0, 0, 0, 0, 5}, {11}};
constexpr Sid local_system{1, 1, {0, 0, 0, 0, 0, 5}, {18}};
constexpr Sid administrators{1, 2, {0, 0, 0, 0, 0, 5}, {32, 544}};
constexpr Sid users{1, 2, {0, 0, 0, 0, 0, 5}, {32, 545}};
constexpr Sid guests{1, 2, {0, 0, 0, 0, 0, 5}, {32, 546}};

constexpr const Sid* tokens[][4] = {
    {&local_system, &administrators, &everyone, &authenticated},
    {&administrators, &users, &everyone, &authenticated},
    {&users, &everyone, &authenticated, nullptr},
    {&guests, &everyone, nullptr, nullptr},
};

bool same_sid(const u8* sid, const Sid& known) {
    if (sid[0] != known.revision || sid[1] != known.count)
        return false;
    return __builtin_memcmp(sid + 2, known.authority, 6) == 0 &&
           __builtin_memcmp(sid + 8, known.sub_authority, 4u * known.count) == 0;
}

bool has(User user, const u8* sid) {
    for (const Sid* each : tokens[static_cast<u32>(user)])
        if (each != nullptr && same_sid(sid, *each))
            return true;
    return false;
}

// Generic rights become a file's when they are assigned.
u32 file_rights(u32 mask) {
    constexpr u32 generic[][2] = {
        {0x8000'0000, 0x12'0089}, {0x4000'0000, 0x12'0116}, {0x2000'0000, 0x12'00A0}, {0x1000'0000, 0x1F'01FF}};
    for (const auto& each : generic)
        mask |= (mask & each[0]) != 0 ? each[1] : 0;
    return mask;
}

void check_acl(const Acl& acl) {
    bool good = acl.revision == 2 && acl.reserved == 0 && acl.bytes >= sizeof acl;
    u32 at = sizeof acl;
    for (u32 i = 0; good && i < acl.count; ++i) {
        const auto* bytes = reinterpret_cast<const u8*>(&acl) + at;
        const auto& ace = *reinterpret_cast<const Ace*>(bytes);
        good = at + sizeof ace + 8 <= acl.bytes && ace.type <= 1 &&
               ace.bytes == sizeof ace + 8 + 4u * bytes[sizeof ace + 1] && at + ace.bytes <= acl.bytes &&
               bytes[sizeof ace] == 1;
        at += ace.bytes;
    }
    if (!good)
        violation(rule::security, last_caller(), "a DACL that Windows doesn't take");
}

} // namespace

void set_dacl(DeviceObject& device, const void* descriptor) {
    const auto* bytes = static_cast<const u8*>(descriptor);
    const auto& head = *static_cast<const Descriptor*>(descriptor);
    if (head.revision != 1 || (head.control & dacl_present) == 0)
        violation(rule::security, last_caller(), "a security descriptor without a DACL");
    const Acl* acl;
    if ((head.control & self_relative) != 0)
        acl = reinterpret_cast<const Acl*>(bytes + *reinterpret_cast<const u32*>(bytes + relative_dacl));
    else
        acl = *reinterpret_cast<const Acl* const*>(bytes + absolute_dacl);
    if (acl == nullptr)
        violation(rule::security, last_caller(), "a DACL of null, which lets everybody in");
    check_acl(*acl);
    device.security_descriptor = new_bytes(acl->bytes);
    __builtin_memcpy(device.security_descriptor, acl, acl->bytes);
}

bool may_open(const DeviceObject& device, User user) {
    if (device.security_descriptor == nullptr)
        return true;
    constexpr u32 wanted = 0x12'0089 | 0x12'0116; // FILE_GENERIC_READ and _WRITE
    const auto& acl = *static_cast<const Acl*>(device.security_descriptor);
    const auto* at = reinterpret_cast<const u8*>(&acl + 1);
    u32 granted = 0;
    u32 denied = 0;
    for (u32 i = 0; i < acl.count; ++i) {
        const auto& ace = *reinterpret_cast<const Ace*>(at);
        if (has(user, at + sizeof ace))
            (ace.type == 0 ? granted : denied) |= file_rights(ace.mask) & ~(granted | denied);
        at += ace.bytes;
    }
    return (granted & wanted) == wanted;
}

} // namespace nadir::nt
