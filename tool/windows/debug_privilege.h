// SPDX-License-Identifier: MIT OR GPL-2.0-only
// While it lives, this program uses the right to debug others, if whoever runs it has that right.
#pragma once

#include "tool/windows/handle.h"
#include "tool/windows/windows.h"

namespace nadir::tool {

class DebugPrivilege {
public:
    DebugPrivilege() : token_(open()) {
        TOKEN_PRIVILEGES wanted{};
        wanted.PrivilegeCount = 1;
        wanted.Privileges[0].Attributes = SE_PRIVILEGE_ENABLED;
        DWORD bytes = sizeof(before_);
        // With a privilege that it hasn't, the call succeeds, and changes nothing.
        changed_ = token_ && LookupPrivilegeValueW(nullptr, L"SeDebugPrivilege", &wanted.Privileges[0].Luid) != 0 &&
                   AdjustTokenPrivileges(token_.get(), FALSE, &wanted, sizeof(before_), &before_, &bytes) != 0;
    }
    DebugPrivilege(const DebugPrivilege&) = delete;
    DebugPrivilege& operator=(const DebugPrivilege&) = delete;
    ~DebugPrivilege() {
        if (changed_) {
            AdjustTokenPrivileges(token_.get(), FALSE, &before_, 0, nullptr, nullptr);
        }
    }

private:
    static HANDLE open() {
        HANDLE token = nullptr;
        return OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY | TOKEN_ADJUST_PRIVILEGES, &token) != 0 ? token
                                                                                                         : nullptr;
    }

    Handle token_;
    TOKEN_PRIVILEGES before_{};
    bool changed_ = false;
};

} // namespace nadir::tool
